import type { Decision } from '#kernel/aggregate.ts';
import type { Instant } from '#kernel/instant.ts';
import type { NewAccessTokenEvent } from './events.ts';
import type { AccessTokenState } from './projection.ts';

export interface RevokeAccessToken {
  readonly jti: string;
  readonly clientId: string;
  readonly expiresAt: Instant;
}

/** RFC 7009 2: revoking twice is no error and no second fact. */
export function revokeAccessToken(command: RevokeAccessToken, state: AccessTokenState): Decision<{ readonly kind: 'done' | 'already' }, NewAccessTokenEvent> {
  if (state.revoked) return { events: [], outcome: { kind: 'already' } };
  const data = { jti: command.jti, client_id: command.clientId, expires_at: command.expiresAt };
  return { events: [{ type: 'AccessTokenRevoked', version: 1, data }], outcome: { kind: 'done' } };
}
