import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { type Answer, answerOf, directOf, form } from '#support/direct.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const { web, spa } = CLIENTS;
const SPA_ORIGIN = 'https://spa.example.com';
const other = { ...spa, client_id: 'other-spa', allowed_cors_origins: ['https://other.example.com'] };
const server = await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, clients: [...BOOTSTRAP.clients, other] } } });
const direct = directOf(server);
const endpoint = `${server.url}/userinfo`;
const { access_token: token } = await direct.tokens(web);

const get = async (headers: Record<string, string> = {}, query = ''): Promise<Answer> => answerOf(await fetch(endpoint + query, { headers }));
const bearer = { authorization: `Bearer ${token}` };

/** RFC 6750 3: status, challenge and body say the same. */
function challenged(t: Test, answer: Answer, status: number, error: string, message: string): void {
  t.equal(answer.status, status, `${message}: status`);
  t.match(answer.headers.get('www-authenticate'), new RegExp(`^Bearer realm="grantlog", error="${error}", error_description="[\\x20-\\x21\\x23-\\x5B\\x5D-\\x7E]+"`), `${message}: challenge`);
  t.equal(answer.body.error, error, message);
  t.equal(answer.headers.get('cache-control'), 'no-store', message);
}

t.test('RFC 6750 2.1: the token is sent in the Authorization header, whose scheme is case-insensitive', async (t) => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer ']) t.match(await get({ authorization: `${scheme} ${token}` }), { status: 200, body: { sub: 'sub-alice' } }, scheme);
  t.equal((await answerOf(await fetch(endpoint, { method: 'POST', headers: bearer }))).status, 200, 'POST');
  t.equal((await answerOf(await fetch(endpoint, { method: 'HEAD', headers: bearer }))).status, 200, 'HEAD');
});

t.test('RFC 6750 2.2: the token is sent in a form-encoded body, and only in one', async (t) => {
  t.match(await form(endpoint, { access_token: token }), { status: 200, body: { sub: 'sub-alice' } });
  t.match(await form(endpoint, { access_token: token, unknown: '1' }), { status: 200 });
  const send = async (body: string, type: string) => answerOf(await fetch(endpoint, { method: 'POST', body, headers: { 'content-type': type } }));
  t.equal((await send(`access_token=${token}`, 'text/plain')).status, 400, 'the entity-body MUST be application/x-www-form-urlencoded');
  const json = await send(JSON.stringify({ access_token: token }), 'application/json');
  t.equal(json.status, 401, 'no token was found in JSON');
});

t.test('RFC 6750 3.1: more than one method, or a token twice, is invalid_request 400', async (t) => {
  challenged(t, await form(endpoint, { access_token: token }, bearer), 400, 'invalid_request', 'header and body');
  challenged(t, await form(endpoint, [['access_token', token], ['access_token', token]]), 400, 'invalid_request', 'twice in the body');
  challenged(t, await get(bearer, `?access_token=${token}`), 400, 'invalid_request', 'header and query');
  challenged(t, await form(`${endpoint}?access_token=${token}`, { access_token: token }), 400, 'invalid_request', 'body and query');
  t.equal((await form(endpoint, { access_token: '' }, bearer)).status, 200, 'a parameter without a value is absent');
});

t.test('OAuth 2.1 5.2.2: a token in the query string is refused', async (t) => {
  challenged(t, await get({}, `?access_token=${token}`), 400, 'invalid_request', 'query');
  challenged(t, await get({}, `?x=1&acces%73_token=${token}`), 400, 'invalid_request', 'spelled differently');
});

t.test('RFC 6750 3.1: a request without any authentication information, or with another scheme, gets a challenge without an error code', async (t) => {
  for (const headers of [{}, { authorization: 'Basic d2ViOng=' }, { authorization: 'DPoP abc' }, { authorization: 'Negotiate' }, { authorization: '' }] as Record<string, string>[]) {
    const answer = await get(headers);
    t.equal(answer.status, 401);
    t.equal(answer.headers.get('www-authenticate'), 'Bearer realm="grantlog"', JSON.stringify(headers));
  }
});

t.test('RFC 6750 3.1: a malformed header is invalid_request, MAC tokens are refused by name', async (t) => {
  for (const header of ['Bearer', 'Bearer a b', 'Bearer a,b', `Bearer "${token}"`, 'Bearer =', 'Bearer {}', `Bearer ${token}, Bearer ${token}`]) challenged(t, await get({ authorization: header }), 400, 'invalid_request', header.slice(0, 20));
  const mac = await get({ authorization: 'MAC id="h480djs93hd8", nonce="1", mac="x"' });
  challenged(t, mac, 400, 'invalid_request', 'MAC');
  t.match(mac.body.error_description, /MAC/);
});

