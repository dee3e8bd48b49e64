import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { parse } from 'node:querystring';
import Fastify from 'fastify';
import type { RecordedEvent } from '#kernel/event.ts';
import type { StreamName } from '#kernel/stream-name.ts';
import { systemClock } from '#ports/clock.ts';
import { openSqliteStores } from '#stores/sqlite/open.ts';

/** What Node, Fastify, one signature and one durable event cost by themselves: no server on this stack can be faster. */
const app = Fastify({ logger: false });
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => done(null, parse(String(body))));

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(scope: string): string {
  const now = Math.floor(Date.now() / 1000);
  const signed = `${encode({ alg: 'ES256', typ: 'at+jwt', kid: 'bare' })}.${encode({ iss: 'bare', sub: 'bench', aud: 'bench', scope, iat: now, exp: now + 3600, jti: randomUUID() })}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

const stores = openSqliteStores({ directory: process.env['GRANTLOG_DATA_DIR'] ?? '', collections: [], clock: systemClock, onFatal: (error) => { throw error; } });
const document = JSON.stringify({ filler: 'x'.repeat(2000) });

async function recordOne(scope: string): Promise<void> {
  const id = randomUUID();
  const stream: StreamName = `bare-${process.hrtime.bigint()}-${id}`;
  const event: RecordedEvent = {
    id, stream, revision: 0, type: 'Bare', version: 1, time: new Date().toISOString(), actor: { kind: 'client', id: 'bench' },
    correlation: null, causation: null, request: null, tenant: null, data: { scope }, pii: null,
  };
  await stores.events.append({ stream, expectedRevision: -1, events: [event] });
}

app.get('/document', (_request, reply) => reply.type('application/json').send(document));
app.post<{ Body: { scope: string } }>('/token', async (request) => ({ access_token: token(request.body.scope), token_type: 'Bearer', expires_in: 3600 }));
app.post<{ Body: { scope: string } }>('/durable-token', async (request) => {
  await recordOne(request.body.scope);
  return { access_token: token(request.body.scope), token_type: 'Bearer', expires_in: 3600 };
});

await app.listen({ host: '127.0.0.1', port: Number(process.env['PORT']) });
