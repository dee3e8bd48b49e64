import type { AccountState } from '#account/projection.ts';
import { accountByUsername, openPasswordHash, usernameHash } from '#account/queries.ts';
import { keyedHash, secretHash } from '#credentials/credential-keys.ts';
import { subjectKey } from '#credentials/personal-data.ts';
import type { Document } from '#kernel/aggregate.ts';
import { SINGLE_FACTOR } from '#session/acr.ts';
import { type Caller, limitKey, originFields, originOf } from '#runtime/caller.ts';
import { toInstant } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import { type CurrentSession, sessionCookie } from './current-session.ts';
import { endSession, reauthenticate, type SignIn, startSession } from './decider.ts';
import { sessions } from './projection.ts';

export interface SignInRequest {
  readonly username: string;
  readonly password: string;
  /** The session that the browser has, if any. */
  readonly current: CurrentSession | null;
  readonly caller: Caller;
}

export type SignInOutcome =
  | { readonly kind: 'signed-in'; readonly cookie: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** Longest password and user name that are looked at, in UTF-16 units. */
const MAX_PASSWORD = 1024;
const MAX_USERNAME = 254;

/**
 * Signs a person in with user name and password. An unknown name, a wrong password and a disabled account look alike and take equally long.
 * The same person signing in again keeps the session, under a new cookie; another person ends it.
 * @throws PasswordQueueFull, StoreUnavailable
 */
export async function signIn(core: Core, request: SignInRequest): Promise<SignInOutcome> {
  const { username, password, caller } = request;
  const name = await usernameHash(core, username.slice(0, MAX_USERNAME + 1));
  const address = await addressHash(core, caller.address);
  const admission = await core.signInThrottle.begin(name, address);
  const account = username.length > MAX_USERNAME ? null : await accountByUsername(core, name);
  const failed = (reason: 'credentials' | 'throttled') => core.failedAttempts.signIn({ reason, sub: account?.id ?? null, caller });
  if (admission.kind === 'throttled') {
    failed('throttled');
    return admission;
  }
  const passwordHash = account === null ? null : await openPasswordHash(core, account.state);
  let matches: boolean;
  try {
    matches = await core.passwords.verify(passwordHash, password.slice(0, MAX_PASSWORD));
  } catch (error) {
    await core.signInThrottle.release(name, address);
    throw error;
  }
  if (account === null || !matches || password.length > MAX_PASSWORD || account.state.status !== 'active') {
    await core.signInThrottle.fail();
    failed('credentials');
    return { kind: 'refused' };
  }
  await core.signInThrottle.succeed(name, address);
  return { kind: 'signed-in', cookie: await establish(core, account, request) };
}

async function addressHash(core: Core, address: string): Promise<string> {
  const key = await core.keyring.key('hmac/address');
  if (key === null) throw new Error('the key of addresses was destroyed');
  return keyedHash(key, limitKey(address));
}

async function establish(core: Core, account: Document<AccountState>, { current, caller }: SignInRequest): Promise<string> {
  const { sub, epoch } = account.state;
  const secret = core.random.bytes(32).toString('base64url');
  const now = core.clock.now();
  const signedIn: SignIn = { cookieHash: secretHash(secret), authTime: toInstant(now), acr: SINGLE_FACTOR, amr: ['pwd'], origin: originFields(caller, subjectKey(sub)) };
  const origin = originOf(caller, { kind: 'account', id: sub });
  if (current !== null && current.session.state.sub === sub) {
    const again = await core.commands.handle(sessions, current.session.id, reauthenticate, { ...signedIn, sub, accountEpoch: epoch }, origin);
    if (again.outcome.kind === 'done' && again.document !== null) return sessionCookie(current.session.id, again.document.revision, secret);
  } else if (current !== null) {
    await core.commands.handle(sessions, current.session.id, endSession, { reason: 'another_account_signed_in' }, originOf(caller, { kind: 'account', id: current.session.state.sub }));
  }
  const id = core.random.uuid();
  const expiresAt = toInstant(now + core.config.lifetimes.sessionAbsolute * 1000);
  await core.commands.handle(sessions, id, startSession, { ...signedIn, sub, accountEpoch: epoch, expiresAt }, origin, { document: null });
  return sessionCookie(id, 0, secret);
}