t.test('RFC 6750 3.1: a token that is expired, revoked, malformed or no access token is invalid_token 401', async (t) => {
  const tokens = await direct.tokens(web);
  await direct.revoke(tokens.access_token, web);
  const bad = { unknown: 'x', revoked: tokens.access_token, 'ID token': tokens.id_token, 'refresh token': tokens.refresh_token, code: (await direct.code(web)).code, cut: token.slice(0, -1), opaque: 'gla_abc', long: 'a'.repeat(10_000) };
  for (const [what, text] of Object.entries(bad)) {
    challenged(t, await get({ authorization: `Bearer ${text}` }), 401, 'invalid_token', what);
    challenged(t, await form(endpoint, { access_token: text }), 401, 'invalid_token', `${what}, body`);
  }
  const old = await direct.tokens(web);
  server.clock.advance(3601);
  challenged(t, await get({ authorization: `Bearer ${old.access_token}` }), 401, 'invalid_token', 'expired');
});

t.test('RFC 6750 3.1: insufficient_scope is 403 and names the scope that is needed', async (t) => {
  for (const access of [(await direct.clientCredentials(web, { scope: 'read:photos' })).body.access_token, (await direct.tokens(web, { scope: 'read:photos profile' })).access_token]) {
    const answer = await get({ authorization: `Bearer ${access}` });
    challenged(t, answer, 403, 'insufficient_scope', 'no openid');
    t.match(answer.headers.get('www-authenticate'), /, scope="openid"$/);
  }
});

t.test('regression: a header that Node would quietly drop one of: two Authorization headers are not read as the first', async (t) => {
  const { port } = new URL(server.url);
  const raw = await new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1', () => socket.write(`GET /userinfo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\nAuthorization: Bearer other\r\n\r\n`));
    let text = '';
    socket.on('data', (chunk) => { text += chunk; });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
  t.match(raw, /^HTTP\/1\.1 400 /);
});

t.test('Fetch 3.3.5: a preflight of token, userinfo and revocation is answered for origins of any client, without credentials', async (t) => {
  const preflight = async (path: string, origin: string) => answerOf(await fetch(server.url + path, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' } }));
  for (const path of ['/oauth2/token', '/userinfo', '/oauth2/revoke']) {
    const allowed = await preflight(path, SPA_ORIGIN);
    t.equal(allowed.status, 204);
    t.equal(allowed.headers.get('access-control-allow-origin'), SPA_ORIGIN);
    t.match(allowed.headers.get('access-control-allow-methods'), /GET, POST/);
    t.match(allowed.headers.get('access-control-allow-headers'), /authorization/);
    t.equal(allowed.headers.get('access-control-allow-credentials'), null);
    t.match(allowed.headers.get('vary'), /Origin/i);
    for (const origin of ['https://attacker.example.com', 'null', 'http://spa.example.com', 'https://spa.example.com.attacker.example', 'https://spa.example.com:8443']) {
      const refused = await preflight(path, origin);
      t.equal(refused.headers.get('access-control-allow-origin'), null, origin);
    }
  }
  for (const path of ['/oauth2/authorize', '/oauth2/introspect', '/sign-in']) t.equal((await preflight(path, SPA_ORIGIN)).headers.get('access-control-allow-origin'), null, `${path}: never`);
});

t.test('Fetch 3.3: an answer may be read by the origins of its own client and no others', async (t) => {
  const asSpa = { origin: SPA_ORIGIN };
  const issued = await direct.code(spa);
  const redeemed = await direct.token(spa, { grant_type: 'authorization_code', ...issued }, asSpa);
  const allowed = (answer: Answer) => answer.headers.get('access-control-allow-origin');
  t.equal(redeemed.status, 200);
  t.equal(allowed(redeemed), SPA_ORIGIN);
  t.match(redeemed.headers.get('vary'), /Origin/i);
  t.equal(redeemed.headers.get('access-control-allow-credentials'), null);
  const access = redeemed.body.access_token;
  t.equal(allowed(await direct.userinfo(access, asSpa)), SPA_ORIGIN);
  t.equal(allowed(await direct.userinfo(access, { origin: 'https://other.example.com' })), null, 'the origin of another client');
  t.equal(allowed(await direct.token(web, { grant_type: 'client_credentials' }, asSpa)), null, 'a client without origins');
  t.equal(allowed(await direct.token(other, { grant_type: 'refresh_token', refresh_token: 'x' }, asSpa)), null, 'errors too');
  t.equal(allowed(await direct.token(spa, { grant_type: 'refresh_token', refresh_token: 'x' }, asSpa)), SPA_ORIGIN, 'a script must see its own error');
  t.equal(allowed(await form(`${server.url}/oauth2/revoke`, { token: access, client_id: 'spa' }, asSpa)), SPA_ORIGIN);
  const dead = await direct.userinfo(access, asSpa);
  t.equal(dead.status, 401);
  t.equal(allowed(dead), SPA_ORIGIN, 'a script must see that its token is dead');
  t.match(dead.headers.get('access-control-expose-headers'), /www-authenticate/);
  t.equal(allowed(await direct.userinfo(access, { origin: 'https://attacker.example.com' })), null);
});
