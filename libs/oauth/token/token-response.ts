import { createHash } from 'node:crypto';
import type { AccountState } from '#account/projection.ts';
import { openClaims } from '#account/queries.ts';
import type { ClientState } from '#client/projection.ts';
import { sealRefreshToken } from '#credentials/sealed-token.ts';
import type { AccessTokenFact } from '#grant/events.ts';
import type { GrantState } from '#grant/projection.ts';
import type { Document } from '#kernel/aggregate.ts';
import type { JsonObject } from '#kernel/json.ts';
import { formatScope, type Scope } from '#kernel/scope.ts';
import { toMilliseconds, toSeconds } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import { mintAccessToken } from '../access-token.ts';
import { claimsByScope } from '../claims.ts';
import type { Resource } from '../resources.ts';

/** RFC 6749 5.1; `id_token` by OpenID Connect Core 3.1.3.3. */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Seconds. */
  readonly expires_in: number;
  readonly scope: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
}

/** `expires_in` of a token: whole seconds, never negative. The first second does not count, because `issued_at` was rounded down: a new token has its whole lifetime. */
export function expiresIn(core: Core, fact: AccessTokenFact): number {
  const issuedAt = toMilliseconds(fact.issued_at);
  const age = Math.max(0, Math.floor((core.clock.now() - issuedAt) / 1000) - 1);
  return Math.max(0, (toMilliseconds(fact.expires_at) - issuedAt) / 1000 - age);
}

/** Everything about the tokens of a grant that is needed to make them. */
export interface GrantTokens {
  readonly grant: Document<GrantState>;
  readonly client: ClientState;
  readonly account: AccountState;
  readonly resource: Resource;
  readonly accessToken: AccessTokenFact;
  /** Revision of the event that issued the access token. */
  readonly revision: number;
  /** Scope of this answer; may be narrower than the fact's in a repeated answer. */
  readonly scope: Scope;
  readonly nonce: string | null;
}

export async function grantTokenResponse(core: Core, tokens: GrantTokens): Promise<TokenResponse> {
  const { grant, resource, accessToken: fact, scope } = tokens;
  const { state } = grant;
  const accessToken = await mintAccessToken(core, resource, {
    iss: core.issuer,
    sub: state.sub,
    aud: resource.identifier,
    client_id: state.clientId,
    scope: formatScope(scope),
    iat: toSeconds(fact.issued_at),
    exp: toSeconds(fact.expires_at),
    jti: fact.jti,
    auth_time: toSeconds(state.authTime),
    acr: state.acr,
    amr: state.amr,
    grant_id: grant.id,
    grant_revision: tokens.revision,
  });
  const [refreshToken, idToken] = await Promise.all([currentRefreshToken(core, grant), state.scope.includes('openid') && scope.includes('openid') ? idTokenOf(core, tokens, accessToken) : null]);
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresIn(core, fact),
    scope: formatScope(scope),
    ...(refreshToken === null ? {} : { refresh_token: refreshToken }),
    ...(idToken === null ? {} : { id_token: idToken }),
  };
}

/** The live refresh token of a grant, derived from what its event says. */
async function currentRefreshToken(core: Core, grant: Document<GrantState>): Promise<string | null> {
  const family = grant.state.refresh;
  if (family === null) return null;
  const key = await core.credentialKeys.byId(family.current.key_id);
  if (key === null) throw new Error(`credential key ${family.current.key_id} is gone`);
  return sealRefreshToken(key, family.current.salt, { grantId: grant.id, revision: family.revision, generation: family.current.generation });
}

/** OpenID Connect Core 2 and 3.1.3.6. */
async function idTokenOf(core: Core, { grant, client, account, nonce, scope }: GrantTokens, accessToken: string): Promise<string> {
  const { state } = grant;
  const now = Math.floor(core.clock.now() / 1000);
  const personal: JsonObject = client.metadata.id_token_claims_by_scope ? claimsByScope(scope, await openClaims(core, account)) : {};
  return core.jwts.sign(client.metadata.id_token_signed_response_alg, 'JWT', {
    ...personal,
    iss: core.issuer,
    sub: state.sub,
    aud: state.clientId,
    iat: now,
    exp: now + core.config.lifetimes.idToken,
    auth_time: toSeconds(state.authTime),
    acr: state.acr,
    amr: [...state.amr],
    at_hash: leftHalfHash(client.metadata.id_token_signed_response_alg, accessToken),
    ...(nonce === null ? {} : { nonce }),
    ...(state.sessionId === null ? {} : { sid: state.sessionId }),
  });
}

/** `at_hash`: left half of the hash of the algorithm (SHA-512 for Ed25519, SHA-256 for the others). */
function leftHalfHash(alg: string, token: string): string {
  const digest = createHash(alg === 'EdDSA' ? 'sha512' : 'sha256').update(token, 'ascii').digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}
