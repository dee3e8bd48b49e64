import t from 'tap';
import { basic, directOf, form, jwtParts } from '#support/direct.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const { web, post, spa, api } = CLIENTS;
const PHOTOS = 'https://photos.example.com';
const MAIL = 'https://mail.example.com';
const photosApi = { ...api, client_id: 'photos-api', introspects: [PHOTOS] };
const issuerApi = { ...api, client_id: 'issuer-api', introspects: ['https://auth.example.com'] };
const nosyApi = { ...api, client_id: 'nosy-api', introspects: [] };

const server = await startServer(t, {
  config: {
    issuer: 'https://auth.example.com',
    bootstrap: { ...BOOTSTRAP, clients: [...BOOTSTRAP.clients, photosApi, issuerApi, nosyApi] },
    resources: [
      { identifier: PHOTOS, scopes: ['read:photos'], accessTokenFormat: 'opaque' },
      { identifier: MAIL, scopes: ['write:photos'] },
    ],
  },
});
const direct = directOf(server);
const endpoint = `${server.url}/oauth2/introspect`;
const at = (resource: string) => ({ parameters: { resource } });

t.test('RFC 7662 2.2: an active access token is described, the same in both formats', async (t) => {
  for (const resource of [null, PHOTOS, MAIL]) {
    const tokens = await direct.tokens(web, resource === null ? {} : at(resource));
    const answer = await direct.introspect(tokens.access_token);
    t.equal(answer.status, 200);
    t.match(answer.headers.get('content-type'), /^application\/json/);
    t.equal(answer.headers.get('cache-control'), 'no-store');
    const { body } = answer;
    const now = Math.floor(server.clock.now() / 1000);
    t.match(body, { active: true, iss: 'https://auth.example.com', sub: 'sub-alice', client_id: 'web', token_type: 'Bearer', scope: tokens.scope, acr: 'urn:grantlog:acr:single-factor', amr: ['pwd'] });
    t.equal(body.aud, resource ?? 'https://auth.example.com');
    t.ok(Math.abs(body.iat - now) <= 2);
    t.equal(body.exp - body.iat, 3600);
    t.type(body.jti, 'string');
    t.type(body.auth_time, 'number');
    t.same(Object.keys(body).sort(), ['acr', 'active', 'amr', 'aud', 'auth_time', 'client_id', 'exp', 'iat', 'iss', 'jti', 'scope', 'sub', 'token_type'], 'and nothing private');
    if (tokens.access_token.includes('.')) t.match(jwtParts(tokens.access_token).payload, { jti: body.jti, exp: body.exp, aud: body.aud, scope: body.scope });
  }
});

t.test('RFC 7662 2.2: a client credentials token has sub = client_id, and nothing of a sign-in', async (t) => {
  for (const fields of [{ scope: 'read:photos' }, { scope: 'read:photos', resource: PHOTOS }] as Record<string, string>[]) {
    const { body } = await direct.introspect((await direct.clientCredentials(web, fields)).body.access_token);
    t.match(body, { active: true, sub: 'web', client_id: 'web', scope: 'read:photos', token_type: 'Bearer' });
    t.notOk('auth_time' in body || 'acr' in body || 'amr' in body);
  }
});

t.test('RFC 7662 2.2: a refresh token is shown to its own client, as long as it is the live one', async (t) => {
  for (const client of [web, post]) {
    const first = await direct.tokens(client);
    const { body } = await direct.introspect(first.refresh_token, client);
    t.match(body, { active: true, sub: 'sub-alice', client_id: client.client_id, scope: first.scope, iss: 'https://auth.example.com' });
    t.equal(body.exp - body.iat, 30 * 86_400);
    t.notOk('token_type' in body, 'it is no bearer access token, and no resource may take it for one');
    server.clock.advance(2);
    const { body: second } = await direct.refresh(client, first.refresh_token);
    t.same((await direct.introspect(first.refresh_token, client)).body, { active: false }, 'a spent one is inactive, also within the grace window');
    const later = (await direct.introspect(second.refresh_token, client)).body;
    t.equal(later.active, true);
    t.ok(later.iat > body.iat, 'iat is when this one was issued');
    for (const caller of [api, photosApi, client === web ? post : web]) t.same((await direct.introspect(second.refresh_token, caller)).body, { active: false });
  }
});

