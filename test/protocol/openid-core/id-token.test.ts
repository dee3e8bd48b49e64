import { createHash } from 'node:crypto';
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import t from 'tap';
import { Browser } from '#support/browser.ts';
import { directOf, jwtParts } from '#support/direct.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const { web, spa } = CLIENTS;
const algorithms = ['RS256', 'ES256', 'PS256', 'EdDSA'] as const;
const byAlgorithm = algorithms.map((alg) => ({ ...web, client_id: `id-${alg.toLowerCase()}`, id_token_signed_response_alg: alg }));
const authJs = { ...web, client_id: 'auth-js', id_token_claims_by_scope: true };
const server = await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, clients: [...BOOTSTRAP.clients, ...byAlgorithm, authJs] }, lifetimes: { idToken: 900 } } });
const direct = directOf(server);

t.test('OpenID Connect Core 2, 3.1.3.7: the ID token verifies as registered, and has iss, sub, aud, exp, iat, auth_time, nonce, acr, amr, sid, at_hash', async (t) => {
  const jwks: JSONWebKeySet = (await direct.get('/oauth2/jwks')).body;
  for (const [index, alg] of algorithms.entries()) {
    const client = byAlgorithm[index] ?? web;
    const tokens = await direct.tokens(client, { parameters: { nonce: `nonce of ${alg} ~!@#$%^&*()` } });
    const { payload, protectedHeader } = await jwtVerify(tokens.id_token, createLocalJWKSet(jwks), { issuer: server.issuer, audience: client.client_id, algorithms: [alg] });
    t.strictSame(Object.keys(protectedHeader).sort(), ['alg', 'kid', 'typ']);
    t.strictSame(Object.keys(payload).sort(), ['acr', 'amr', 'at_hash', 'aud', 'auth_time', 'exp', 'iat', 'iss', 'nonce', 'sid', 'sub']);
    t.match(payload, { sub: 'sub-alice', aud: client.client_id, nonce: `nonce of ${alg} ~!@#$%^&*()`, acr: 'urn:grantlog:acr:single-factor', amr: ['pwd'] });
    t.equal((payload.exp ?? 0) - (payload.iat ?? 0), 900);
    const hash = createHash(alg === 'EdDSA' ? 'sha512' : 'sha256').update(tokens.access_token).digest();
    t.equal(payload['at_hash'], hash.subarray(0, hash.length / 2).toString('base64url'), '3.1.3.6: at_hash');
  }
});

t.test('OpenID Connect Core 15.1, Registration 2: RS256 where nothing is registered; without a nonce there is none', async (t) => {
  const { id_token } = await direct.tokens(web);
  t.equal(jwtParts(id_token).header.alg, 'RS256');
  t.notOk('nonce' in jwtParts(id_token).payload);
});

t.test('OpenID Connect Core 3.1.2.1: without the scope openid there is no ID token, nor where a refresh leaves it out', async (t) => {
  t.notOk('id_token' in (await direct.tokens(web, { scope: 'read:photos profile' })));
  const tokens = await direct.tokens(web);
  t.notOk('id_token' in (await direct.refresh(web, tokens.refresh_token, { scope: 'read:photos' })).body);
});

t.test('OpenID Connect Core 5.4: claims of the scopes are answered at userinfo, in the ID token only where id_token_claims_by_scope says so', async (t) => {
  const scope = 'openid profile email address';
  const { payload } = jwtParts((await direct.tokens(web, { scope })).id_token);
  for (const name of ['name', 'email', 'email_verified', 'address', 'preferred_username']) t.notOk(name in payload, name);
  const rich = jwtParts((await direct.tokens(authJs, { scope })).id_token).payload;
  t.match(rich, { name: 'Alice Example', email: 'alice@example.com', email_verified: true, address: { country: 'NL' } });
  t.notOk('phone_number' in rich, 'a scope that was not granted');
});

t.test('OpenID Connect Core 12.2: a refreshed ID token has the same iss, sub, aud, auth_time and a new iat, and no nonce', async (t) => {
  for (const client of [web, spa]) {
    const tokens = await direct.tokens(client, { parameters: { nonce: 'n-1' } });
    server.clock.advance(600);
    const refreshed = await direct.refresh(client, tokens.refresh_token);
    const [before, after] = [jwtParts(tokens.id_token).payload, jwtParts(refreshed.body.id_token).payload];
    for (const name of ['iss', 'sub', 'aud', 'auth_time', 'acr', 'amr', 'sid']) t.same(after[name], before[name], name);
    t.ok(after.iat >= before.iat + 600);
    t.equal(after.exp - after.iat, 900);
    t.notOk('nonce' in after);
    t.not(after.at_hash, before.at_hash, 'of the new access token');
  }
});

t.test('OpenID Connect Core 2: auth_time is when the person signed in, sid is the session, both the same over requests of one browser', async (t) => {
  const browser = new Browser(server.url);
  const one = jwtParts((await direct.tokens(web, { browser })).id_token).payload;
  server.clock.advance(100);
  const two = jwtParts((await direct.tokens(spa, { browser })).id_token).payload;
  t.equal(two.auth_time, one.auth_time);
  t.equal(two.sid, one.sid);
  const elsewhere = jwtParts((await direct.tokens(web, { browser: new Browser(server.url) })).id_token).payload;
  t.not(elsewhere.sid, one.sid);
  t.equal(elsewhere.sub, one.sub);
  server.clock.advance(1);
  const again = jwtParts((await direct.tokens(web, { browser, parameters: { prompt: 'login' } })).id_token).payload;
  t.ok(again.auth_time > one.auth_time, 'a new sign-in');
});
