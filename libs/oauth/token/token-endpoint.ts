import type { FastifyInstance } from 'fastify';
import type { Core } from '#runtime/core.ts';
import { authenticateClient } from '../client-authentication.ts';
import { allowOrigin } from '../cors.ts';
import { OAuthError } from '../errors.ts';
import { formRequest, NO_STORE } from '../form-request.ts';
import { authorizationCodeGrant } from './authorization-code.ts';
import { clientCredentialsGrant } from './client-credentials.ts';
import { passwordGrant } from './password.ts';
import { refreshTokenGrant } from './refresh-token.ts';
import type { TokenRequest } from './token-request.ts';
import type { TokenResponse } from './token-response.ts';

type Grant = (core: Core, request: TokenRequest) => Promise<TokenResponse>;

/** Grants by the value of `grant_type`: the only list; the metadata are made from it. */
const GRANTS: Readonly<Record<string, Grant>> = {
  authorization_code: authorizationCodeGrant,
  refresh_token: refreshTokenGrant,
  client_credentials: clientCredentialsGrant,
};

/** Refused by name, so that who tries finds the way. */
const REFUSED: Readonly<Record<string, string>> = {
  password: 'the password grant is refused: use authorization_code with PKCE (RFC 9700 2.4); policy.passwordGrant opens it to first-party clients',
  implicit: 'the implicit grant is refused: use authorization_code with PKCE (RFC 9700 2.1.2)',
};

function grantsOf({ config }: Core): Readonly<Record<string, Grant>> {
  return config.policy.passwordGrant === 'first-party' ? { ...GRANTS, password: passwordGrant } : GRANTS;
}

export const supportedGrantTypes = (core: Core): string[] => Object.keys(grantsOf(core));

const isRegistered = (request: TokenRequest, grantType: string): boolean => request.client.document.state.metadata.grant_types.some((registered) => registered === grantType);

/** The token endpoint (RFC 6749 3.2). */
export function tokenEndpoint(app: FastifyInstance, core: Core): void {
  const grants = grantsOf(core);
  app.post(core.paths.token, async (request, reply) => {
    const form = formRequest(core, request, 'resource');
    const { parameters, caller } = form;
    const grantType = parameters.require('grant_type');
    const client = await authenticateClient(core, form);
    allowOrigin(request, reply, client.document.state);
    const grant = Object.hasOwn(grants, grantType) ? grants[grantType] : undefined;
    if (grant === undefined) throw new OAuthError('unsupported_grant_type', (Object.hasOwn(REFUSED, grantType) ? REFUSED[grantType] : undefined) ?? 'this grant type is not supported');
    const tokenRequest = { parameters, client, caller };
    if (!isRegistered(tokenRequest, grantType)) throw new OAuthError('unauthorized_client', 'the client is not registered for this grant type');
    return reply.headers(NO_STORE).send(await grant(core, tokenRequest));
  });
}
