import type { Aggregate } from '#kernel/aggregate.ts';
import type { Instant } from '#kernel/instant.ts';
import { SESSION_EVENTS, type SessionEvent } from './events.ts';

export interface SessionState {
  readonly status: 'none' | 'active' | 'ended';
  readonly sub: string;
  readonly accountEpoch: number;
  /** SHA-256 of the cookie's secret. */
  readonly cookieHash: string;
  /** Revision of the event that set the cookie; the cookie names it. */
  readonly cookieRevision: number;
  readonly createdAt: Instant;
  /** Absolute end; the idle end follows the record of last activity. */
  readonly expiresAt: Instant;
  readonly authTime: Instant;
  readonly acr: string;
  readonly amr: readonly string[];
}

const initial: SessionState = { status: 'none', sub: '', accountEpoch: 0, cookieHash: '', cookieRevision: -1, createdAt: '', expiresAt: '', authTime: '', acr: '', amr: [] };

function evolve(state: SessionState, event: SessionEvent): SessionState {
  switch (event.type) {
    case 'SessionStarted': {
      const { sub, account_epoch, expires_at, cookie_hash, auth_time, acr, amr } = event.data;
      return { status: 'active', sub, accountEpoch: account_epoch, cookieHash: cookie_hash, cookieRevision: event.revision, createdAt: event.time, expiresAt: expires_at, authTime: auth_time, acr, amr };
    }
    case 'SessionReauthenticated': {
      const { cookie_hash, auth_time, acr, amr } = event.data;
      return { ...state, cookieHash: cookie_hash, cookieRevision: event.revision, authTime: auth_time, acr, amr };
    }
    case 'SessionEnded':
      return { ...state, status: state.status === 'none' ? 'none' : 'ended' };
    default:
      event satisfies never;
      return state;
  }
}

export const sessions: Aggregate<SessionState, SessionEvent> = {
  category: 'session',
  collection: 'sessions',
  events: SESSION_EVENTS,
  initial,
  evolve,
  indexed: (state) => ({ sub: state.sub, clientId: null, status: state.status, expiresAt: state.expiresAt }),
};
