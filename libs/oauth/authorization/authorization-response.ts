import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Core } from '#runtime/core.ts';
import { FORM_POST_SCRIPT_HASH, formPostPage } from '#ui/pages/form-post.ts';
import { negotiateLocale } from '#ui/pages/locale.ts';
import { pageHeaders } from '#ui/pages/security-headers.ts';
import { errorDescription, type OAuthError } from '../errors.ts';
import { redirect, wantsJson } from '../redirect.ts';
import type { AnswerTarget, RedirectedError } from './authorization-request.ts';

type Members = readonly (readonly [string, string])[];

/** The parameters of an answer: RFC 6749 4.1.2 or 4.1.2.1, and `iss` in each (RFC 9207). */
function answerMembers(core: Core, target: AnswerTarget, members: Members): Members {
  return [...members, ...(target.state === null ? [] : [['state', target.state] as const]), ['iss', core.issuer]];
}

export const codeMembers = (code: string): Members => [['code', code]];
const errorMembers = (error: OAuthError): Members => [['error', error.code], ['error_description', errorDescription(error.description)]];

/** The registered URI is kept byte for byte; the answer goes behind its own query, if it has one. */
function redirectTo(target: AnswerTarget, members: Members): string {
  const query = members.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const joint = !target.redirectUri.includes('?') ? '?' : /[?&]$/.test(target.redirectUri) ? '' : '&';
  return `${target.redirectUri}${joint}${query}`;
}

/**
 * Sends the answer to the client: 303, so that a form is never sent on with its body (RFC 9700 4.12), or a form_post page.
 * A JSON caller of a form gets the address as `redirect_uri`, and for form_post the `parameters` to post there.
 */
export function sendToClient(core: Core, request: FastifyRequest, reply: FastifyReply, target: AnswerTarget, members: Members): FastifyReply {
  const parameters = answerMembers(core, target, members);
  if (target.responseMode === 'form_post') {
    if (wantsJson(request)) return reply.header('cache-control', 'no-store').send({ redirect_uri: target.redirectUri, response_mode: 'form_post', parameters: Object.fromEntries(parameters) });
    const locale = negotiateLocale(target.uiLocales, request.headers['accept-language'] ?? null);
    const headers = pageHeaders({ formAction: [target.redirectUri], scriptHash: FORM_POST_SCRIPT_HASH });
    return reply.headers(headers).send(formPostPage({ locale, action: target.redirectUri, parameters }));
  }
  return redirect(core, request, reply, redirectTo(target, parameters));
}

/** Sends an error to the client; what went wrong on our side stands in the log only. */
export function sendErrorToClient(core: Core, request: FastifyRequest, reply: FastifyReply, { target, error, cause }: RedirectedError): FastifyReply {
  const about = { error: error.code, detail: error.detail ?? error.description, client_id: target.client.id };
  if (error.status >= 500) request.log.error({ err: cause, ...about }, 'authorization failed');
  else request.log.info(about, 'authorization refused');
  return sendToClient(core, request, reply, target, errorMembers(error));
}
