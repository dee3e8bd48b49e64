import type { AccountState } from '#account/projection.ts';
import { type Credentials, verifyCredentials } from '#account/verify-credentials.ts';
import { secretHash } from '#credentials/credential-keys.ts';
import { subjectKey } from '#credentials/personal-data.ts';
import type { Document } from '#kernel/aggregate.ts';
import { toInstant } from '#ports/clock.ts';
import { originFields, originOf } from '#runtime/caller.ts';
import type { Core } from '#runtime/core.ts';
import { SINGLE_FACTOR } from './acr.ts';
import { type CurrentSession, sessionCookie } from './current-session.ts';
import { endSession, reauthenticate, type SignIn, startSession } from './decider.ts';
import { sessions } from './projection.ts';

export interface SignInRequest extends Credentials {
  /** The session that the browser has, if any. */
  readonly current: CurrentSession | null;
}

export type SignInOutcome =
  | { readonly kind: 'signed-in'; readonly cookie: string }
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/**
 * Signs a person in with user name and password. The same person signing in again keeps the session, under a new cookie; another person ends it.
 * @throws PasswordQueueFull, StoreUnavailable
 */
export async function signIn(core: Core, request: SignInRequest): Promise<SignInOutcome> {
  const verification = await verifyCredentials(core, request);
  return verification.kind === 'verified' ? { kind: 'signed-in', cookie: await establish(core, verification.account, request) } : verification;
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
