import { dayKey } from '#credentials/personal-data.ts';
import { accessTokenFact } from '#grant/issue-tokens.ts';
import { formatScope, type Scope } from '#kernel/scope.ts';
import { toInstant, toSeconds } from '#ports/clock.ts';
import { OPENID_SCOPES } from '#runtime/config/resources.ts';
import type { Core } from '#runtime/core.ts';
import { mintAccessToken } from '../access-token.ts';
import { originFields, originOf } from '#runtime/caller.ts';
import { OAuthError } from '../errors.ts';
import { requestedResources, scopeAt, tokenResource } from '../resources.ts';
import { requestedScope } from '../scope-request.ts';
import type { TokenRequest } from './token-request.ts';
import { expiresIn, type TokenResponse } from './token-response.ts';

/** What a client can have for itself: no scope that is about a person. */
function clientScope(core: Core, request: TokenRequest): Scope {
  const scope = requestedScope(core, request.client.document.state, request.parameters.get('scope'));
  if (scope.some((token) => OPENID_SCOPES.some((openid) => openid === token))) throw new OAuthError('invalid_scope', 'OpenID scopes are about a person; a client acting for itself cannot have them');
  return scope;
}

/** `grant_type=client_credentials` (RFC 6749 4.4). The fact is durable before the answer; no refresh token. */
export async function clientCredentialsGrant(core: Core, request: TokenRequest): Promise<TokenResponse> {
  const { client, caller, parameters } = request;
  if (client.fact.method === 'none') throw new OAuthError('unauthorized_client', 'client_credentials is for clients that authenticate');
  const asked = clientScope(core, request);
  const resources = requestedResources(core, parameters.all('resource'), asked);
  const resource = tokenResource(core, resources, parameters.all('resource'));
  const fact = accessTokenFact(core, scopeAt(core, resource, asked), resource.identifier, resource.lifetime);
  await core.clientCredentials.record({
    event: {
      type: 'ClientCredentialsIssued',
      version: 1,
      data: { client_id: client.clientId, scope: fact.scope, audience: fact.audience, jti: fact.jti, expires_at: fact.expires_at, authentication: client.fact },
      personal: [originFields(caller, dayKey(toInstant(core.clock.now())))],
    },
    origin: originOf(caller, { kind: 'client', id: client.clientId }),
  });
  const scope = formatScope(fact.scope);
  const accessToken = await mintAccessToken(core, resource, {
    iss: core.issuer,
    sub: client.clientId,
    aud: resource.identifier,
    client_id: client.clientId,
    scope,
    iat: toSeconds(fact.issued_at),
    exp: toSeconds(fact.expires_at),
    jti: fact.jti,
  });
  return { access_token: accessToken, token_type: 'Bearer', expires_in: expiresIn(core, fact), scope };
}
