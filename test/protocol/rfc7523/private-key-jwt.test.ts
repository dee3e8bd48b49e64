import { randomUUID } from 'node:crypto';
import { calculateJwkThumbprint, type CryptoKey, exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT, UnsecuredJWT } from 'jose';
import t from 'tap';
import { disableClient, enableClient } from '#client/disable-client.ts';
import { type Answer, directOf, form } from '#support/direct.ts';
import { startHttps } from '#support/https.ts';
import { recordedEvents } from '#support/recorded-events.ts';
import { BOOTSTRAP, CLIENTS, REDIRECT_URI, startServer } from '#support/server.ts';

const ISSUER = 'https://auth.example.com';
const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const SYSTEM = { actor: { kind: 'system', id: null }, request: null } as const;
const algorithms = ['ES256', 'PS256', 'EdDSA', 'RS256'] as const;

interface Key {
  readonly privateKey: CryptoKey;
  readonly jwk: Record<string, string>;
}
async function makeKey(alg: string, members: Record<string, string> = {}): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const { kty, crv, x, y, n, e } = await exportJWK(publicKey);
  const jwk = Object.fromEntries(Object.entries({ kty, crv, x, y, n, e }).filter((entry): entry is [string, string] => entry[1] !== undefined));
  return { privateKey, jwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), ...members } };
}
const keys = new Map<string, Key>();
for (const alg of algorithms) keys.set(alg, await makeKey(alg));
const key = (alg: string): Key => keys.get(alg) as Key;
const without = ({ kid: _, ...jwk }: Record<string, string>) => jwk;
const stranger = await makeKey('ES256');
const second = await makeKey('ES256');
const remote = { current: await makeKey('ES256') };

const base = { token_endpoint_auth_method: 'private_key_jwt', grant_types: ['authorization_code', 'refresh_token', 'client_credentials'], redirect_uris: [REDIRECT_URI], scope: 'openid read:photos', skip_consent: true };
const jwtClients = algorithms.map((alg) => ({ ...base, client_id: `jwt-${alg.toLowerCase()}`, jwks: { keys: [key(alg).jwk] }, token_endpoint_auth_signing_alg: alg }));
const any = { ...base, client_id: 'jwt-any', jwks: { keys: algorithms.map((alg) => key(alg).jwk) } };
const kidless = { ...base, client_id: 'jwt-kidless', jwks: { keys: [without(second.jwk), without(key('ES256').jwk), without(key('RS256').jwk)] } };
const broken = { ...base, client_id: 'jwt-broken', jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', kid: 'bad' }, { kty: 'EC', crv: 'P-384', x: 'AAAA', y: 'AAAA', kid: 'p384' }, { kty: 'RSA', n: 'A'.repeat(342), e: 'AQAB', kid: 'rsa' }] } };
const encryption = { ...base, client_id: 'jwt-enc', jwks: { keys: [{ ...key('ES256').jwk, use: 'enc' }] } };

let fetches = 0;
let failing = false;
const https = await startHttps(t, (request, response) => {
  fetches += 1;
  if (failing) response.writeHead(500).end();
  else if (request.url === '/moved') response.writeHead(302, { location: '/jwks' }).end();
  else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [remote.current.jwk] }));
});
const byUri = { ...base, client_id: 'jwt-uri', jwks_uri: `https://localhost:${https.port}/jwks` };
const moved = { ...base, client_id: 'jwt-moved', jwks_uri: `https://localhost:${https.port}/moved` };

const clients = [...BOOTSTRAP.clients, ...jwtClients, any, kidless, broken, encryption, byUri, moved];
const config = { issuer: ISSUER, bootstrap: { ...BOOTSTRAP, clients }, outbound: { allow: ['localhost'] } };
/** What outlives a single test here is ended with the file. */
const file = t;
const server = await startServer(file, { config });
let direct = directOf(server);
let url = server.url;
const { clock } = server;

