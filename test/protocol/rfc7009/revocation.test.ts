import t from 'tap';
import { grants } from '#grant/projection.ts';
import { StoreUnavailable } from '#ports/store-errors.ts';
import { basic, directOf, form, jwtParts } from '#support/direct.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const { web, post, spa } = CLIENTS;
const resources = [{ identifier: 'https://opaque.example.com', scopes: ['read:photos'], accessTokenFormat: 'opaque' }];
const server = await startServer(t, { config: { bootstrap: BOOTSTRAP, resources } });
const direct = directOf(server);
const endpoint = `${server.url}/oauth2/revoke`;
const opaque = { parameters: { resource: 'https://opaque.example.com' } };

const revisionOf = async (grantId: string): Promise<number> => (await server.core.commands.load(grants, grantId))?.revision ?? -1;

t.test('RFC 7009 2.1: revoking an access token ends it alone; the refresh token lives on', async (t) => {
  for (const client of [web, post, spa]) {
    for (const request of [{}, opaque]) {
      const tokens = await direct.tokens(client, request);
      t.ok(await direct.isActive(tokens.access_token));
      const answer = await direct.revoke(tokens.access_token, client);
      t.match(answer, { status: 200, text: '{}' });
      t.match(answer.headers.get('content-type'), /^application\/json/);
      t.equal(answer.headers.get('cache-control'), 'no-store');
      t.same((await direct.introspect(tokens.access_token)).body, { active: false });
      t.equal((await direct.userinfo(tokens.access_token)).status, 401);
      const refreshed = await direct.refresh(client, tokens.refresh_token);
      t.equal(refreshed.status, 200);
      t.ok(await direct.isActive(refreshed.body.access_token), 'a new one is not affected');
      t.notOk(await direct.isActive(tokens.access_token), 'and the old one stays dead');
    }
  }
});

t.test('RFC 7009 2.1: revoking a refresh token ends the grant with all access tokens based on it', async (t) => {
  for (const client of [web, post, spa]) {
    for (const request of [{}, opaque]) {
      const first = await direct.tokens(client, request);
      const { body: second } = await direct.refresh(client, first.refresh_token);
      t.match(await direct.revoke(second.refresh_token, client), { status: 200, text: '{}' });
      for (const token of [first.access_token, second.access_token, first.refresh_token, second.refresh_token]) t.same((await direct.introspect(token)).body, { active: false });
      for (const token of [first.refresh_token, second.refresh_token]) t.match(await direct.refresh(client, token), { status: 400, body: { error: 'invalid_grant' } });
    }
  }
});

t.test('RFC 7009 2.1: an older refresh token of the family ends it too; the person’s other grants with the client live on', async (t) => {
  const [one, other] = [await direct.tokens(web), await direct.tokens(web)];
  const { body: newer } = await direct.refresh(web, one.refresh_token);
  t.equal((await direct.revoke(one.refresh_token, web)).status, 200);
  t.equal((await direct.refresh(web, newer.refresh_token)).status, 400);
  t.ok(await direct.isActive(other.access_token));
  t.equal((await direct.refresh(web, other.refresh_token)).status, 200);
});

t.test('RFC 7009 2.1: a client’s own token is revoked, in both formats, and no other of its tokens', async (t) => {
  for (const fields of [{ scope: 'read:photos' }, { scope: 'read:photos', resource: 'https://opaque.example.com' }] as Record<string, string>[]) {
    const [one, other] = [(await direct.clientCredentials(web, fields)).body.access_token, (await direct.clientCredentials(web, fields)).body.access_token];
    t.equal((await direct.revoke(one, web)).status, 200);
    t.same((await direct.introspect(one)).body, { active: false });
    t.ok(await direct.isActive(other));
  }
});

t.test('RFC 7009 2.1: a hint, right, wrong or unknown, changes nothing', async (t) => {
  for (const hint of ['access_token', 'refresh_token', 'id_token', 'urn:example:unknown', '']) {
    const tokens = await direct.tokens(web);
    t.equal((await direct.revoke(tokens.access_token, web, { token_type_hint: hint })).status, 200);
    t.notOk(await direct.isActive(tokens.access_token), hint);
    t.equal((await direct.revoke(tokens.refresh_token, web, { token_type_hint: hint })).status, 200);
    t.equal((await direct.refresh(web, tokens.refresh_token)).status, 400, hint);
  }
});

