import type { FastifyInstance } from 'fastify';
import type { JsonObject } from '#kernel/json.ts';
import type { Core } from '#runtime/core.ts';
import { type PreparedBody, prepareBody, sendPrepared } from './prepared-body.ts';

/** The JWK set of some keys, made again only when they are other ones than before. */
function createKeySet(): (keys: readonly JsonObject[]) => PreparedBody {
  let known: readonly JsonObject[] = [];
  let prepared: PreparedBody | null = null;
  return (keys) => {
    if (prepared !== null && keys.length === known.length && keys.every((key, index) => key === known[index])) return prepared;
    known = keys;
    prepared = prepareBody(JSON.stringify({ keys }), 'application/jwk-set+json');
    return prepared;
  };
}

/** The JWK set (RFC 7517 5): announced, active and retired keys whose tokens still live. Read at each request, so a rotation shows at once. */
export function jwksEndpoint(app: FastifyInstance, core: Core): void {
  const keySet = createKeySet();
  app.get(core.paths.jwks, { exposeHeadRoute: true }, async (request, reply) => sendPrepared(request, reply, keySet(await core.keys.jwks())));
}
