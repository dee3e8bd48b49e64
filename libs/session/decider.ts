import type { Decision } from '#kernel/aggregate.ts';
import type { PersonalFields } from '#kernel/event.ts';
import type { Instant } from '#kernel/instant.ts';
import type { NewSessionEvent } from './events.ts';
import type { SessionState } from './projection.ts';

export type SessionOutcome = { readonly kind: 'done' } | { readonly kind: 'already' } | { readonly kind: 'refused'; readonly reason: 'unknown' | 'ended' | 'another-account' };
type SessionDecision = Decision<SessionOutcome, NewSessionEvent>;

const answer = (outcome: SessionOutcome, ...events: NewSessionEvent[]): SessionDecision => ({ events, outcome });

export interface SignIn {
  readonly cookieHash: string;
  readonly authTime: Instant;
  /** Authentication context class, OpenID Core 2. */
  readonly acr: string;
  /** Authentication methods in the words of RFC 8176. */
  readonly amr: readonly string[];
  readonly origin: PersonalFields | null;
}

const signInData = (command: SignIn) => ({ cookie_hash: command.cookieHash, auth_time: command.authTime, acr: command.acr, amr: [...command.amr] });
const personal = (command: SignIn) => (command.origin === null ? {} : { personal: [command.origin] });

export interface StartSession extends SignIn {
  readonly sub: string;
  readonly accountEpoch: number;
  readonly expiresAt: Instant;
}

export function startSession(command: StartSession, state: SessionState): SessionDecision {
  if (state.status === 'ended') return answer({ kind: 'refused', reason: 'ended' });
  if (state.status === 'active') return answer(state.cookieHash === command.cookieHash ? { kind: 'already' } : { kind: 'refused', reason: 'another-account' });
  const data = { sub: command.sub, account_epoch: command.accountEpoch, expires_at: command.expiresAt, ...signInData(command) };
  return answer({ kind: 'done' }, { type: 'SessionStarted', version: 1, data, ...personal(command) });
}

/** The same person proves who they are once more; what hangs on the session lives on, the cookie does not. */
export function reauthenticate(command: SignIn & { readonly sub: string; readonly accountEpoch: number }, state: SessionState): SessionDecision {
  if (state.status === 'none') return answer({ kind: 'refused', reason: 'unknown' });
  if (state.status === 'ended' || state.expiresAt <= command.authTime || state.accountEpoch !== command.accountEpoch) return answer({ kind: 'refused', reason: 'ended' });
  if (state.sub !== command.sub) return answer({ kind: 'refused', reason: 'another-account' });
  if (state.cookieHash === command.cookieHash) return answer({ kind: 'already' });
  return answer({ kind: 'done' }, { type: 'SessionReauthenticated', version: 1, data: signInData(command), ...personal(command) });
}

export function endSession(command: { readonly reason: string }, state: SessionState): SessionDecision {
  if (state.status === 'none') return answer({ kind: 'refused', reason: 'unknown' });
  if (state.status === 'ended') return answer({ kind: 'already' });
  return answer({ kind: 'done' }, { type: 'SessionEnded', version: 1, data: { reason: command.reason } });
}
