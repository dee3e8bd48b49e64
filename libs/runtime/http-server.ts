import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, LogController } from 'fastify';
import type { Logger } from 'pino';
import { ConfigError } from './config/config-error.ts';
import type { Config } from './config/schema.ts';
import { httpConventions } from './http-conventions.ts';
import { createServer } from './node-http.ts';

/** A body larger than this is refused before it is read whole. Bytes. */
const BODY_LIMIT = 65_536;
/** Request line and headers together: a query that is too long must be read to be answered as such, and a signed one is longer than it was. Bytes. */
const HEADER_LIMIT = 65_536;

/** TLS 1.2 suites that RFC 9325 4.2 recommends; TLS 1.3 brings its own. */
const CIPHERS = ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'].join(':');

/** The port is taken. One line on stderr, exit 1. */
export class PortUnavailable extends Error {
  constructor(host: string, port: number, code: string) {
    super(`cannot listen on ${host}:${port}: ${code === 'EADDRINUSE' ? 'the port is taken by another process' : code}`);
    this.name = 'PortUnavailable';
  }
}

/** A server that listens before there is anything behind it: until `serve` is called, everything is answered 503. */
export interface BoundServer {
  readonly server: Server;
  readonly port: number;
  /** From now on requests go to this listener. */
  serve(listener: RequestListener): void;
  /** No new connections; resolves when the requests in flight are answered. */
  close(): Promise<void>;
}

function readPem(key: 'cert' | 'key', path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError(`tls.${key}`, `cannot read ${JSON.stringify(path)} (${code})`, '"/etc/grantlog/tls.pem"');
  }
}

function makeServer(tls: Config['tls'], listener: RequestListener): Server {
  if (tls === null) return createServer({ maxHeaderSize: HEADER_LIMIT }, listener);
  const [cert, key] = [readPem('cert', tls.cert), readPem('key', tls.key)];
  try {
    return createTlsServer({ maxHeaderSize: HEADER_LIMIT, cert, key, minVersion: 'TLSv1.2', ciphers: CIPHERS, honorCipherOrder: true }, listener);
  } catch {
    throw new ConfigError('tls', 'the certificate and the key do not fit together, or are not PEM', '{ "cert": "/etc/grantlog/tls.crt", "key": "/etc/grantlog/tls.key" }');
  }
}

const starting: RequestListener = (_request, response) => {
  response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '1' }).end('{"status":"starting"}');
};

/** Takes the port. @throws PortUnavailable, ConfigError for `tls` */
export async function bind({ host, port, tls }: Pick<Config, 'host' | 'port' | 'tls'>): Promise<BoundServer> {
  let current: RequestListener = starting;
  const server = makeServer(tls, (request, response) => current(request, response));
  // Slow senders are cut off: headers within 10 s, a whole request within 30 s.
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new PortUnavailable(host, port, error.code ?? error.message)));
    server.listen(port, host, resolve);
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    serve: (listener) => {
      current = listener;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

/** A Fastify instance that answers through a bound server once it is ready. */
export async function createApp(bound: BoundServer, log: Logger, issuer: string): Promise<FastifyInstance> {
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    genReqId: () => randomUUID(),
    bodyLimit: BODY_LIMIT,
    // A HEAD runs what a GET does, and at the authorization endpoint that issues a code: only public documents allow it.
    exposeHeadRoutes: false,
    frameworkErrors: (_error, _request, reply) => void (reply as FastifyReply).code(400).send({ error: 'invalid_request', error_description: 'the request cannot be read' }),
    // The endpoints read their own parameters: only they know what may repeat.
    routerOptions: { maxParamLength: 512, querystringParser: () => ({}) },
    serverFactory: (handler) => {
      bound.serve(handler as RequestListener);
      return bound.server;
    },
  });
  await app.register(httpConventions, { isSecure: issuer.startsWith('https:') });
  return app;
}
