import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Core } from '#runtime/core.ts';
import { FORM_POST_SCRIPT_HASH, formPostPage } from '#ui/pages/form-post.ts';
import { negotiateLocale } from '#ui/pages/locale.ts';
import { pageHeaders } from '#ui/pages/security-headers.ts';
import { errorDescription, type OAuthError } from '../errors.ts';
import { redirect } from '../redirect.ts';
import type { AnswerTarget } from './authorization-request.ts';

type Members = readonly (readonly [string, string])[];

/** The parameters of an answer: RFC 6749 4.1.2 or 4.1.2.1, and `iss` in each (RFC 9207). */
function answerMembers(core: Core, target: AnswerTarget, members: Members): Members {
  return [...members, ...(target.state === null ? [] : [['state', target.state] as const]), ['iss', core.issuer]];
}

export const codeMembers = (code: string): Members => [['code', code]];
export const errorMembers = (error: OAuthError): Members => [['error', error.code], ['error_description', errorDescription(error.description)]];

/** The registered URI is kept byte for byte; the answer goes behind its own query, if it has one. */
function redirectTo(target: AnswerTarget, members: Members): string {
  const query = members.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const joint = !target.redirectUri.includes('?') ? '?' : /[?&]$/.test(target.redirectUri) ? '' : '&';
  return `${target.redirectUri}${joint}${query}`;
}

/**
 * Sends the answer to the client: 303, so that a form is never sent on with its body (RFC 9700 4.12), or a form_post page.
 * A JSON caller of a form gets the address as `redirect_uri`.
 */
export function sendToClient(core: Core, request: FastifyRequest, reply: FastifyReply, target: AnswerTarget, members: Members): FastifyReply {
  const parameters = answerMembers(core, target, members);
  if (target.responseMode === 'form_post') {
    const locale = negotiateLocale(null, request.headers['accept-language'] ?? null);
    const headers = pageHeaders({ formAction: [target.redirectUri], scriptHash: FORM_POST_SCRIPT_HASH });
    return reply.headers(headers).send(formPostPage({ locale, action: target.redirectUri, parameters }));
  }
  return redirect(request, reply, redirectTo(target, parameters));
}
