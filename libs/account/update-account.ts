import canonicalize from 'canonicalize';
import { openPersonal, subjectKey } from '#credentials/personal-data.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { type AccountOutcome, changePassword as decidePassword, disableAccount as decideDisable, enableAccount as decideEnable, updateAccount as decideUpdate } from './decider.ts';
import { type AccountState, accounts } from './projection.ts';
import { openPasswordHash } from './queries.ts';

async function registeredClaims(core: Core, { claims }: AccountState): Promise<JsonObject> {
  const opened = claims === null ? {} : await openPersonal(core.keyring, claims.eventId, claims.stream, claims.pii);
  return (opened['claims'] as JsonObject | undefined) ?? {};
}

/** Replaces claims and administrator flag, whole. */
export async function updateAccount(core: Core, sub: string, changes: { readonly admin: boolean; readonly claims: JsonObject; readonly bootstrapFingerprint: string | null }, origin: Origin): Promise<AccountOutcome> {
  const document = await core.commands.load(accounts, sub);
  const before = document === null ? {} : await registeredClaims(core, document.state);
  const command = {
    updateId: core.random.uuid(),
    admin: changes.admin,
    personal: { owner: subjectKey(sub), fields: { claims: changes.claims } },
    claimsChanged: canonicalize(before) !== canonicalize(changes.claims),
    bootstrapFingerprint: changes.bootstrapFingerprint,
  };
  return (await core.commands.handle(accounts, sub, decideUpdate, command, origin)).outcome;
}

/** Sets the password, unless it is the one that is set. */
export async function changePassword(core: Core, sub: string, password: string, origin: Origin): Promise<AccountOutcome> {
  const document = await core.commands.load(accounts, sub);
  const present = document === null ? null : await openPasswordHash(core, document.state);
  if (present !== null && (await core.passwords.verify(present, password))) return { kind: 'already' };
  const personal = { owner: subjectKey(sub), fields: { password_hash: await core.passwords.hash(password) } };
  const command = { passwordId: core.random.uuid(), personal, bootstrapFingerprint: null };
  return (await core.commands.handle(accounts, sub, decidePassword, command, origin)).outcome;
}

/** Disables an account: its sessions and grants end for good. When it resolves, every path says no. */
export async function disableAccount(core: Core, sub: string, reason: string, origin: Origin): Promise<AccountOutcome> {
  return (await core.commands.handle(accounts, sub, decideDisable, { reason }, origin)).outcome;
}

/** Lets the person sign in again; nothing that ended comes back. */
export async function enableAccount(core: Core, sub: string, origin: Origin): Promise<AccountOutcome> {
  return (await core.commands.handle(accounts, sub, decideEnable, {}, origin)).outcome;
}