interface Made {
  readonly alg?: string;
  readonly signer?: Key;
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
}
/** An assertion that is good, but for what `made` says. A claim of undefined is left out. */
async function assertionOf(clientId: string, { alg = 'ES256', signer = key(alg), claims = {}, header = {} }: Made = {}): Promise<string> {
  const now = Math.floor(clock.now() / 1000);
  const payload = { iss: clientId, sub: clientId, aud: ISSUER, exp: now + 60, iat: now, nbf: now, jti: randomUUID(), ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg, kid: signer.jwk['kid'], ...header } as JWTHeaderParameters).sign(signer.privateKey, { crit: { 'urn:example:crit': true } });
}
const present = (assertion: string, fields: Record<string, string> = {}, path = '/oauth2/token'): Promise<Answer> =>
  form(url + path, { grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion: assertion, ...fields });
const refused = { status: 401, body: { error: 'invalid_client' } };

t.test('RFC 7523 2.2, OpenID Connect Core 9: a signed assertion authenticates at token, introspection and revocation, by each algorithm', async (t) => {
  for (const [index, alg] of algorithms.entries()) {
    const id = jwtClients[index]?.client_id ?? '';
    const answer = await present(await assertionOf(id, { alg }));
    t.equal(answer.status, 200, alg);
    const token = answer.body.access_token;
    const inspected = await present(await assertionOf(id, { alg }), { token }, '/oauth2/introspect');
    t.match(inspected.body, { active: true, client_id: id, sub: id }, alg);
    t.match(await present(await assertionOf(id, { alg }), { token }, '/oauth2/revoke'), { status: 200, text: '{}' }, alg);
    t.notOk((await present(await assertionOf(id, { alg }), { token }, '/oauth2/introspect')).body.active, alg);
    t.equal((await present(await assertionOf(id, { alg }), { client_id: id })).status, 200, 'client_id beside it');
  }
});

t.test('RFC 7523 3: code and refresh are redeemed with a new assertion each', async (t) => {
  const issued = await direct.code(any, { scope: 'openid read:photos' });
  const redeemed = await present(await assertionOf('jwt-any'), { ...issued, grant_type: 'authorization_code' });
  t.equal(redeemed.status, 200);
  t.equal((await present(await assertionOf('jwt-any'), { grant_type: 'refresh_token', refresh_token: redeemed.body.refresh_token })).status, 200);
});

t.test('RFC 7523 3: aud is this issuer, as one string; a list is refused, even of it alone', async (t) => {
  for (const aud of [[ISSUER], [ISSUER, 'https://other.example.com'], 'https://other.example.com', `${ISSUER}/`, ISSUER.toUpperCase(), `${ISSUER}/oauth2/token`, url, '', undefined, null, 1, { iss: ISSUER }]) {
    t.match(await present(await assertionOf('jwt-any', { claims: { aud } })), refused, JSON.stringify(aud) ?? 'none');
  }
});

t.test('interface.md: policy.clientAssertionAudience lets the token endpoint be the audience too, still as a string', async (t) => {
  const lax = await startServer(t, { config: { ...config, policy: { clientAssertionAudience: 'issuer-or-token-endpoint' } }, clock });
  const laxly = async (aud: unknown) => form(`${lax.url}/oauth2/token`, { grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion: await assertionOf('jwt-any', { claims: { aud } }) });
  for (const aud of [ISSUER, `${ISSUER}/oauth2/token`]) t.equal((await laxly(aud)).status, 200, aud);
  for (const aud of [[`${ISSUER}/oauth2/token`], `${ISSUER}/oauth2/introspect`, `${ISSUER}/oauth2/token/`]) t.match(await laxly(aud), refused, String(aud));
});

t.test('RFC 7523 3: iss, sub, exp and jti are required; iss and sub are the client', async (t) => {
  for (const name of ['iss', 'sub', 'exp', 'jti', 'aud']) t.match(await present(await assertionOf('jwt-any', { claims: { [name]: undefined } })), refused, `without ${name}`);
  const wrong = [{ iss: 'web' }, { sub: 'web' }, { iss: 'web', sub: 'web' }, { iss: 'nobody', sub: 'nobody' }, { iss: 1, sub: 1 }, { iss: ['jwt-any'], sub: ['jwt-any'] }, { jti: '' }, { jti: 1 }, { jti: null }, { iss: '\ud800', sub: '\ud800' }, { iss: 'jwt-any\0', sub: 'jwt-any\0' }, { iss: '', sub: '' }];
  for (const claims of wrong) t.match(await present(await assertionOf('jwt-any', { claims })), refused, JSON.stringify(claims));
  t.match(await present(await assertionOf('jwt-any'), { client_id: 'jwt-es256' }), refused, 'another client_id beside it');
});

