import type { Aggregate } from '#kernel/aggregate.ts';
import type { Instant } from '#kernel/instant.ts';
import { type Scope, scopeOf } from '#kernel/scope.ts';
import { CONSENT_EVENTS, type ConsentEvent } from './events.ts';

export interface ConsentState {
  /** `denied`: the person refused and never agreed. Whether an active one has expired is computed from `expiresAt`. */
  readonly status: 'none' | 'denied' | 'active' | 'withdrawn';
  readonly sub: string;
  readonly clientId: string;
  readonly scopes: Scope;
  readonly resources: readonly string[];
  readonly basis: 'person' | 'policy';
  readonly notice: { readonly hash: string; readonly version: number; readonly language: string } | null;
  readonly grantedAt: Instant;
  readonly expiresAt: Instant | null;
  /** A grant names the epoch that it was issued in; one of an older epoch is dead whatever is granted later. */
  readonly epoch: number;
  /** The submission that was recorded last. */
  readonly decisionId: string | null;
}

const initial: ConsentState = { status: 'none', sub: '', clientId: '', scopes: [], resources: [], basis: 'person', notice: null, grantedAt: '', expiresAt: null, epoch: 0, decisionId: null };

function evolve(state: ConsentState, event: ConsentEvent): ConsentState {
  switch (event.type) {
    case 'ConsentGranted':
      return {
        status: 'active',
        sub: event.data.sub,
        clientId: event.data.client_id,
        scopes: scopeOf(event.data.scopes),
        resources: event.data.resources,
        basis: event.data.basis,
        notice: event.data.notice,
        grantedAt: event.time,
        expiresAt: event.data.expires_at,
        epoch: event.data.epoch,
        decisionId: event.data.decision_id,
      };
    case 'ConsentDenied':
      return { ...state, status: state.status === 'none' ? 'denied' : state.status, sub: event.data.sub, clientId: event.data.client_id, decisionId: event.data.decision_id };
    case 'ConsentScopesChanged':
      return { ...state, scopes: scopeOf(event.data.scopes) };
    case 'ConsentWithdrawn':
      return { ...state, status: state.status === 'active' ? 'withdrawn' : state.status };
    default:
      event satisfies never;
      return state;
  }
}

/** Whether the consent holds at `now`. */
export const inForce = (consent: ConsentState, now: Instant): boolean => consent.status === 'active' && (consent.expiresAt === null || consent.expiresAt > now);

export const consents: Aggregate<ConsentState, ConsentEvent> = {
  category: 'consent',
  collection: 'consents',
  events: CONSENT_EVENTS,
  initial,
  evolve,
  indexed: (state) => ({ sub: state.sub, clientId: state.clientId, status: state.status, expiresAt: state.expiresAt }),
};
