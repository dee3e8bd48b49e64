import type { FastifyInstance } from 'fastify';
import { secretHash } from '#credentials/credential-keys.ts';
import { openHandle } from '#credentials/sealed-token.ts';
import { grants } from '#grant/projection.ts';
import type { JsonObject } from '#kernel/json.ts';
import { formatScope } from '#kernel/scope.ts';
import { toInstant, toSeconds } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import { liveAccessToken } from './access-token.ts';
import { type AuthenticatedClient, authenticateClient } from './client-authentication.ts';
import { OAuthError } from './errors.ts';
import { formRequest, NO_STORE } from './form-request.ts';
import { standingOf } from './standing.ts';

/** RFC 7662 2.2: all there is to say about a token that is unknown, expired, revoked, malformed, or none of the caller’s business. */
const INACTIVE: JsonObject = { active: false };

/** A token may be looked at by the client it was issued to, and by clients registered to introspect its resource. */
function mayIntrospect(caller: AuthenticatedClient, clientId: string, audience: string): boolean {
  const { introspects } = caller.document.state.metadata;
  return caller.clientId === clientId || introspects.includes('*') || introspects.includes(audience);
}

async function introspectAccessToken(core: Core, caller: AuthenticatedClient, token: string): Promise<JsonObject> {
  const live = await liveAccessToken(core, token);
  if (live === null || !mayIntrospect(caller, live.claims.client_id, live.claims.aud)) return INACTIVE;
  const { iss, sub, aud, client_id, iat, exp, jti, auth_time, acr, amr } = live.claims;
  return {
    active: true,
    iss,
    sub,
    aud,
    client_id,
    scope: formatScope(live.scope),
    token_type: 'Bearer',
    iat,
    exp,
    jti,
    ...(auth_time === undefined ? {} : { auth_time }),
    ...(acr === undefined ? {} : { acr }),
    ...(amr === undefined ? {} : { amr }),
  };
}

async function introspectRefreshToken(core: Core, caller: AuthenticatedClient, token: string): Promise<JsonObject> {
  const handle = await openHandle('glr_', core.credentialKeys, token);
  if (handle === null) return INACTIVE;
  const grant = await core.commands.load(grants, handle.grantId, handle.revision);
  // A refresh token is shown to nobody but its client: no resource ever receives one.
  if (grant === null || grant.state.clientId !== caller.clientId || grant.state.refresh === null) return INACTIVE;
  const { current, absoluteExpiresAt } = grant.state.refresh;
  const { lapse, scope, session } = await standingOf(core, grant.state);
  const now = toInstant(core.clock.now());
  const live = lapse === null && current.generation === handle.generation && current.hash === secretHash(handle.secret) && current.expires_at > now && absoluteExpiresAt > now;
  if (!live) return INACTIVE;
  // Bound to a session, it lives no longer than that; the absolute end of the family bounds every one.
  const ends = [current.expires_at, absoluteExpiresAt, session?.state.expiresAt ?? absoluteExpiresAt].map(toSeconds);
  const iat = toSeconds(grant.state.accessToken?.issued_at ?? grant.state.issuedAt);
  return { active: true, iss: core.issuer, sub: grant.state.sub, client_id: grant.state.clientId, scope: formatScope(scope), iat, exp: Math.min(...ends) };
}

/** The introspection endpoint (RFC 7662 2). Both kinds of token are recognised by their form; `token_type_hint` changes nothing. */
export function introspectionEndpoint(app: FastifyInstance, core: Core): void {
  app.post(core.paths.introspection, async (request, reply) => {
    const form = formRequest(core, request);
    const { parameters } = form;
    const client = await authenticateClient(core, form);
    if (client.fact.method === 'none') throw new OAuthError('invalid_client', 'introspection is for clients that authenticate');
    const token = parameters.require('token');
    const answer = token.startsWith('glr_') ? await introspectRefreshToken(core, client, token) : await introspectAccessToken(core, client, token);
    return reply.headers(NO_STORE).send(answer);
  });
}