t.test('RFC 7523 3: exp in the past, far in the future or no number; nbf and iat in the future', async (t) => {
  const now = () => Math.floor(clock.now() / 1000);
  for (const claims of [{ exp: now() - 6 }, { exp: now() + 3700 }, { exp: now() + 1e12 }, { exp: '9999999999' }, { exp: null }, { nbf: now() + 60 }, { nbf: 'x' }, { iat: now() + 60 }, { iat: 'x' }]) {
    t.match(await present(await assertionOf('jwt-any', { claims: claims as Record<string, unknown> })), refused, JSON.stringify(claims));
  }
  for (const claims of [{ exp: now() + 3500 }, { exp: now() - 1 }, { exp: now() + 30.5 }, { iat: now() + 3, nbf: now() + 3 }, { iat: undefined, nbf: undefined }]) t.equal((await present(await assertionOf('jwt-any', { claims }))).status, 200, JSON.stringify(claims));
  const assertion = await assertionOf('jwt-any');
  clock.advance(70);
  t.match(await present(assertion), refused, 'by the clock');
});

t.test('regression: assertion jti reusable, per process only: once, in parallel, after a restart, and as long as the assertion lives', async (t) => {
  const assertion = await assertionOf('jwt-any', { claims: { exp: Math.floor(clock.now() / 1000) + 3000 } });
  const answers = await Promise.all(Array.from({ length: 20 }, () => present(assertion)));
  t.equal(answers.filter(({ status }) => status === 200).length, 1);
  for (const answer of answers) if (answer.status !== 200) t.match(answer, refused);
  for (const path of ['/oauth2/introspect', '/oauth2/revoke']) t.match(await present(assertion, { token: 'x' }, path), refused, path);
  const { sub, jti, exp } = JSON.parse(Buffer.from(assertion.split('.')[1] ?? '', 'base64url').toString());
  t.match(await present(await assertionOf('jwt-any', { alg: 'RS256', claims: { jti, exp } })), refused, 'the same jti signed anew');
  t.equal((await present(await assertionOf('jwt-es256', { claims: { jti } }))).status, 200, `not ${sub}: another client may have the same jti`);
  await server.stop();
  const again = await startServer(file, { config, dataDir: server.dataDir, clock });
  url = again.url;
  direct = directOf(again);
  t.match(await present(assertion), refused, 'after a restart');
  clock.advance(2900);
  t.match(await present(assertion), refused, 'near its end');
  t.equal((await present(await assertionOf('jwt-any'))).status, 200);
  await disableClient(again.core, 'jwt-any', SYSTEM);
  t.match(await present(await assertionOf('jwt-any')), refused, 'a disabled client');
  await enableClient(again.core, 'jwt-any', SYSTEM);
  t.equal((await present(await assertionOf('jwt-any'))).status, 200);
});

t.test('RFC 7523 3, RFC 8725 3.1: only the registered algorithm, else one of the list; never none or a symmetric one', async (t) => {
  for (const [index, alg] of algorithms.entries()) {
    for (const other of algorithms) if (other !== alg) t.match(await present(await assertionOf(jwtClients[index]?.client_id ?? '', { alg: other })), refused, `${other} where ${alg} is registered`);
    t.equal((await present(await assertionOf('jwt-any', { alg }))).status, 200, `${alg} where nothing is`);
  }
  const now = Math.floor(clock.now() / 1000);
  const claims = { iss: 'jwt-any', sub: 'jwt-any', aud: ISSUER, exp: now + 60, jti: randomUUID() };
  t.match(await present(new UnsecuredJWT(claims).encode()), refused, 'none');
  for (const secret of [JSON.stringify(key('ES256').jwk), key('ES256').jwk['x'] ?? '']) {
    const assertion = await new SignJWT({ ...claims, jti: randomUUID() }).setProtectedHeader({ alg: 'HS256', kid: key('ES256').jwk['kid'] ?? '' }).sign(new TextEncoder().encode(secret.padEnd(32)));
    t.match(await present(assertion), refused, 'HS256 with the public key');
  }
  const es384 = await makeKey('ES384');
  t.match(await present(await assertionOf('jwt-any', { alg: 'ES384', signer: es384 })), refused, 'ES384 is not on the list');
});

