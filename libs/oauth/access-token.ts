import { accessTokens } from '#access-token/projection.ts';
import { type ClientState, clients } from '#client/projection.ts';
import { secretHash } from '#credentials/credential-keys.ts';
import { type GrantState, grants } from '#grant/projection.ts';
import type { Document } from '#kernel/aggregate.ts';
import type { JsonObject } from '#kernel/json.ts';
import { intersection, parseScope, type Scope } from '#kernel/scope.ts';
import type { Core } from '#runtime/core.ts';
import { isOpaque, openSealedAccessToken, sealAccessToken } from './opaque-access-token.ts';
import type { Resource } from './resources.ts';
import { standingOf } from './standing.ts';

/** The claims of an access token (RFC 9068 2.2, RFC 7662 2.2): the same in both formats. */
export interface AccessTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly client_id: string;
  readonly scope: string;
  /** Seconds since the epoch (NumericDate). */
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly auth_time?: number;
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** Private: the grant behind the token and the revision of the event that issued it. Absent in client credentials tokens. */
  readonly grant_id?: string;
  readonly grant_revision?: number;
}

/** Makes the token of a fact that is in the log. */
export async function mintAccessToken(core: Core, resource: Resource, claims: AccessTokenClaims): Promise<string> {
  if (resource.accessTokenFormat === 'opaque') return sealAccessToken(core, claims);
  return core.jwts.sign(resource.accessTokenSigningAlg, resource.accessTokenHeaderTyp, claims as unknown as JsonObject);
}

const ACCESS_TOKEN_TYPES = ['at+jwt', 'JWT'];

/** RFC 9068 2.2. An ID token is signed by the same keys: only an access token names its client and scope. */
const hasRequiredClaims = (claims: JsonObject): boolean =>
  ['iss', 'sub', 'aud', 'client_id', 'scope', 'jti'].every((name) => typeof claims[name] === 'string') && ['exp', 'iat'].every((name) => typeof claims[name] === 'number');

async function claimsOf(core: Core, token: string): Promise<AccessTokenClaims | null> {
  if (isOpaque(token)) return openSealedAccessToken(core, token);
  const jwt = await core.jwts.verify(token);
  return jwt === null || !ACCESS_TOKEN_TYPES.includes(jwt.typ) || !hasRequiredClaims(jwt.claims) ? null : (jwt.claims as unknown as AccessTokenClaims);
}

/** An access token that this server issued and that has not expired; null for anything else. Says nothing about revocation. */
export async function openAccessToken(core: Core, token: string): Promise<AccessTokenClaims | null> {
  const claims = await claimsOf(core, token);
  if (claims === null) return null;
  return claims.iss === core.issuer && claims.exp * 1000 > core.clock.now() ? claims : null;
}

export interface LiveAccessToken {
  readonly claims: AccessTokenClaims;
  /** What the token opens now: its own scope, less what the consent no longer covers. */
  readonly scope: Scope;
  readonly client: Document<ClientState>;
  /** Null for a client's own token. */
  readonly grant: GrantState | null;
}

/** An access token that is good at this moment, with everything it depends on read afresh; null when anything says no. */
export async function liveAccessToken(core: Core, token: string): Promise<LiveAccessToken | null> {
  const claims = await openAccessToken(core, token);
  if (claims === null) return null;
  const tokenScope = parseScope(claims.scope) ?? [];
  if (claims.grant_id === undefined) {
    const [client, revoked] = await Promise.all([core.commands.load(clients, claims.client_id), core.commands.load(accessTokens, secretHash(claims.jti))]);
    return client?.state.status === 'active' && revoked === null ? { claims, scope: tokenScope, client, grant: null } : null;
  }
  const grant = await core.commands.load(grants, claims.grant_id, claims.grant_revision ?? 0);
  if (grant === null || grant.state.revokedAccessTokens.some((revoked) => revoked.jti === claims.jti)) return null;
  const { lapse, scope, client } = await standingOf(core, grant.state);
  if (lapse !== null || client === null) return null;
  const left = intersection(tokenScope, scope);
  // A token that had a scope and has none left opens nothing.
  return tokenScope.length > 0 && left.length === 0 ? null : { claims, scope: left, client, grant: grant.state };
}

