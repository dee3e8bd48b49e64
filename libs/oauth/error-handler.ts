import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { PasswordQueueFull } from '#account/password.ts';
import { LeafTooLarge } from '#audit/leaf.ts';
import { StoreUnavailable, StreamDenied } from '#ports/store-errors.ts';
import type { Core } from '#runtime/core.ts';
import { sendErrorPage } from './error-page.ts';
import { errorBody, OAuthError } from './errors.ts';
import { NO_STORE } from './form-request.ts';

/** Seconds after which a caller may repeat what failed for a reason of ours. */
const RETRY_AFTER = '1';

const unavailable = (detail: string) => new OAuthError('temporarily_unavailable', 'the server cannot do this right now', { detail, headers: { 'retry-after': RETRY_AFTER } });

/** What an error means to the caller; the rest of it stays in the log. */
function asOAuthError(error: FastifyError | Error): OAuthError {
  if (error instanceof OAuthError) return error;
  if (error instanceof StoreUnavailable || error instanceof PasswordQueueFull) return unavailable(error.message);
  if (error instanceof StreamDenied) return unavailable(error.message);
  if (error instanceof LeafTooLarge) return new OAuthError('invalid_request', 'the request is too large to be recorded', { status: 413 });
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status !== undefined && status >= 400 && status < 500) return new OAuthError('invalid_request', describe(status), { status });
  return new OAuthError('server_error', 'something went wrong here', { detail: error.message });
}

function describe(status: number): string {
  if (status === 413) return 'the body is too large';
  if (status === 415) return 'the body must be application/x-www-form-urlencoded';
  return 'the request cannot be read';
}

/** Paths that people look at: their errors are pages. */
const isPage = (core: Core, url: string): boolean => {
  const path = url.split('?', 1)[0] ?? '';
  const { authorization, signInPage, signInAction, consentPage, consentAction } = core.paths;
  return [authorization, signInPage, signInAction, consentPage, consentAction].includes(path);
};

/** The one place where errors become answers: an error page for people, RFC 6749 5.2 JSON for programs, never a stack trace. */
export function errorHandler(app: FastifyInstance, core: Core): void {
  app.setErrorHandler((error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply) => {
    const answer = asOAuthError(error);
    if (answer.status >= 500) request.log.error({ err: error, detail: answer.detail }, 'request failed');
    if (isPage(core, request.url)) return sendErrorPage(request, reply, answer);
    if (answer.status < 500) request.log.info({ error: answer.code, detail: answer.detail ?? answer.description }, 'refused');
    return reply.code(answer.status).headers({ ...NO_STORE, ...answer.headers }).send(errorBody(answer));
  });
  app.setNotFoundHandler((request, reply) => {
    const acceptsHtml = request.headers.accept?.includes('text/html') === true && request.method === 'GET';
    const error = new OAuthError('invalid_request', 'there is nothing here', { status: 404 });
    return acceptsHtml ? sendErrorPage(request, reply, error) : reply.code(404).send(errorBody(error));
  });
}
