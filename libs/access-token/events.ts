import { z } from 'zod';
import type { EventOf, NewEventOf } from '#kernel/event-catalog.ts';
import { instant } from '#kernel/schemas.ts';

/** The same fact in two places: in the grant’s stream, or, for a token that has no grant (client credentials), in a stream of the token’s own. */
export const accessTokenRevoked = {
  version: 1,
  summary: 'One access token is inactive from now on (RFC 7009); what else was issued with it stays.',
  data: z.strictObject({ jti: z.string(), client_id: z.string(), expires_at: instant }),
} as const;

export const ACCESS_TOKEN_EVENTS = { AccessTokenRevoked: accessTokenRevoked } as const;

export type AccessTokenEvent = EventOf<typeof ACCESS_TOKEN_EVENTS>;
export type NewAccessTokenEvent = NewEventOf<typeof ACCESS_TOKEN_EVENTS>;
