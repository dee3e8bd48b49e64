import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorPage } from '#ui/pages/error.ts';
import { negotiateLocale } from '#ui/pages/locale.ts';
import { pageHeaders } from '#ui/pages/security-headers.ts';
import { errorBody, OAUTH_ERRORS, type OAuthError } from './errors.ts';
import { parseParameters, queryOf } from './parameters.ts';
import { wantsJson } from './redirect.ts';

function uiLocales(request: FastifyRequest): string | null {
  try {
    return parseParameters(queryOf(request.url)).peek('ui_locales');
  } catch {
    return null;
  }
}

/** Shows an error to the person, because nothing proves that a redirect would lead to the client; JSON for a script. */
export function sendErrorPage(request: FastifyRequest, reply: FastifyReply, error: OAuthError): FastifyReply {
  request.log.info({ error: error.code, detail: error.detail ?? error.description }, 'refused');
  const status = error.status === 401 ? 400 : error.status;
  if (wantsJson(request)) return reply.code(status).headers({ 'cache-control': 'no-store', ...error.headers }).send(errorBody(error));
  const locale = negotiateLocale(uiLocales(request), request.headers['accept-language'] ?? null);
  const page = errorPage({ locale, code: error.code, description: error.description, guidance: OAUTH_ERRORS[error.code].guidance, requestId: request.id });
  return reply.code(status).headers({ ...pageHeaders({}), ...error.headers }).send(page);
}
