import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ClientState, clients } from '#client/projection.ts';
import type { Core } from '#runtime/core.ts';

/** How long the origins of all clients are remembered for preflights and refusals, which give nothing away: a request that is answered asks its own client. */
const REMEMBERED_MS = 5000;
const PAGE = 200;

/** All origins that any client registered. */
async function registeredOrigins(core: Core): Promise<ReadonlySet<string>> {
  const origins = new Set<string>();
  for (let after: string | null = null; ; ) {
    const page: readonly { readonly id: string; readonly state: ClientState }[] = await core.readModels.list<ClientState>(clients.collection, { status: 'active' }, after, PAGE);
    for (const { state } of page) for (const origin of state.metadata.allowed_cors_origins) origins.add(origin);
    after = page.at(-1)?.id ?? null;
    if (page.length < PAGE || after === null) return origins;
  }
}

const NO_ORIGINS: ReadonlySet<string> = new Set();

const readableBy = (origin: string) => ({ 'access-control-allow-origin': origin, 'access-control-expose-headers': 'www-authenticate, retry-after' });

/** Lets the scripts of an origin read the answer if the client registered it. Credentials (cookies) never. */
export function allowOrigin(request: FastifyRequest, reply: FastifyReply, client: ClientState): void {
  const { origin } = request.headers;
  reply.header('vary', 'Origin');
  if (origin !== undefined && client.metadata.allowed_cors_origins.includes(origin)) {
    reply.headers(readableBy(origin));
  }
}

/** Preflights (Fetch standard, 3.3.5) of the endpoints that scripts of single-page apps call. */
export function corsPreflights(app: FastifyInstance, core: Core): void {
  let remembered: { readonly at: number; readonly origins: ReadonlySet<string> } | null = null;
  const origins = async (): Promise<ReadonlySet<string>> => {
    if (remembered === null || core.clock.now() - remembered.at > REMEMBERED_MS) remembered = { at: core.clock.now(), origins: await registeredOrigins(core) };
    return remembered.origins;
  };
  const paths = [core.paths.token, core.paths.userinfo, core.paths.revocation];
  // A refusal that came before the client was known: a script must be able to read that its token has expired, whose client is any of them.
  app.addHook('onSend', (request, reply, payload, done) => {
    const { origin } = request.headers;
    const isAnswered = reply.statusCode < 400 || reply.hasHeader('vary');
    if (isAnswered || origin === undefined || !paths.includes(request.routeOptions.url ?? '')) return done(null, payload);
    reply.header('vary', 'Origin');
    void origins()
      .catch(() => NO_ORIGINS)
      .then((known) => {
        if (known.has(origin)) reply.headers(readableBy(origin));
        done(null, payload);
      });
  });
  for (const path of paths) {
    app.options(path, async (request, reply) => {
      const { origin } = request.headers;
      reply.header('vary', 'Origin');
      if (origin !== undefined && (await origins()).has(origin)) {
        reply.headers({ 'access-control-allow-origin': origin, 'access-control-allow-methods': 'GET, POST', 'access-control-allow-headers': 'authorization, content-type', 'access-control-max-age': '600' });
      }
      return reply.code(204).send();
    });
  }
  const anyone = { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET', 'access-control-max-age': '86400' };
  for (const path of [core.paths.jwks, ...core.paths.oauthMetadata, ...core.paths.openidMetadata]) {
    app.options(path, (_request, reply) => reply.code(204).headers(anyone).send());
  }
}
