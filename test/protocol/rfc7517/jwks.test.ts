import { createLocalJWKSet, jwtVerify } from 'jose';
import t from 'tap';
import { rotateKeys } from '#signing-key/rotate-keys.ts';
import { directOf, jwtParts } from '#support/direct.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const { web } = CLIENTS;
const SYSTEM = { actor: { kind: 'system', id: null }, request: null } as const;
const algorithms = ['RS256', 'ES256', 'PS256', 'EdDSA'] as const;
const idTokenClients = algorithms.map((alg) => ({ ...web, client_id: `id-${alg.toLowerCase()}`, id_token_signed_response_alg: alg, skip_consent: true }));
const config = {
  issuer: 'https://auth.example.com',
  bootstrap: { ...BOOTSTRAP, clients: [...BOOTSTRAP.clients, ...idTokenClients] },
  resources: algorithms.map((alg) => ({ identifier: `https://${alg.toLowerCase()}.example.com`, accessTokenSigningAlg: alg, lifetime: alg === 'ES256' ? '2h' : 600 })),
};
const server = await startServer(t, { config });
let direct = directOf(server);

// biome-ignore lint/suspicious/noExplicitAny: members of JWKs are looked at as they come.
const jwks = async (): Promise<any[]> => (await direct.get('/oauth2/jwks')).body.keys;
const kids = async (): Promise<string[]> => (await jwks()).map(({ kid }) => kid);
const tokenAt = async (alg: string): Promise<string> => (await direct.clientCredentials(web, { resource: `https://${alg.toLowerCase()}.example.com` })).body.access_token;
const kidOf = (token: string): string => jwtParts(token).header.kid;

t.test('RFC 7517 5: the set is public keys only, each with its own kid, alg and use; two of each algorithm in use', async (t) => {
  const answer = await direct.get('/oauth2/jwks', { accept: 'text/html', origin: 'https://anyone.example.com' });
  t.equal(answer.status, 200);
  t.match(answer.headers.get('content-type'), /^application\/(jwk-set\+)?json/);
  t.equal(answer.headers.get('access-control-allow-origin'), '*');
  t.match(answer.headers.get('cache-control'), /public, max-age=\d+/);
  const keys = await jwks();
  t.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length, 'unique kids');
  for (const alg of algorithms) t.equal(keys.filter((key) => key.alg === alg).length, 2, `${alg}: the active and the announced one`);
  const members: Record<string, string[]> = { RSA: ['alg', 'e', 'kid', 'kty', 'n', 'use'], EC: ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'], OKP: ['alg', 'crv', 'kid', 'kty', 'use', 'x'] };
  for (const key of keys) {
    t.equal(key.use, 'sig');
    t.match(key.kid, /^[A-Za-z0-9_-]+$/);
    t.same(Object.keys(key).sort(), members[key.kty], `${key.alg}: and no private member`);
    if (key.kty === 'RSA') t.ok(Buffer.from(key.n, 'base64url').length >= 256, 'RFC 7518 3.3: 2048 bits at least');
  }
});

t.test('RFC 7517 4.5: what is signed with each algorithm verifies with the set, by kid', async (t) => {
  const set = createLocalJWKSet({ keys: await jwks() });
  for (const [index, alg] of algorithms.entries()) {
    const { protectedHeader } = await jwtVerify(await tokenAt(alg), set, { typ: 'at+jwt', issuer: server.issuer, audience: `https://${alg.toLowerCase()}.example.com` });
    t.equal(protectedHeader.alg, alg);
    const client = idTokenClients[index] ?? web;
    const { id_token } = await direct.tokens(client);
    t.equal((await jwtVerify(id_token, set, { issuer: server.issuer, audience: client.client_id })).protectedHeader.alg, alg);
  }
});

