import type { FastifyInstance } from 'fastify';
import type { Core } from '#runtime/core.ts';
import { authenticateClient } from '../client-authentication.ts';
import { allowOrigin } from '../cors.ts';
import { OAuthError } from '../errors.ts';
import { formRequest, NO_STORE } from '../form-request.ts';
import { authorizationCodeGrant } from './authorization-code.ts';
import { clientCredentialsGrant } from './client-credentials.ts';
import { refreshTokenGrant } from './refresh-token.ts';
import type { TokenRequest } from './token-request.ts';
import type { TokenResponse } from './token-response.ts';

/** Grants by the value of `grant_type`: the only list; the metadata are made from it. */
const GRANTS: Readonly<Record<string, (core: Core, request: TokenRequest) => Promise<TokenResponse>>> = {
  authorization_code: authorizationCodeGrant,
  refresh_token: refreshTokenGrant,
  client_credentials: clientCredentialsGrant,
};

export const SUPPORTED_GRANT_TYPES = Object.keys(GRANTS);

const isRegistered = (request: TokenRequest, grantType: string): boolean => request.client.document.state.metadata.grant_types.some((registered) => registered === grantType);

/** The token endpoint (RFC 6749 3.2). */
export function tokenEndpoint(app: FastifyInstance, core: Core): void {
  app.post(core.paths.token, async (request, reply) => {
    const form = formRequest(core, request, 'resource');
    const { parameters, caller } = form;
    const grantType = parameters.require('grant_type');
    const client = await authenticateClient(core, form);
    allowOrigin(request, reply, client.document.state);
    const grant = Object.hasOwn(GRANTS, grantType) ? GRANTS[grantType] : undefined;
    if (grant === undefined) throw new OAuthError('unsupported_grant_type', 'this grant type is not supported');
    const tokenRequest = { parameters, client, caller };
    if (!isRegistered(tokenRequest, grantType)) throw new OAuthError('unauthorized_client', 'the client is not registered for this grant type');
    return reply.headers(NO_STORE).send(await grant(core, tokenRequest));
  });
}
