import { isUtf8 } from 'node:buffer';
import type { FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

/** The path as it is configured, or the beginning of one that is not ours: never a query, a fragment or path parameters. */
const pathOf = ({ routeOptions, url }: FastifyRequest): string => routeOptions.url ?? (url.split(/[?#;]/, 1)[0] ?? '').slice(0, 200);

export interface HttpConventionsOptions {
  /** Whether the issuer is https, whatever a proxy speaks to us. */
  readonly isSecure: boolean;
}

/**
 * What holds for every request: bodies are forms (handed on as text, because only the endpoints know what may repeat) or JSON; each answer
 * names its request; each request is one line in the log.
 */
export const httpConventions = fastifyPlugin<HttpConventionsOptions>(
  (app, { isSecure }, done) => {
    // A cross-site form may send text/plain without a preflight: nothing here takes it.
    app.removeContentTypeParser('text/plain');
    app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_request, body: Buffer, parsed) => {
      // Read as a string, bytes that are not UTF-8 would all become the same character.
      if (isUtf8(body)) parsed(null, body.toString());
      else parsed(Object.assign(new Error('the body is not UTF-8'), { statusCode: 400 }));
    });
    // Hooks with a callback: at this rate a promise more for each request shows.
    app.addHook('onRequest', (request, reply, next) => {
      reply.header('x-content-type-options', 'nosniff').header('x-request-id', request.id);
      if (isSecure) reply.header('strict-transport-security', 'max-age=31536000');
      next();
    });
    // The path, never the query.
    app.addHook('onResponse', (request, reply, next) => {
      request.log.info({ method: request.method, path: pathOf(request), status: reply.statusCode, ms: Math.round(reply.elapsedTime * 10) / 10 }, 'request');
      next();
    });
    done();
  },
  { name: 'grantlog-http-conventions' },
);