t.test('RFC 9110 13.1.2: the set is revalidated by ETag', async (t) => {
  const { headers } = await direct.get('/oauth2/jwks');
  const etag = headers.get('etag') ?? '';
  t.match(etag, /^"[^"]+"$/);
  for (const known of [etag, `W/${etag}`, `"x", ${etag}`, `"x",W/${etag} , "y"`, '*']) {
    const answer = await direct.get('/oauth2/jwks', { 'if-none-match': known });
    t.equal(answer.status, 304, known);
    t.equal(answer.text, '');
    t.equal(answer.headers.get('etag'), etag);
    t.match(answer.headers.get('cache-control'), /max-age/);
  }
  for (const known of ['"x"', etag.slice(1, -1), '']) t.equal((await direct.get('/oauth2/jwks', { 'if-none-match': known })).status, 200, known);
});

t.test('interface.md, signing keys: rotation makes the announced key the signer, announces the next at once, and old tokens live on', async (t) => {
  const before = await jwks();
  const old = await Promise.all(algorithms.map(tokenAt));
  const announced = new Map(before.map(({ kid, alg }) => [alg, kid] as const).filter(([alg, kid]) => !old.some((token) => kidOf(token) === kid && jwtParts(token).header.alg === alg)));
  const etag = (await direct.get('/oauth2/jwks')).headers.get('etag');
  await rotateKeys(server.core, false, SYSTEM);
  const after = await jwks();
  t.equal(after.length, before.length + algorithms.length);
  t.not((await direct.get('/oauth2/jwks')).headers.get('etag'), etag);
  for (const [index, alg] of algorithms.entries()) {
    const token = await tokenAt(alg);
    t.equal(kidOf(token), announced.get(alg), `${alg}: the announced kid signs now, for every algorithm in use`);
    t.ok(before.some(({ kid }) => kid === kidOf(token)), 'no client meets an unknown key');
    t.ok(await direct.isActive(old[index] ?? ''), 'what the retired key signed is believed');
    t.ok(after.some(({ kid }) => kid === kidOf(old[index] ?? '')), 'and it is in the set');
  }
});

t.test('interface.md, signing keys: a retired key stays in the set while tokens of it can live, and no longer', async (t) => {
  const token = await tokenAt('ES256');
  await rotateKeys(server.core, false, SYSTEM);
  server.clock.advance(7190);
  t.ok((await kids()).includes(kidOf(token)));
  t.ok(await direct.isActive(token), 'the longest lifetime of a resource counts');
  server.clock.advance(11);
  t.notOk((await kids()).includes(kidOf(token)));
  t.equal((await jwks()).length, 2 * algorithms.length);
});

t.test('interface.md, signing keys: what a compromised key signed is refused everywhere at once, and the set is without it', async (t) => {
  const { access_token, id_token, refresh_token } = await direct.tokens(web);
  const own = (await direct.clientCredentials(web, { resource: 'https://eddsa.example.com' })).body.access_token;
  await rotateKeys(server.core, true, SYSTEM);
  const published = await kids();
  for (const token of [access_token, id_token, own]) t.notOk(published.includes(kidOf(token)));
  for (const token of [access_token, own]) t.same((await direct.introspect(token)).body, { active: false });
  t.equal((await direct.userinfo(access_token)).status, 401);
  t.equal(published.length, 2 * algorithms.length, 'the next one is announced all the same');
  const refreshed = await direct.refresh(web, refresh_token);
  t.equal(refreshed.status, 200, 'a refresh token is not signed: it gets a token of the new key');
  t.ok(await direct.isActive(refreshed.body.access_token));
});

t.test('interface.md, signing keys: the set survives a restart, with the same signer and the same announced key', async (t) => {
  const before = await jwks();
  const token = await tokenAt('ES256');
  await server.stop();
  direct = directOf(await startServer(t, { config, dataDir: server.dataDir, clock: server.clock }));
  t.same(await jwks(), before);
  t.equal(kidOf(await tokenAt('ES256')), kidOf(token));
  t.ok(await direct.isActive(token));
});
