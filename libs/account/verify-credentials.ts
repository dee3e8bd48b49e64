import { hashFor } from '#credentials/credential-keys.ts';
import type { Document } from '#kernel/aggregate.ts';
import { type Caller, limitKey } from '#runtime/caller.ts';
import type { Core } from '#runtime/core.ts';
import type { AccountState } from './projection.ts';
import { accountByUsername, openPasswordHash, usernameHash } from './queries.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly caller: Caller;
}

export type Verification =
  | { readonly kind: 'verified'; readonly account: Document<AccountState> }
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** Longest password and user name that are looked at, in UTF-16 units. */
const MAX_PASSWORD = 1024;
const MAX_USERNAME = 254;

/**
 * Whether user name and password are an account's. An unknown name, a wrong password and a disabled account look alike and take equally long;
 * whoever guesses is slowed down.
 * @throws PasswordQueueFull, StoreUnavailable
 */
export async function verifyCredentials(core: Core, { username, password, caller }: Credentials): Promise<Verification> {
  const name = await usernameHash(core, username.slice(0, MAX_USERNAME + 1));
  const address = await addressHash(core, caller.address);
  const find = async () => (username.length > MAX_USERNAME ? null : accountByUsername(core, name));
  const failed = (reason: 'credentials' | 'throttled', account: Document<AccountState> | null) => core.failedAttempts.signIn({ reason, sub: account?.id ?? null, caller });
  const admission = await core.signInThrottle.begin(name, address);
  if (admission.kind === 'throttled') {
    failed('throttled', await find());
    return admission;
  }
  const { account, matches } = await look(core, find, password).catch(async (error: unknown) => {
    await core.signInThrottle.release(name, address).catch((err: unknown) => core.log.warn({ err }, 'a sign-in that was not looked at was not taken off the throttle'));
    throw error;
  });
  if (account === null || !matches || account.state.status !== 'active') {
    await core.signInThrottle.fail();
    failed('credentials', account);
    return { kind: 'refused' };
  }
  // Not waited for: it shares the commit of what follows, and a place that stays taken after a crash costs nobody more than a wait.
  core.signInThrottle.succeed(name, address).catch((error: unknown) => core.log.warn({ err: error }, 'a successful sign-in was not taken off the throttle'));
  return { kind: 'verified', account };
}

/** The account, and whether the password is its own. Whatever is thrown here, nobody has learnt anything about the password. */
async function look(core: Core, find: () => Promise<Document<AccountState> | null>, password: string): Promise<{ readonly account: Document<AccountState> | null; readonly matches: boolean }> {
  const account = await find();
  const passwordHash = account === null ? null : await openPasswordHash(core, account.state);
  const matches = await core.passwords.verify(passwordHash, password.slice(0, MAX_PASSWORD));
  return { account, matches: matches && password.length <= MAX_PASSWORD };
}

async function addressHash(core: Core, address: string): Promise<string> {
  return hashFor(core.keyring, 'address', limitKey(address));
}
