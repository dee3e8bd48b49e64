import * as oauth from 'oauth4webapi';
import t from 'tap';
import { answerOf, directOf } from '#support/direct.ts';
import { BOOTSTRAP, startServer, type TestServer } from '#support/server.ts';

const OAUTH = '/.well-known/oauth-authorization-server';
const OPENID = '/.well-known/openid-configuration';
const server = await startServer(t, { config: { bootstrap: BOOTSTRAP, scopes: { 'read:photos': { en: 'See your photos' } }, resources: [{ identifier: 'https://api.example.com', scopes: ['write:photos'] }] } });
const direct = directOf(server);
const of = async ({ url }: { url: string }, path: string, headers: Record<string, string> = {}) => answerOf(await fetch(url + path, { headers }));

t.test('RFC 8414 3.2, OpenID Connect Discovery 4.2: both documents are there, the same, JSON, cacheable, readable from any origin', async (t) => {
  const [one, other] = [await direct.get(OAUTH), await direct.get(OPENID)];
  t.same(one.body, other.body);
  for (const answer of [one, other]) {
    t.equal(answer.status, 200);
    t.match(answer.headers.get('content-type'), /^application\/json/);
    t.match(answer.headers.get('cache-control'), /^public, max-age=\d+/);
    t.equal(answer.headers.get('access-control-allow-origin'), '*');
    t.equal(answer.headers.get('access-control-allow-credentials'), null);
  }
  for (const path of [OAUTH, OPENID]) {
    const preflight = await answerOf(await fetch(server.url + path, { method: 'OPTIONS', headers: { origin: 'https://x.example', 'access-control-request-method': 'GET' } }));
    t.equal(preflight.headers.get('access-control-allow-origin'), '*');
    t.equal((await fetch(server.url + path, { method: 'HEAD' })).status, 200);
  }
});

