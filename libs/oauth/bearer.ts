import type { FastifyRequest } from 'fastify';
import type { Core } from '#runtime/core.ts';
import { type LiveAccessToken, liveAccessToken } from './access-token.ts';
import { errorDescription, OAuthError, type OAuthErrorCode } from './errors.ts';
import { authorizationHeader } from './form-request.ts';
import { parseParameters, queryOf } from './parameters.ts';

const B64TOKEN = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** RFC 6750 3: the challenge names realm and error; without any token it names no error (3.1). */
function challenge(code: OAuthErrorCode | null, description: string, scope?: string): Record<string, string> {
  const parts = ['realm="grantlog"'];
  if (code !== null) parts.push(`error="${code}"`, `error_description="${errorDescription(description)}"`);
  if (scope !== undefined) parts.push(`scope="${scope}"`);
  return { 'www-authenticate': `Bearer ${parts.join(', ')}` };
}

function refuse(code: 'invalid_request' | 'invalid_token' | 'insufficient_scope', description: string, scope?: string): OAuthError {
  return new OAuthError(code, description, { headers: challenge(code, description, scope) });
}

/** The bearer token of a request: header or form body (RFC 6750 2.1, 2.2), once; never the query string (OAuth 2.1 5.2.2). */
function bearerToken(request: FastifyRequest): string {
  const authorization = authorizationHeader(request);
  if (parseParameters(queryOf(request.url)).all('access_token').length > 0) throw refuse('invalid_request', 'an access token must not be in the query string');
  const inBody = typeof request.body === 'string' ? parseParameters(request.body).all('access_token') : [];
  if (inBody.length > 1 || (inBody.length === 1 && authorization !== undefined)) throw refuse('invalid_request', 'more than one access token is given');
  if (authorization !== undefined) {
    const token = B64TOKEN.exec(authorization)?.[1];
    if (token !== undefined) return token;
    if (/^MAC\b/i.test(authorization)) throw refuse('invalid_request', 'MAC tokens are not part of OAuth 2.1; send the token as Bearer');
    if (/^Bearer\b/i.test(authorization)) throw refuse('invalid_request', 'the Authorization header is not of the form Bearer <token>');
  }
  const [token] = inBody;
  if (token !== undefined) return token;
  // Nothing, or another scheme: the client did not know that a bearer token is needed (RFC 6750 3.1).
  throw new OAuthError('invalid_token', 'an access token is required', { headers: challenge(null, '') });
}

/** The live access token of a request that needs a scope. @throws OAuthError with the challenge of RFC 6750 3.1 */
export async function requireBearer(core: Core, request: FastifyRequest, scope: string): Promise<LiveAccessToken> {
  const live = await liveAccessToken(core, bearerToken(request));
  if (live === null) throw refuse('invalid_token', 'the access token is malformed, expired or revoked');
  if (!live.scope.includes(scope)) throw refuse('insufficient_scope', `the scope ${scope} is required`, scope);
  return live;
}
