import type { FastifyReply, FastifyRequest } from 'fastify';
import { endpointUrl } from '#runtime/config/paths.ts';
import type { Core } from '#runtime/core.ts';

/** Whether the caller of a form is a script that wants JSON (interface.md, Pages). */
export function wantsJson(request: FastifyRequest): boolean {
  if (request.method !== 'POST') return false;
  const { 'content-type': contentType = '', accept = '' } = request.headers;
  return contentType.startsWith('application/json') || accept.split(',')[0]?.trim().startsWith('application/json') === true;
}

const HEADERS = { 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' } as const;

/** 303, so that no body is sent on (RFC 9700 4.12). */
export const seeOther = (reply: FastifyReply, location: string): FastifyReply => reply.code(303).headers({ ...HEADERS, location }).send();

/** Where a form leads: by 303, or for a script as `redirect_uri` in JSON, absolute, because its page may be at another origin. */
export const redirect = ({ issuer }: Pick<Core, 'issuer'>, request: FastifyRequest, reply: FastifyReply, location: string): FastifyReply =>
  wantsJson(request) ? reply.headers(HEADERS).send({ redirect_uri: endpointUrl(issuer, location) }) : seeOther(reply, location);