t.test('interface.md, RFC 7662 2.2: exp of a refresh token is when it ends at the latest: with its session where it is bound to one, and with its family', async (t) => {
  const HOUR = 3600;
  const short = await startServer(t, { config: { bootstrap: BOOTSTRAP, lifetimes: { sessionAbsolute: '2h', refreshTokenAbsolute: '40d' } } });
  const shortly = directOf(short);
  const left = async (token: string) => (await shortly.introspect(token, web)).body.exp - Math.floor(short.clock.now() / 1000);
  const near = (actual: number, wanted: number, message: string) => t.ok(Math.abs(actual - wanted) <= 5, `${message}: ${actual}`);
  const bound = await shortly.tokens(web, { scope: 'openid read:photos' });
  const free = await shortly.tokens(web);
  near(await left(bound.refresh_token), 2 * HOUR, 'bound to the session');
  near(await left(free.refresh_token), 30 * 24 * HOUR, 'with offline_access');
  short.clock.advance(HOUR);
  const { body: rotated } = await shortly.refresh(web, bound.refresh_token);
  near(await left(rotated.refresh_token), HOUR, 'a rotation does not move the end of the session');
  const { body: freed } = await shortly.refresh(web, free.refresh_token);
  short.clock.advance(20 * 24 * HOUR);
  t.same((await shortly.introspect(rotated.refresh_token, web)).body, { active: false });
  const { body: last } = await shortly.refresh(web, freed.refresh_token);
  near(await left(last.refresh_token), 20 * 24 * HOUR - HOUR, 'at most to the end of the family');
});

t.test('RFC 7662 4: a token is shown to its client, and to clients that introspect its resource; anyone else gets {"active":false} and nothing more', async (t) => {
  const tokens = { own: (await direct.tokens(web)).access_token, photos: (await direct.tokens(web, at(PHOTOS))).access_token, mail: (await direct.tokens(web, at(MAIL))).access_token, machine: (await direct.clientCredentials(web, { scope: 'read:photos', resource: PHOTOS })).body.access_token };
  const sees = { web: [true, true, true, true], api: [true, true, true, true], 'photos-api': [false, true, false, true], 'issuer-api': [true, false, false, false], 'nosy-api': [false, false, false, false], post: [false, false, false, false] };
  for (const client of [web, api, photosApi, issuerApi, nosyApi, post]) {
    for (const [index, [name, token]] of Object.entries(tokens).entries()) {
      const answer = await direct.introspect(token, client);
      t.equal(answer.status, 200);
      const wanted = sees[client.client_id as keyof typeof sees][index];
      t.equal(answer.body.active, wanted, `${name} at ${client.client_id}`);
      if (!wanted) t.equal(answer.text, '{"active":false}');
    }
  }
});

t.test('RFC 7662 2.1: the caller authenticates; a public client cannot', async (t) => {
  const { access_token: token } = await direct.tokens(spa);
  const asPublic = await direct.introspect(token, spa);
  t.match(asPublic, { status: 401, body: { error: 'invalid_client' } });
  t.equal(asPublic.headers.get('www-authenticate'), null);
  const wrong = await form(endpoint, { token }, { authorization: basic('api', 'wrong') });
  t.match(wrong, { status: 401, body: { error: 'invalid_client' } });
  t.match(wrong.headers.get('www-authenticate'), /^Basic /);
  t.match(await form(endpoint, { token }), { status: 401, body: { error: 'invalid_client' } });
  t.match(await form(endpoint, { token }, { authorization: `Bearer ${token}` }), { status: 401, body: { error: 'invalid_client' } }, 'a bearer token authenticates no client here');
});

t.test('RFC 7662 2.2: unknown, malformed, expired, revoked, of another kind: {"active":false}', async (t) => {
  const tokens = await direct.tokens(web);
  const opaque = await direct.tokens(web, at(PHOTOS));
  const { code } = await direct.code(web);
  for (const token of ['x', 'gla_', 'glr_', 'glr_AAAA', 'a.b.c', '..', 'null', '{"$ne":null}', 'é\u{1F600}', 'x'.repeat(30_000), code, tokens.id_token, `${tokens.access_token} `, ` ${opaque.access_token}`]) {
    const answer = await direct.introspect(token);
    t.equal(answer.status, 200);
    t.equal(answer.text, '{"active":false}', token.slice(0, 20));
  }
  server.clock.advance(3600);
  for (const token of [tokens.access_token, opaque.access_token]) t.equal((await direct.introspect(token)).text, '{"active":false}', 'expired');
  t.ok((await direct.introspect(tokens.refresh_token, web)).body.active, 'the refresh token lives longer');
  server.clock.advance(30 * 86_400);
  t.equal((await direct.introspect(tokens.refresh_token, web)).text, '{"active":false}');
});

t.test('RFC 7662 2.1: token is REQUIRED, once; a hint changes nothing; Accept changes nothing', async (t) => {
  const headers = { authorization: basic('api', api.client_secret) };
  for (const body of ['', 'token=', 'token=a&token=b', 'token=%zz', 'token=%00']) t.match(await form(endpoint, body, headers), { status: 400, body: { error: 'invalid_request' } }, body);
  t.match(await form(`${endpoint}?token=a`, '', headers), { status: 400, body: { error: 'invalid_request' } }, 'in the query');
  const tokens = await direct.tokens(web);
  for (const hint of ['access_token', 'refresh_token', 'nonsense']) {
    t.ok((await direct.introspect(tokens.access_token, api, { token_type_hint: hint })).body.active, hint);
    t.ok((await direct.introspect(tokens.refresh_token, web, { token_type_hint: hint })).body.active, hint);
  }
  const html = await form(endpoint, { token: 'x' }, { ...headers, accept: 'text/html, */*;q=0.2' });
  t.match(html.headers.get('content-type'), /^application\/json/);
});
