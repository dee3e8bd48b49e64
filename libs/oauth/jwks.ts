import type { FastifyInstance } from 'fastify';
import type { Core } from '#runtime/core.ts';
import { sendPrepared } from './prepared-body.ts';

/** The JWK set (RFC 7517 5): announced, active and retired keys whose tokens still live. Read at each request, so a rotation shows at once. */
export function jwksEndpoint(app: FastifyInstance, core: Core): void {
  app.get(core.paths.jwks, async (request, reply) => {
    const body = JSON.stringify({ keys: await core.keys.jwks() });
    return sendPrepared(request, reply, body, 'application/jwk-set+json');
  });
}
