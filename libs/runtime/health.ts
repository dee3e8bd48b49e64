import type { FastifyInstance } from 'fastify';

/** What the process knows about itself. */
export interface Health {
  /** `failed`: a write to the log failed; nothing but health, metadata and JWK set is answered, and the process ends. */
  status: 'ready' | 'stopping' | 'failed';
}

/** `/health/live` and `/health/ready`: at the root, whatever the issuer’s path. */
export function healthEndpoints(app: FastifyInstance, health: Health): void {
  app.get('/health/live', { exposeHeadRoute: true }, async (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'live' }));
  app.get('/health/ready', { exposeHeadRoute: true }, async (_request, reply) => {
    const ready = health.status === 'ready';
    return reply.code(ready ? 200 : 503).header('cache-control', 'no-store').send({ status: health.status });
  });
}

/** After a write error all other paths are 503: what is not sure to be kept is not answered. */
export function refuseWhenFailed(app: FastifyInstance, health: Health, allowed: readonly string[]): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (health.status !== 'failed') return done();
    const path = request.routeOptions.url ?? '';
    if (path.startsWith('/health/') || allowed.includes(path)) return done();
    reply.code(503).headers({ 'retry-after': '5', 'cache-control': 'no-store' }).send({ error: 'temporarily_unavailable', error_description: 'the log cannot be written' });
  });
}
