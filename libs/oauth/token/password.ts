import { verifyCredentials } from '#account/verify-credentials.ts';
import { giveConsent } from '#consent/give-consent.ts';
import { grantByPassword } from '#grant/grant-by-password.ts';
import { accessTokenFact } from '#grant/issue-tokens.ts';
import { toInstant } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import { SINGLE_FACTOR } from '#session/acr.ts';
import type { SignedIn } from '#session/current-session.ts';
import { OAuthError } from '../errors.ts';
import { isManagementScope, requestedResources, scopeAt, tokenResource } from '../resources.ts';
import { requestedScope } from '../scope-request.ts';
import type { TokenRequest } from './token-request.ts';
import { grantTokenResponse, type TokenResponse } from './token-response.ts';

async function signedInByPassword(core: Core, { parameters, caller }: TokenRequest): Promise<SignedIn> {
  const username = parameters.require('username');
  const verification = await verifyCredentials(core, { username, password: parameters.require('password'), caller });
  if (verification.kind === 'throttled') {
    throw new OAuthError('invalid_grant', 'too many failed sign-ins; wait', { status: 429, headers: { 'retry-after': String(verification.retryAfterSeconds) } });
  }
  if (verification.kind === 'refused') throw new OAuthError('invalid_grant', 'user name or password is wrong');
  return { account: verification.account, session: null, authTime: toInstant(core.clock.now()), acr: SINGLE_FACTOR, amr: ['pwd'] };
}

/**
 * `grant_type=password` (RFC 6749 4.3), which OAuth 2.1 and RFC 9700 2.4 refuse: open only to first-party clients, by `policy.passwordGrant`.
 * The consent behind it has the basis `policy`, and there is no session for its tokens to depend on.
 */
export async function passwordGrant(core: Core, request: TokenRequest): Promise<TokenResponse> {
  const { client, parameters, caller } = request;
  const { state } = client.document;
  if (core.config.policy.passwordGrant !== 'first-party' || !state.metadata.first_party) {
    throw new OAuthError('unauthorized_client', 'the password grant is refused: use the authorization code flow (RFC 9700 2.4), or policy.passwordGrant for first-party clients');
  }
  const asked = requestedScope(core, state, parameters.get('scope'));
  const signedIn = await signedInByPassword(core, request);
  const scope = signedIn.account.state.admin ? asked : asked.filter((token) => !isManagementScope(token));
  if (scope.length === 0 && asked.length > 0) throw new OAuthError('access_denied', 'management scopes are for administrators');
  const resources = requestedResources(core, parameters.all('resource'), scope);
  const resource = tokenResource(core, resources, parameters.all('resource'));
  const decided = { signedIn, clientId: client.clientId, clientRevision: client.document.revision, scopes: scope, resources, notice: null, caller };
  const consent = await giveConsent(core, decided, 'policy');
  const accessToken = accessTokenFact(core, scopeAt(core, resource, scope), resource.identifier, resource.lifetime);
  const wantsRefreshToken = state.metadata.grant_types.includes('refresh_token');
  const approval = { signedIn, clientId: client.clientId, clientRevision: client.document.revision, consent, scope, resources, caller };
  const grant = await grantByPassword(core, { ...approval, authentication: client.fact, accessToken, wantsRefreshToken });
  return grantTokenResponse(core, { grant, client: state, account: signedIn.account.state, resource, accessToken, revision: grant.state.accessTokenRevision, scope: accessToken.scope, nonce: null });
}
