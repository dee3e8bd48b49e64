import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Core } from '#runtime/core.ts';
import { sendErrorPage } from './error-page.ts';
import { errorBody, OAuthError } from './errors.ts';
import { asOAuthError } from './failure.ts';
import { NO_STORE } from './form-request.ts';

/** Paths that people look at: their errors are pages. */
const isPage = (core: Core, path: string | undefined): boolean => {
  const { authorization, signInPage, signInAction, consentPage, consentAction } = core.paths;
  return path !== undefined && [authorization, signInPage, signInAction, consentPage, consentAction].includes(path);
};

/** The one place where errors become answers: an error page for people, RFC 6749 5.2 JSON for programs, never a stack trace. */
export function errorHandler(app: FastifyInstance, core: Core): void {
  app.setErrorHandler((error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) => {
    const answer = asOAuthError(error);
    if (answer.status >= 500) request.log.error({ err: error, detail: answer.detail }, 'request failed');
    if (isPage(core, request.routeOptions.url)) return sendErrorPage(request, reply, answer);
    if (answer.status < 500) request.log.info({ error: answer.code, detail: answer.detail ?? answer.description }, 'refused');
    return reply.code(answer.status).headers({ ...NO_STORE, ...answer.headers }).send(errorBody(answer));
  });
  app.setNotFoundHandler((request, reply) => {
    const acceptsHtml = request.headers.accept?.includes('text/html') === true && request.method === 'GET';
    const error = new OAuthError('invalid_request', 'there is nothing here', { status: 404 });
    return acceptsHtml ? sendErrorPage(request, reply, error) : reply.code(404).send(errorBody(error));
  });
}
