import { hashFor } from '#credentials/credential-keys.ts';
import { openPersonal } from '#credentials/personal-data.ts';
import type { Document } from '#kernel/aggregate.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { SealedRef } from '#kernel/sealed-ref.ts';
import { toSeconds } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import { type AccountState, accounts, usernames } from './projection.ts';

const open = async (core: Core, sealed: SealedRef | null): Promise<JsonObject> => (sealed === null ? {} : openPersonal(core.keyring, sealed.eventId, sealed.stream, sealed.pii));

/** User names are compared without regard to case and Unicode form (RFC 8265 3.3, UsernameCaseMapped). */
export const normalizeUsername = (username: string): string => username.normalize('NFC').toLowerCase();

/** How a user name is known outside its account: a keyed hash, because it could be guessed. */
export async function usernameHash(core: Core, username: string): Promise<string> {
  return hashFor(core.keyring, 'username', normalizeUsername(username));
}

/** The account that holds a user name; null when nobody does. */
export async function accountByUsername(core: Core, hash: string): Promise<Document<AccountState> | null> {
  const reservation = await core.commands.load(usernames, hash);
  return reservation === null || reservation.state.sub === null ? null : core.commands.load(accounts, reservation.state.sub);
}

/** The claims of an account, `updated_at` included (OpenID Connect Core 5.1); without personal ones when the person was erased. */
export async function openClaims(core: Core, account: AccountState): Promise<JsonObject> {
  const { claims } = await open(core, account.claims);
  const { username } = await open(core, account.username);
  return { ...(username === undefined ? {} : { preferred_username: username }), ...(claims as JsonObject | undefined), updated_at: toSeconds(account.claimsUpdatedAt) };
}

/** The argon2id hash of the password; null when there is none any more. */
export async function openPasswordHash(core: Core, account: AccountState): Promise<string | null> {
  const { password_hash } = await open(core, account.password);
  return typeof password_hash === 'string' ? password_hash : null;
}

/** What to call the person on a page. */
export async function displayName(core: Core, account: AccountState): Promise<string> {
  const { name, preferred_username } = await openClaims(core, account);
  return typeof name === 'string' ? name : typeof preferred_username === 'string' ? preferred_username : account.sub;
}
