import { openHandle } from '#credentials/sealed-token.ts';
import { accessTokenFact } from '#grant/issue-tokens.ts';
import { grants } from '#grant/projection.ts';
import { redeemCode } from '#grant/redeem-code.ts';
import type { Core } from '#runtime/core.ts';
import { OAuthError } from '../errors.ts';
import { scopeAt, tokenResource } from '../resources.ts';
import { standingOf } from '../standing.ts';
import type { TokenRequest } from './token-request.ts';
import { grantTokenResponse, type TokenResponse } from './token-response.ts';

const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;

const refused = (detail: string) => new OAuthError('invalid_grant', 'the authorization code is not valid', { detail });

/** `grant_type=authorization_code` (RFC 6749 4.1.3, RFC 7636 4.5). */
export async function authorizationCodeGrant(core: Core, { parameters, client, caller }: TokenRequest): Promise<TokenResponse> {
  const code = parameters.require('code');
  const redirectUri = parameters.get('redirect_uri');
  const codeVerifier = parameters.get('code_verifier');
  if (codeVerifier !== null && !VERIFIER.test(codeVerifier)) throw new OAuthError('invalid_grant', 'code_verifier is not of the form of RFC 7636 4.1');
  const handle = await openHandle('glc_', core.credentialKeys, code);
  if (handle === null) throw refused('not a code of this server');
  const document = await core.commands.load(grants, handle.grantId, handle.revision);
  if (document === null || document.state.clientId !== client.clientId) throw refused('no such grant of this client');
  const { lapse, scope, account } = await standingOf(core, document.state);
  // A grant that was revoked goes on to the decider, which knows whether this is a replay.
  if (account === null || (lapse !== null && lapse !== 'grant_revoked')) throw refused(`the grant does not stand: ${lapse}`);
  if (document.state.scope.length > 0 && scope.length === 0) throw refused('the consent covers nothing of the scope any more');
  const resource = tokenResource(core, document.state.resources, parameters.all('resource'));
  const accessToken = accessTokenFact(core, scopeAt(core, resource, scope), resource.identifier, resource.lifetime);
  const wantsRefreshToken = client.document.state.metadata.grant_types.includes('refresh_token');
  const { outcome, document: after } = await redeemCode(core, { handle, document, clientId: client.clientId, authentication: client.fact, redirectUri, codeVerifier, accessToken, wantsRefreshToken, caller });
  if (outcome.kind === 'refused') throw refusal(outcome.reason);
  if (after === null) throw refused('the grant is gone');
  return grantTokenResponse(core, {
    grant: after,
    client: client.document.state,
    account: account.state,
    resource,
    accessToken,
    revision: after.state.accessTokenRevision,
    scope: accessToken.scope,
    nonce: after.state.code?.nonce ?? null,
  });
}

/** One code for all of them; the description says what the client did, which it knows anyway. */
function refusal(reason: string): OAuthError {
  const descriptions: Readonly<Record<string, string>> = {
    redirect_uri: 'redirect_uri differs from the one of the authorization request',
    code_verifier: 'code_verifier does not match the code_challenge of the authorization request',
    expired: 'the authorization code has expired',
  };
  return new OAuthError('invalid_grant', descriptions[reason] ?? 'the authorization code is not valid', { detail: reason });
}
