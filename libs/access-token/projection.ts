import type { Aggregate } from '#kernel/aggregate.ts';
import type { Instant } from '#kernel/instant.ts';
import { ACCESS_TOKEN_EVENTS, type AccessTokenEvent } from './events.ts';

/** A token that has no grant and was revoked; one that was not has no document. */
export interface AccessTokenState {
  readonly revoked: boolean;
  readonly clientId: string | null;
  readonly expiresAt: Instant | null;
}

export const accessTokens: Aggregate<AccessTokenState, AccessTokenEvent> = {
  category: 'token',
  collection: 'tokens',
  events: ACCESS_TOKEN_EVENTS,
  initial: { revoked: false, clientId: null, expiresAt: null },
  evolve: (_state, event) => ({ revoked: true, clientId: event.data.client_id, expiresAt: event.data.expires_at }),
  indexed: (state) => ({ sub: null, clientId: state.clientId, status: state.revoked ? 'revoked' : null, expiresAt: state.expiresAt }),
};