t.test('regression: algorithm confusion in client assertions: keys brought along (jwk, jku, x5u), unknown crit, a stranger’s signature', async (t) => {
  const { kid } = key('ES256').jwk;
  t.match(await present(await assertionOf('jwt-any', { signer: stranger })), refused, 'a kid that is not registered');
  t.match(await present(await assertionOf('jwt-any', { signer: stranger, header: { kid } })), refused, 'under a registered kid');
  t.match(await present(await assertionOf('jwt-any', { signer: stranger, header: { kid: undefined } })), refused, 'under none');
  t.match(await present(await assertionOf('jwt-any', { signer: stranger, header: { jwk: stranger.jwk, kid } })), refused, 'jwk');
  t.match(await present(await assertionOf('jwt-any', { signer: stranger, header: { jku: `https://localhost:${https.port}/jwks`, kid } })), refused, 'jku');
  t.match(await present(await assertionOf('jwt-any', { header: { crit: ['urn:example:crit'], 'urn:example:crit': true } })), refused, 'crit');
  const assertion = await assertionOf('jwt-any');
  for (const text of [assertion.slice(0, -1), `${assertion}A`, assertion.split('.').slice(0, 2).join('.'), `${assertion}.`, 'x', 'a.b.c', '..', 'x'.repeat(9000)]) t.match(await present(text), refused, text.slice(-8));
  t.equal((await present(assertion)).status, 200, 'which used up no jti');
});

t.test('RFC 7517 4.5: a registered key, and an assertion, may lack kid; every key that fits is tried', async (t) => {
  for (const signer of [second, key('ES256')]) {
    t.equal((await present(await assertionOf('jwt-kidless', { signer, header: { kid: undefined } }))).status, 200);
    t.equal((await present(await assertionOf('jwt-kidless', { signer, header: { kid: 'of the client alone' } }))).status, 200, 'a kid where the registered keys have none');
  }
  t.equal((await present(await assertionOf('jwt-kidless', { alg: 'RS256', header: { kid: undefined } }))).status, 200);
  t.match(await present(await assertionOf('jwt-kidless', { signer: stranger, header: { kid: undefined } })), refused);
});

t.test('RFC 7523 3.1: a registered key that cannot be used, or is for encryption, ends in invalid_client, not in a failure', async (t) => {
  for (const kid of ['bad', 'p384', 'rsa', 'none']) {
    for (const alg of algorithms) t.match(await present(await assertionOf('jwt-broken', { alg, header: { kid } })), refused, `${alg} ${kid}`);
  }
  t.match(await present(await assertionOf('jwt-enc')), refused, 'use: enc');
});

t.test('regression: a kid that is no text, or very long, poisons no stream', async (t) => {
  for (const kid of [1, ['x'], { a: 1 }, null, 'k'.repeat(3000)]) {
    const issued = await direct.code(kidless, { scope: 'read:photos' });
    const answer = await present(await assertionOf('jwt-kidless', { header: { kid } }), { ...issued, grant_type: 'authorization_code' });
    t.ok(answer.status === 200 || answer.body.error === 'invalid_client', JSON.stringify(kid).slice(0, 20));
  }
  const kids = recordedEvents(server.dataDir).flatMap(({ data }) => (data['authentication'] as { kid?: unknown } | undefined)?.kid ?? []);
  t.ok(kids.every((kid) => typeof kid === 'string' && kid.length <= 128), 'and every event can be read');
});