t.test('RFC 7009 2.2: an invalid token is answered 200 {}: unknown, malformed, expired, revoked before, of another kind', async (t) => {
  const tokens = await direct.tokens(web);
  const issued = await direct.code(web);
  for (const token of ['x', 'glr_', 'gla_', 'glr_AAAA', 'a.b.c', tokens.access_token.slice(0, -1), tokens.id_token, issued.code, 'é\u{1F600}', 'x'.repeat(20_000)]) {
    t.match(await direct.revoke(token, web), { status: 200, text: '{}' }, token.slice(0, 20));
  }
  t.equal((await direct.redeem(web, issued)).status, 200, 'a code is not revoked here');
  t.ok(await direct.isActive(tokens.access_token), 'nor by an ID token what it came with');
  const { payload } = jwtParts(tokens.access_token);
  for (let times = 0; times < 3; times++) {
    t.equal((await direct.revoke(tokens.access_token, web)).status, 200);
    t.equal(await revisionOf(payload.grant_id), 3, 'revoking again writes nothing');
  }
  for (let times = 0; times < 3; times++) {
    t.equal((await direct.revoke(tokens.refresh_token, web)).status, 200);
    t.equal(await revisionOf(payload.grant_id), 4, 'nor does this');
  }
  const old = await direct.tokens(web);
  server.clock.advance(3601);
  t.equal((await direct.revoke(old.access_token, web)).status, 200);
  t.equal(await revisionOf(jwtParts(old.access_token).payload.grant_id), 2, 'one that has expired needs no fact');
});

t.test('RFC 7009 2.1: a token of another client is answered 200 and nothing happens to it', async (t) => {
  const tokens = await direct.tokens(web);
  const own = (await direct.clientCredentials(web, { scope: 'read:photos' })).body.access_token;
  for (const client of [post, spa, CLIENTS.trusted, CLIENTS.api]) {
    for (const token of [tokens.access_token, tokens.refresh_token, own]) t.match(await direct.revoke(token, client), { status: 200, text: '{}' });
  }
  t.ok(await direct.isActive(tokens.access_token));
  t.ok(await direct.isActive(own));
  t.equal((await direct.refresh(web, tokens.refresh_token)).status, 200);
});

t.test('RFC 7009 2.1: the client authenticates as at the token endpoint; a public one names itself', async (t) => {
  const { access_token: token } = await direct.tokens(web);
  const wrong = await form(endpoint, { token }, { authorization: basic('web', 'wrong') });
  t.match(wrong, { status: 401, body: { error: 'invalid_client' } });
  t.match(wrong.headers.get('www-authenticate'), /^Basic /);
  t.match(await form(endpoint, { token }), { status: 401, body: { error: 'invalid_client' } });
  t.match(await form(endpoint, { token, client_id: 'web' }), { status: 401, body: { error: 'invalid_client' } });
  t.match(await form(endpoint, { token, client_id: 'post', client_secret: 'wrong' }), { status: 401, body: { error: 'invalid_client' } });
  t.ok(await direct.isActive(token));
});

t.test('RFC 7009 2.1: token is REQUIRED, once, in a form body', async (t) => {
  const headers = { authorization: basic('web', web.client_secret) };
  for (const body of ['', 'token=', 'token_type_hint=access_token', 'token=a&token=b', 'token=%zz', 'token=%00']) t.match(await form(endpoint, body, headers), { status: 400, body: { error: 'invalid_request' } }, body);
  t.match(await form(`${endpoint}?token=a`, '', headers), { status: 400, body: { error: 'invalid_request' } }, 'in the query');
  for (const type of ['text/plain', 'application/json']) t.match(await form(endpoint, '{"token":"a"}', { ...headers, 'content-type': type }), { status: 400, body: { error: 'invalid_request' } }, type);
  t.match(await form(endpoint, { token: 'x' }, { ...headers, accept: 'text/html' }), { status: 200, text: '{}' }, 'whatever Accept says');
});

t.test('regression: revocation answered 200 although the store failed', async (t) => {
  let failing = false;
  const broken = await startServer(t, {
    config: { bootstrap: BOOTSTRAP, resources },
    adjust: (core) => ({ ...core, commands: { ...core.commands, handle: (...parameters) => (failing ? Promise.reject(new StoreUnavailable('the disk is gone')) : core.commands.handle(...parameters)) } }),
  });
  const other = directOf(broken);
  const tokens = await other.tokens(web);
  const own = (await other.clientCredentials(web, { scope: 'read:photos' })).body.access_token;
  const issued = await other.code(web);
  failing = true;
  for (const token of [tokens.access_token, tokens.refresh_token, own]) {
    const answer = await other.revoke(token, web);
    t.match(answer, { status: 503, body: { error: 'temporarily_unavailable' } }, 'RFC 7009 2.2.1: 503, the client must assume the token still exists');
    t.match(answer.headers.get('retry-after'), /^\d+$/);
    t.notMatch(answer.text, /disk/, 'what failed is nobody’s business');
  }
  for (const answer of [await other.redeem(web, issued), await other.refresh(web, tokens.refresh_token)]) {
    t.match(answer, { status: 503, body: { error: 'temporarily_unavailable' } }, 'the token endpoint says the same');
    t.match(answer.headers.get('retry-after'), /^\d+$/);
  }
  failing = false;
  t.ok(await other.isActive(tokens.access_token), 'nothing was revoked, as was said');
  t.equal((await other.redeem(web, issued)).status, 200, 'and nothing spent');
  for (const token of [tokens.access_token, tokens.refresh_token, own]) {
    t.equal((await other.revoke(token, web)).status, 200, 'repeating is harmless');
    t.notOk(await other.isActive(token));
  }
});
