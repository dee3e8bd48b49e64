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

/** A refresh may ask for less, for that answer’s access token alone (RFC 6749 6); never for more. */
function narrowed(requested: string | null, effective: Scope): Scope {
  if (requested === null) return effective;
  const scope = parseScope(requested);
  if (scope === null || !covers(effective, scope)) throw new OAuthError('invalid_scope', 'the scope is not within what was granted');
  return scope;
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
  const resource = tokenResource(core, document.state.resources, parameters.all('resource'));
  const effective = scopeAt(core, resource, scope);
  if (document.state.scope.length > 0 && effective.length === 0) throw refused('nothing is left of the scope');
  const requested = narrowed(parameters.get('scope'), effective);
  const accessToken = accessTokenFact(core, requested, resource.identifier, resource.lifetime);
  const { outcome, document: after } = await refresh(core, { handle, document, clientId: client.clientId, authentication: client.fact, accessToken, caller });
  if (outcome.kind === 'refused') throw refused(outcome.reason);
  if (after === null || after.state.accessToken === null) throw refused('the grant is gone');
  // A repeated answer is the one before: same refresh token, same access token fact, its audience, and not more than its scope.
  const fact = outcome.kind === 'repeated' ? after.state.accessToken : accessToken;
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
    nonce: after.state.code?.nonce ?? null,
  });
}