t.test('RFC 9110 13.1.2: the documents are revalidated by ETag', async (t) => {
  for (const path of [OAUTH, OPENID]) {
    const etag = (await direct.get(path)).headers.get('etag') ?? '';
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`]) t.equal((await direct.get(path, { 'if-none-match': known })).status, 304, known);
    t.equal((await direct.get(path, { 'if-none-match': '"other"' })).status, 200);
  }
});

t.test('RFC 8414 2: everything that stock clients look for is there', async (t) => {
  const { body } = await direct.get(OPENID);
  t.equal(body.issuer, server.issuer, 'byte for byte, no slash added');
  t.match(body, {
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    subject_types_supported: ['public'],
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    authorization_response_iss_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    claims_parameter_supported: false,
  });
  for (const list of ['id_token_signing_alg_values_supported', 'token_endpoint_auth_signing_alg_values_supported', 'introspection_endpoint_auth_signing_alg_values_supported', 'revocation_endpoint_auth_signing_alg_values_supported']) {
    t.same([...body[list]].sort(), ['ES256', 'EdDSA', 'PS256', 'RS256'], list);
  }
  for (const scope of ['openid', 'profile', 'email', 'address', 'phone', 'offline_access', 'read:photos', 'write:photos', 'clients:read']) t.ok(body.scopes_supported.includes(scope), scope);
  for (const claim of ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'name', 'email', 'email_verified', 'address', 'phone_number', 'updated_at']) t.ok(body.claims_supported.includes(claim), claim);
  t.notOk(body.grant_types_supported.includes('password'), 'a grant that policy refuses is not offered');
  for (const values of Object.values(body)) if (Array.isArray(values)) t.ok(values.length > 0, 'RFC 8414 2: claims with zero elements MUST be omitted');
});

t.test('RFC 8414 2: every endpoint that is named is there', async (t) => {
  const { body } = await direct.get(OAUTH);
  for (const name of ['authorization_endpoint', 'token_endpoint', 'introspection_endpoint', 'revocation_endpoint', 'userinfo_endpoint', 'jwks_uri']) {
    t.ok(String(body[name]).startsWith(`${server.issuer}/`), name);
    const path = new URL(body[name]).pathname;
    const answers = [await of(server, path), await answerOf(await fetch(server.url + path, { method: 'POST' }))];
    t.ok(answers.some(({ status }) => status !== 404), name);
  }
});

t.test('regression: hostile forwarded headers steering links', async (t) => {
  const trusting = await startServer(t, { config: { trustedProxies: ['127.0.0.1', '::1'] } });
  for (const one of [server, trusting]) {
    const honest = await of(one, OPENID);
    for (const headers of [
      { 'x-forwarded-host': 'attacker.example.com', 'x-forwarded-proto': 'https', 'x-forwarded-port': '8443', 'x-forwarded-prefix': '/evil' },
      { forwarded: 'for=192.0.2.1;host=attacker.example.com;proto=https' },
      { 'x-original-url': '/evil', 'x-rewrite-url': '/evil', 'x-host': 'attacker.example.com' },
    ] as Record<string, string>[]) {
      const answer = await of(one, OPENID, headers);
      t.equal(answer.text, honest.text);
      t.notMatch(JSON.stringify([...answer.headers]), /attacker|evil/);
    }
  }
});

t.test('RFC 8414 3.1: the well-known path is inserted before the path of the issuer, and appended too (OpenID Connect Discovery 4.1)', async (t) => {
  const withPath = await startServer(t, { config: { issuer: 'https://auth.example.com/tenant/one', bootstrap: BOOTSTRAP } });
  const places = [`${OAUTH}/tenant/one`, `${OPENID}/tenant/one`, `/tenant/one${OPENID}`, `/tenant/one${OAUTH}`];
  for (const path of places) {
    const answer = await of(withPath, path);
    t.equal(answer.status, 200, path);
    t.equal(answer.body.issuer, 'https://auth.example.com/tenant/one');
    t.equal(answer.body.token_endpoint, 'https://auth.example.com/tenant/one/oauth2/token');
    t.equal(answer.headers.get('access-control-allow-origin'), '*');
  }
  for (const path of [OAUTH, OPENID, `${OAUTH}/tenant`, `/tenant${OPENID}`, `${OAUTH}/tenant/one/`]) t.equal((await of(withPath, path)).status, 404, path);
  t.equal((await of(withPath, '/tenant/one/oauth2/jwks')).status, 200, 'everything but health lies below the path');
  t.equal((await of(withPath, '/oauth2/jwks')).status, 404);
  t.equal((await of(withPath, '/health/ready')).status, 200);
});

t.test('interface.md, endpoints: presets and overrides move endpoints, and the metadata follow', async (t) => {
  const expectations: readonly [string | object, Record<string, string>][] = [
    ['better-auth', { token_endpoint: '/oauth2/token', jwks_uri: '/jwks', userinfo_endpoint: '/oauth2/userinfo', revocation_endpoint: '/oauth2/revoke', introspection_endpoint: '/oauth2/introspect' }],
    [{ preset: 'better-auth', prefix: '/auth' }, { token_endpoint: '/oauth2/token', jwks_uri: '/jwks' }],
    [{ authorization: '/oauth/authorize', token: '/oauth/token', jwks: '/keys' }, { authorization_endpoint: '/oauth/authorize', token_endpoint: '/oauth/token', jwks_uri: '/keys', userinfo_endpoint: '/userinfo' }],
  ];
  for (const [paths, endpoints] of expectations) {
    const moved = await startServer(t, { config: { paths } });
    const path = new URL(moved.issuer).pathname.replace(/^\/$/, '');
    const { body } = await of(moved, `${OAUTH}${path}`);
    t.equal(body.issuer, moved.issuer);
    for (const [name, place] of Object.entries(endpoints)) t.equal(body[name], moved.issuer + place, name);
    t.equal((await of(moved, new URL(body.jwks_uri).pathname)).status, 200);
    t.equal((await answerOf(await fetch(moved.url + new URL(body.token_endpoint).pathname, { method: 'POST' }))).body.error, 'invalid_request');
  }
});

t.test('RFC 8414 3.3: a strict client accepts both documents', async (t) => {
  const discover = async (one: TestServer, algorithm: 'oauth2' | 'oidc'): Promise<void> => {
    const issuer = new URL(one.issuer);
    const response = await oauth.discoveryRequest(issuer, { algorithm, [oauth.allowInsecureRequests]: true });
    const metadata = await oauth.processDiscoveryResponse(issuer, response);
    t.equal(metadata.issuer, one.issuer);
  };
  await discover(server, 'oauth2');
  await discover(server, 'oidc');
  const prefixed = await startServer(t, { config: { paths: 'better-auth' } });
  await discover(prefixed, 'oauth2');
  await discover(prefixed, 'oidc');
});
