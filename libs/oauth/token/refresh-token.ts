import { openHandle } from '#credentials/sealed-token.ts';
import { accessTokenFact } from '#grant/issue-tokens.ts';
import { grants } from '#grant/projection.ts';
import { refresh } from '#grant/refresh.ts';
import { covers, intersection, parseScope, type Scope } from '#kernel/scope.ts';
import type { Core } from '#runtime/core.ts';
import { OAuthError } from '../errors.ts';
import { scopeAt, tokenResource } from '../resources.ts';
import { standingOf } from '../standing.ts';
import type { TokenRequest } from './token-request.ts';
import { grantTokenResponse, type TokenResponse } from './token-response.ts';

const refused = (detail: string) => new OAuthError('invalid_grant', 'the refresh token is not valid', { detail });

/**
 * A refresh may ask for less, for that answer’s access token alone, never for more than was granted (RFC 6749 6). What was granted and no longer
 * stands, or belongs to another resource, is left out: clients repeat the whole scope of their authorization request.
 */
function narrowed(requested: string | null, granted: Scope, effective: Scope): Scope {
  if (requested === null) return effective;
  const scope = parseScope(requested);
  if (scope === null || !covers(granted, scope)) throw new OAuthError('invalid_scope', 'the scope is not within what was granted');
  const left = intersection(scope, effective);
  if (left.length === 0 && scope.length > 0) throw new OAuthError('invalid_scope', 'nothing of that scope stands any more, or it belongs to another resource');
  return left;
}

/** `grant_type=refresh_token` (RFC 6749 6, RFC 9700 4.14.2). */
export async function refreshTokenGrant(core: Core, { parameters, client, caller }: TokenRequest): Promise<TokenResponse> {
  const token = parameters.require('refresh_token');
  const handle = await openHandle('glr_', core.credentialKeys, token);
  if (handle === null) throw refused('not a refresh token of this server');
  const document = await core.commands.load(grants, handle.grantId, handle.revision);
  if (document === null || document.state.clientId !== client.clientId) throw refused('no such grant of this client');
  const { lapse, scope, account } = await standingOf(core, document.state);
  if (account === null || lapse !== null) throw refused(`the grant does not stand: ${lapse}`);
  if (document.state.scope.length > 0 && scope.length === 0) throw refused('the consent covers nothing of the scope any more');
  const named = parameters.all('resource');
  const resource = tokenResource(core, document.state.resources, named);
  const requested = narrowed(parameters.get('scope'), document.state.scope, scopeAt(core, resource, scope));
  const accessToken = accessTokenFact(core, requested, resource.identifier, resource.lifetime);
  const { outcome, document: after } = await refresh(core, { handle, document, clientId: client.clientId, authentication: client.fact, accessToken, caller });
  if (outcome.kind === 'refused') throw refused(outcome.reason);
  if (after === null || after.state.accessToken === null) throw refused('the grant is gone');
  // A repeated answer is the one before: same refresh token, same access token fact, its audience, and not more than its scope.
  const fact = outcome.kind === 'repeated' ? after.state.accessToken : accessToken;
  if (named.some((identifier) => !fact.audience.includes(identifier))) throw new OAuthError('invalid_target', 'the answer that is repeated was for another resource; refresh with the new refresh token');
  const issuedFor = outcome.kind === 'repeated' ? tokenResource(core, document.state.resources, after.state.accessToken.audience) : resource;
  const answered = outcome.kind === 'repeated' ? intersection(requested, fact.scope) : requested;
  if (requested.length > 0 && answered.length === 0) throw new OAuthError('invalid_scope', 'the answer that is repeated had another scope');
  return grantTokenResponse(core, {
    grant: after,
    client: client.document.state,
    account: account.state,
    resource: issuedFor,
    accessToken: fact,
    revision: after.state.accessTokenRevision,
    scope: answered,
    // OpenID Connect Core 12.2: an ID token of a refresh has no nonce.
    nonce: null,
  });
}