t.test('protocol.md, refused by name: client_secret_jwt and other assertion types; and a secret is not taken where a key is registered', async (t) => {
  t.match(await form(`${url}/oauth2/token`, { grant_type: 'client_credentials', client_id: 'jwt-any', client_secret: 'x' }), refused);
  t.match(await form(`${url}/oauth2/token`, { grant_type: 'client_credentials', client_id: 'jwt-any' }), refused);
  const now = Math.floor(clock.now() / 1000);
  const hmac = await new SignJWT({ iss: 'post', sub: 'post', aud: ISSUER, exp: now + 60, jti: 'x' }).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(CLIENTS.post.client_secret));
  t.match(await present(hmac), refused, 'client_secret_jwt');
  t.match(await present(await assertionOf('jwt-any'), { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }), { status: 400, body: { error: 'invalid_request' } });
});

t.test('OpenID Connect Core 10.1.1: keys at jwks_uri are fetched, kept, and read again on an unknown kid, at most once in ten seconds', async (t) => {
  const assert = async (signer: Key): Promise<number> => (await present(await assertionOf('jwt-uri', { signer }))).status;
  fetches = 0;
  const answers = await Promise.all(Array.from({ length: 10 }, () => assert(remote.current)));
  t.same(new Set(answers), new Set([200]));
  t.equal(fetches, 1, 'ten at once, one fetch');
  t.equal(await assert(remote.current), 200);
  t.equal(fetches, 1, 'kept');
  t.equal(await assert(stranger), 401);
  t.equal(await assert(stranger), 401);
  t.equal(fetches, 1, 'nobody makes us hammer a third party');
  clock.advance(11);
  const old = remote.current;
  remote.current = await makeKey('ES256');
  t.equal(await assert(remote.current), 200, 'an unknown kid: read again');
  t.equal(fetches, 2);
  t.equal(await assert(old), 401, 'what is gone from the set is gone');
  clock.advance(11);
  failing = true;
  t.equal(await assert(stranger), 401);
  t.equal(fetches, 3);
  t.equal(await assert(remote.current), 200, 'a fetch that fails takes no good copy away');
  for (let times = 0; times < 5; times++) t.equal(await assert(stranger), 401);
  t.equal(fetches, 3, 'nor is a failing one repeated at once');
  clock.advance(601);
  t.equal(await assert(remote.current), 401, 'ten minutes later the copy is too old');
  failing = false;
  t.equal(await assert(remote.current), 401);
  clock.advance(11);
  t.equal(await assert(remote.current), 200);
});

t.test('protocol.md, fetchers: a redirect is not followed, and a host that is not allowed is not asked', async (t) => {
  t.match(await present(await assertionOf('jwt-moved', { signer: remote.current })), refused);
  const closed = await startServer(t, { config: { ...config, outbound: { allow: [] } }, clock });
  const before = fetches;
  const answer = await form(`${closed.url}/oauth2/token`, { grant_type: 'client_credentials', client_assertion_type: TYPE, client_assertion: await assertionOf('jwt-uri', { signer: remote.current }) });
  t.match(answer, refused);
  t.equal(fetches, before);
  t.notMatch(answer.text, /localhost|public/, 'the answer tells nothing about our network');
});

t.test('regression: what an assertion says reaches no event, signed or not', async (t) => {
  const { jwk } = await makeKey('ES256');
  const client = { client_id: 'signer', token_endpoint_auth_method: 'private_key_jwt', grant_types: ['client_credentials'], jwks: { keys: [jwk] } };
  const server = await startServer(t, { config: { bootstrap: { clients: [client] } } });
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const assertion = `${part({ alg: 'ES256', crit: ['Jane Roe jane.roe@example.org'] })}.${part({ iss: 'signer', sub: 'signer', aud: server.issuer, exp: 4e9, jti: 'j' })}.${'A'.repeat(86)}`;
  const response = await fetch(`${server.issuer}/oauth2/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'signer', client_assertion_type: TYPE, client_assertion: assertion }) });
  t.equal(response.status, 401);
  await server.stop();
  const failures = recordedEvents(server.dataDir).filter(({ type }) => type === 'ClientAuthenticationFailed');
  t.match(failures, [{ data: { client_id: 'signer', reason: 'wrong_credentials', count: 1 } }]);
  t.notMatch(JSON.stringify(recordedEvents(server.dataDir)), /Jane/);
});
