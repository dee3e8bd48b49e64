import type { FastifyReply, FastifyRequest } from 'fastify';

/** Whether the caller of a form is a script that wants JSON (interface.md, Pages). */
export function wantsJson(request: FastifyRequest): boolean {
  if (request.method !== 'POST') return false;
  const { 'content-type': contentType = '', accept = '' } = request.headers;
  return contentType.startsWith('application/json') || accept.split(',')[0]?.trim().startsWith('application/json') === true;
}

/** 303 after a form or an authorization request, so that no body is sent on (RFC 9700 4.12); `redirect_uri` in JSON for a script. */
export function redirect(request: FastifyRequest, reply: FastifyReply, location: string): FastifyReply {
  reply.headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  return wantsJson(request) ? reply.send({ redirect_uri: location }) : reply.code(303).header('location', location).send();
}
