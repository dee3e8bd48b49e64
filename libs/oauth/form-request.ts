import type { FastifyRequest } from 'fastify';
import type { Core } from '#runtime/core.ts';
import { callerOf } from './caller.ts';
import type { Caller } from '#runtime/caller.ts';
import { OAuthError } from './errors.ts';
import { NO_PARAMETERS, type Parameters, parseParameters, queryOf } from './parameters.ts';

/** RFC 6749 5.1: answers that hold tokens are kept by nobody. */
export const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' } as const;

/** Parameters that never belong in a query string, where logs and histories keep them. */
const SECRETS = ['client_secret', 'client_assertion', 'code', 'code_verifier', 'refresh_token', 'token', 'password', 'access_token'];

export interface FormRequest {
  readonly parameters: Parameters;
  readonly authorization: string | undefined;
  readonly caller: Caller;
}

/** The Authorization header, once: Node would keep one of two and drop the other, a proxy before it perhaps the other way round. @throws OAuthError invalid_request */
export function authorizationHeader(request: FastifyRequest): string | undefined {
  const given = request.raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization');
  if (given.length > 1) throw new OAuthError('invalid_request', 'the Authorization header is given more than once');
  return request.headers.authorization;
}

/**
 * A request of a direct endpoint (token, introspection, revocation): parameters in a form body, each once.
 * @param mayRepeat names that may come more than once
 * @throws OAuthError invalid_request, also for credentials or known parameters in the query string
 */
export function formRequest(core: Core, request: FastifyRequest, ...mayRepeat: readonly string[]): FormRequest {
  const query = queryOf(request.url);
  const inQuery = query === '' ? NO_PARAMETERS : parseParameters(query);
  if (typeof request.body === 'object' && request.body !== null) throw new OAuthError('invalid_request', 'the body must be application/x-www-form-urlencoded');
  const body = typeof request.body === 'string' ? parseParameters(request.body) : NO_PARAMETERS;
  for (const name of inQuery.names()) {
    if (SECRETS.includes(name)) throw new OAuthError('invalid_request', `${name} must not be in the query string`);
    if (body.all(name).length > 0) throw new OAuthError('invalid_request', `parameter ${name} is given in the query string and in the body`);
  }
  const repeated = body.repeated(...mayRepeat);
  if (repeated !== null) throw new OAuthError('invalid_request', `parameter ${repeated.slice(0, 64)} is given more than once`);
  return { parameters: body, authorization: authorizationHeader(request), caller: callerOf(request, core.trustedProxies) };
}
