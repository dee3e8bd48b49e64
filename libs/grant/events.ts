import { z } from 'zod';
import { accessTokenRevoked } from '#access-token/events.ts';
import { clientAuthentication } from '#client-credentials/events.ts';
import type { EventOf, NewEventOf } from '#kernel/event-catalog.ts';
import { instant, jsonObject } from '#kernel/schemas.ts';

const origin = jsonObject;

/** The access token that an event issued; the token itself is made from this and kept nowhere. */
const accessToken = z.strictObject({ jti: z.string(), scope: z.array(z.string()), audience: z.array(z.string()), issued_at: instant, expires_at: instant });

/** The refresh token that an event issued: derived again from key, salt, grant and generation; only its hash is compared. */
const refreshToken = z.strictObject({ generation: z.int(), key_id: z.string(), salt: z.string(), hash: z.string(), expires_at: instant });

export const GRANT_EVENTS = {
  GrantIssued: {
    version: 1,
    summary: 'A resource owner’s approval became a grant: one sign-in on one device. It names the consent, its epoch, the account’s epoch and the session it came from.',
    data: z.strictObject({
      flow: z.enum(['authorization_code', 'password']),
      client_id: z.string(),
      sub: z.string(),
      scope: z.array(z.string()),
      resources: z.array(z.string()),
      consent_id: z.string(),
      consent_epoch: z.int(),
      account_epoch: z.int(),
      session_id: z.string().nullable(),
      /** Revisions that the approval was decided on: an older document of them is not believed. */
      revisions: z.strictObject({ client: z.int(), consent: z.int(), account: z.int(), session: z.int() }),
      /** Whether everything issued under it ends with the session. */
      session_bound: z.boolean(),
      auth_time: instant,
      acr: z.string(),
      amr: z.array(z.string()),
    }),
    personal: origin,
  },
  AuthorizationCodeIssued: {
    version: 1,
    summary: 'An authorization code left for the redirect URI (RFC 6749 4.1.2). Only its hash is recorded, beside what its redemption must match.',
    data: z.strictObject({ hash: z.string(), key_id: z.string(), redirect_uri: z.string(), code_challenge: z.string().nullable(), nonce: z.string().nullable(), expires_at: instant }),
  },
  AuthorizationCodeRedeemed: {
    version: 1,
    summary: 'The code was spent, once, for these tokens (RFC 6749 4.1.3).',
    data: z.strictObject({ access_token: accessToken, refresh_token: refreshToken.nullable(), absolute_expires_at: instant.nullable(), authentication: clientAuthentication }),
    personal: origin,
  },
  PasswordCredentialsRedeemed: {
    version: 1,
    summary: 'WARNING: a first-party client sent the person’s password itself and got these tokens for it (RFC 6749 4.3, refused by OAuth 2.1; open by policy only).',
    data: z.strictObject({ access_token: accessToken, refresh_token: refreshToken.nullable(), absolute_expires_at: instant.nullable(), authentication: clientAuthentication }),
    personal: origin,
  },
  AuthorizationCodeReplayed: {
    version: 1,
    summary: 'A spent code came again in a request that was otherwise valid (RFC 6749 4.1.2): someone else holds it.',
    data: z.strictObject({ authentication: clientAuthentication }),
    personal: origin,
  },
  RefreshTokenRotated: {
    version: 1,
    summary: 'A refresh token was spent for its successor and an access token (RFC 6749 6). The spent one repeats the same answer until `previous_usable_until`.',
    data: z.strictObject({ access_token: accessToken, refresh_token: refreshToken, previous_usable_until: instant, authentication: clientAuthentication }),
    personal: origin,
  },
  RefreshTokenReplayed: {
    version: 1,
    summary: 'A refresh token that was spent before came again outside its grace window (RFC 9700 4.14.2): someone else holds it.',
    data: z.strictObject({ generation: z.int(), authentication: clientAuthentication }),
    personal: origin,
  },
  AccessTokenRevoked: accessTokenRevoked,
  GrantRevoked: {
    version: 1,
    summary: 'The grant and everything issued under it ended for good.',
    data: z.strictObject({ reason: z.enum(['code_replayed', 'refresh_token_replayed', 'revoked_by_client', 'revoked_by_account', 'revoked_by_admin']) }),
  },
} as const;

export type GrantEvent = EventOf<typeof GRANT_EVENTS>;
export type NewGrantEvent = NewEventOf<typeof GRANT_EVENTS>;
export type AccessTokenFact = z.output<typeof accessToken>;
export type RefreshTokenFact = z.output<typeof refreshToken>;
export type ClientAuthenticationFact = z.output<typeof clientAuthentication>;
