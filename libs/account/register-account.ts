import { subjectKey } from '#credentials/personal-data.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { registerAccount as decideRegister, reserveUsername as decideReserve } from './decider.ts';
import { accounts, usernames } from './projection.ts';
import { usernameHash } from './queries.ts';

export interface AccountRegistration {
  readonly username: string;
  readonly password: string;
  /** Null: one is made. */
  readonly sub: string | null;
  readonly admin: boolean;
  readonly claims: JsonObject;
  readonly bootstrapFingerprint: string | null;
}

export type RegisteredAccount = { readonly kind: 'done'; readonly sub: string } | { readonly kind: 'refused'; readonly reason: 'username-taken' | 'sub-taken' };

/**
 * Makes an account: reserves the user name, then writes the account. Broken off between the two, the same call made again goes on with the
 * subject that the reservation names.
 * @throws PasswordQueueFull, StoreUnavailable
 */
export async function registerAccount(core: Core, registration: AccountRegistration, origin: Origin): Promise<RegisteredAccount> {
  const { username, password, admin, claims, bootstrapFingerprint } = registration;
  if (registration.sub !== null && (await core.commands.load(accounts, registration.sub)) !== null) return { kind: 'refused', reason: 'sub-taken' };
  const reservation = await core.commands.handle(usernames, await usernameHash(core, username), decideReserve, { sub: registration.sub ?? core.random.uuid() }, origin);
  const { sub } = reservation.outcome;
  if (registration.sub !== null && sub !== registration.sub) return { kind: 'refused', reason: 'username-taken' };
  const personal = { owner: subjectKey(sub), fields: { username, password_hash: await core.passwords.hash(password), claims } };
  const { outcome } = await core.commands.handle(accounts, sub, decideRegister, { sub, admin, personal, bootstrapFingerprint }, origin);
  return outcome.kind === 'refused' ? { kind: 'refused', reason: 'username-taken' } : { kind: 'done', sub };
}
