import t from 'tap';
import { refresh } from '#grant/decider.ts';
import { grants } from '#grant/projection.ts';
import { endSession } from '#session/end-session.ts';
import { Browser } from '#support/browser.ts';
import { type Answer, directOf, jwtParts, parallel } from '#support/direct.ts';
import { at, given } from '#support/given.ts';
import { BOOTSTRAP, CLIENTS, startServer, type TestServer } from '#support/server.ts';

const { web, post, spa, trusted } = CLIENTS;
const DAY = 86_400;
const SYSTEM = { actor: { kind: 'system', id: null }, request: null } as const;
const start = (t: Parameters<typeof startServer>[0], lifetimes: object = {}): Promise<TestServer> => startServer(t, { config: { bootstrap: BOOTSTRAP, lifetimes } });
const server = await start(t);
const direct = directOf(server);
const invalidGrant = { status: 400, body: { error: 'invalid_grant' } };
const jtiOf = (answer: Answer): string => jwtParts(answer.body.access_token).payload.jti;
const grantOf = async (one: TestServer, accessToken: string) => {
  const document = await one.core.commands.load(grants, jwtParts(accessToken).payload.grant_id);
  if (document === null) throw new Error('no such grant');
  return document;
};

t.test('RFC 9700 4.14.2: each use rotates, for public and for confidential clients, and only the newest token is live', async (t) => {
  for (const client of [web, post, spa]) {
    const seen = new Set<string>();
    let { refresh_token: token } = await direct.tokens(client);
    for (let times = 0; times < 5; times++) {
      seen.add(token);
      server.clock.advance(20);
      const answer = await direct.refresh(client, token);
      t.equal(answer.status, 200);
      t.match(answer.body, { token_type: 'Bearer', expires_in: 3600, scope: 'offline_access openid read:photos' });
      token = answer.body.refresh_token;
      t.notOk(seen.has(token));
    }
    for (const spent of seen) t.same((await direct.introspect(spent, client === spa ? CLIENTS.api : client)).body, { active: false });
  }
});

t.test('interface.md: within the grace window the spent token gets byte for byte the same successor and the same access token (jti), and nothing is written', async (t) => {
  const tokens = await direct.tokens(web);
  const first = await direct.refresh(web, tokens.refresh_token);
  for (const wait of [0, 2, 3]) {
    server.clock.advance(wait);
    const again = await direct.refresh(web, tokens.refresh_token);
    t.equal(again.status, 200);
    t.equal(again.body.refresh_token, first.body.refresh_token);
    t.equal(jtiOf(again), jtiOf(first));
    t.equal(jwtParts(again.body.access_token).payload.exp, jwtParts(first.body.access_token).payload.exp);
    t.ok(again.body.expires_in <= first.body.expires_in);
  }
  t.equal((await grantOf(server, tokens.access_token)).revision, 3);
  t.equal((await direct.refresh(web, first.body.refresh_token)).status, 200, 'the successor works, the family is whole');
});

t.test('RFC 9700 4.14.2: outside the grace window a spent token ends the family: nothing of it lives', async (t) => {
  for (const client of [web, spa]) {
    const tokens = await direct.tokens(client);
    const { body } = await direct.refresh(client, tokens.refresh_token);
    server.clock.advance(10);
    t.match(await direct.refresh(client, tokens.refresh_token), invalidGrant);
    for (const token of [body.refresh_token, tokens.refresh_token]) t.match(await direct.refresh(client, token), invalidGrant);
    for (const token of [tokens.access_token, body.access_token]) {
      t.same((await direct.introspect(token)).body, { active: false });
      t.equal((await direct.userinfo(token)).status, 401);
    }
    t.equal((await grantOf(server, tokens.access_token)).revision, 5, 'replayed, revoked, and no more facts after that');
  }
});

t.test('interface.md: only the newest spent token has the window; an older generation is a replay at once', async (t) => {
  const tokens = await direct.tokens(web);
  const { body: second } = await direct.refresh(web, tokens.refresh_token);
  const { body: third } = await direct.refresh(web, second.refresh_token);
  t.match(await direct.refresh(web, tokens.refresh_token), invalidGrant);
  for (const token of [second.refresh_token, third.refresh_token]) t.match(await direct.refresh(web, token), invalidGrant);
  t.notOk(await direct.isActive(third.access_token));
});

t.test('regression: check-then-mark race on rotation: 50 parallel refreshes are all 200 with one and the same refresh token, and one RefreshTokenRotated', async (t) => {
  for (const client of [web, spa]) {
    const tokens = await direct.tokens(client);
    const answers = await parallel(50, () => direct.refresh(client, tokens.refresh_token));
    t.same(new Set(answers.map(({ status }) => status)), new Set([200]));
    t.equal(new Set(answers.map(({ body }) => body.refresh_token)).size, 1);
    t.equal(new Set(answers.map(jtiOf)).size, 1);
    const { revision, state } = await grantOf(server, tokens.access_token);
    t.equal(revision, 3, 'one event');
    t.equal(state.refresh?.current.generation, 1);
    t.equal((await direct.refresh(client, answers[0]?.body.refresh_token)).status, 200);
  }
});

t.test('interface.md: with grace 0 one of 50 parallel refreshes is 200 and the family ends', async (t) => {
  const strict = await start(t, { refreshTokenGrace: 0 });
  const other = directOf(strict);
  for (let round = 0; round < 5; round++) {
    const tokens = await other.tokens(trusted);
    const answers = await parallel(50, () => other.refresh(trusted, tokens.refresh_token));
    const [good, ...more] = answers.filter(({ status }) => status === 200);
    t.equal(more.length, 0);
    for (const answer of answers) if (answer !== good) t.match(answer, invalidGrant);
    t.equal((await grantOf(strict, tokens.access_token)).state.status, 'revoked');
    t.match(await other.refresh(trusted, good?.body.refresh_token), invalidGrant);
    t.notOk(await other.isActive(good?.body.access_token));
  }
  const alone = await other.tokens(web);
  const { body } = await other.refresh(web, alone.refresh_token);
  t.equal((await other.refresh(web, body.refresh_token)).status, 200, 'one after the other is no replay');
});

t.test('interface.md: with grace 0 one who asked a moment before the winner’s event was recorded is a replay too', (t) => {
  const authentication = { method: 'none', secret_id: null, kid: null };
  const accessToken = (jti: string) => ({ jti, scope: ['read'], audience: ['a'], issued_at: at(2), expires_at: at(60) });
  const refreshToken = (generation: number) => ({ generation, key_id: 'k', salt: 's', hash: `h${generation}`, expires_at: at(500) });
  const grant = { flow: 'authorization_code' as const, client_id: 'app', sub: 's', scope: ['read'], resources: [], consent_id: 'c', consent_epoch: 0, account_epoch: 0, session_id: null, session_bound: false, revisions: { client: 0, consent: 0, account: 0, session: 0 }, auth_time: at(0), acr: 'a', amr: ['pwd'] };
  const { decision } = given(
    grants,
    ['GrantIssued', grant],
    ['AuthorizationCodeIssued', { hash: 'c', key_id: 'k', redirect_uri: 'https://a.example', code_challenge: null, nonce: null, expires_at: at(10) }],
    ['AuthorizationCodeRedeemed', { access_token: accessToken('1'), refresh_token: refreshToken(0), absolute_expires_at: at(900), authentication }],
    // Recorded in minute 3; the window of no length ended when it began.
    ['RefreshTokenRotated', { access_token: accessToken('2'), refresh_token: refreshToken(1), previous_usable_until: at(3), authentication }],
  ).when(refresh, { clientId: 'app', authentication, origin: null, now: at(2.9), generation: 0, hash: 'h0', accessToken: accessToken('3'), refreshToken: refreshToken(1), previousUsableUntil: at(2.9) });
  t.same(decision.outcome, { kind: 'refused', reason: 'replayed' });
  t.end();
});

t.test('RFC 9700 4.14.2: a refresh token that is not used expires, by default after 30 days', async (t) => {
  const { refresh_token: unused } = await direct.tokens(trusted);
  const { refresh_token: used } = await direct.tokens(trusted);
  server.clock.advance(30 * DAY - 60);
  const refreshed = await direct.refresh(trusted, used);
  t.equal(refreshed.status, 200, 'just before');
  server.clock.advance(60);
  t.match(await direct.refresh(trusted, unused), invalidGrant);
  server.clock.advance(29 * DAY);
  t.equal((await direct.refresh(trusted, refreshed.body.refresh_token)).status, 200, 'use has renewed it');
});

t.test('RFC 9700 4.14.2: however much it is used, a family has an absolute end', async (t) => {
  const short = await start(t, { refreshToken: '3d', refreshTokenAbsolute: '7d' });
  const other = directOf(short);
  let { refresh_token: token } = await other.tokens(trusted);
  for (let day = 0; day < 3; day++) {
    short.clock.advance(2 * DAY);
    const answer = await other.refresh(trusted, token);
    t.equal(answer.status, 200);
    token = answer.body.refresh_token;
  }
  const { body } = await other.introspect(token, trusted);
  t.ok(body.exp * 1000 - short.clock.now() <= DAY * 1000, 'its end is the family’s');
  short.clock.advance(DAY);
  t.match(await other.refresh(trusted, token), invalidGrant);
});

t.test('RFC 6749 6: scope may be narrowed for that answer’s access token alone, never widened', async (t) => {
  const tokens = await direct.tokens(web, { scope: 'openid offline_access read:photos write:photos' });
  const narrow = await direct.refresh(web, tokens.refresh_token, { scope: 'read:photos' });
  t.match(narrow, { status: 200, body: { scope: 'read:photos' } });
  t.equal(jwtParts(narrow.body.access_token).payload.scope, 'read:photos');
  t.equal((await direct.introspect(narrow.body.access_token)).body.scope, 'read:photos');
  const whole = await direct.refresh(web, narrow.body.refresh_token);
  t.equal(whole.body.scope, 'offline_access openid read:photos write:photos', 'RFC 6749 6: the refresh token keeps its scope');
  for (const scope of ['profile', 'read:photos email', 'openid unknown:scope', 'clients:read', 'read"photos', 'é']) t.match(await direct.refresh(web, whole.body.refresh_token, { scope }), { status: 400, body: { error: 'invalid_scope' } }, scope);
  t.equal((await direct.refresh(web, whole.body.refresh_token, { scope: 'write:photos openid read:photos offline_access' })).status, 200, 'the same in another order, after all those refusals');
});

t.test('interface.md: a repeated answer never has more scope than the one before', async (t) => {
  const tokens = await direct.tokens(web, { scope: 'openid offline_access read:photos write:photos' });
  const first = await direct.refresh(web, tokens.refresh_token, { scope: 'openid read:photos' });
  const again = await direct.refresh(web, tokens.refresh_token);
  t.equal(again.body.scope, 'openid read:photos');
  t.equal(jtiOf(again), jtiOf(first));
  t.equal((await direct.refresh(web, tokens.refresh_token, { scope: 'read:photos' })).body.scope, 'read:photos', 'less is possible');
  t.match(await direct.refresh(web, tokens.refresh_token, { scope: 'write:photos' }), { status: 400, body: { error: 'invalid_scope' } });
});

t.test('regression: refresh token usable by another client', async (t) => {
  const tokens = await direct.tokens(web);
  for (const client of [post, spa, trusted]) t.match(await direct.refresh(client, tokens.refresh_token), invalidGrant, client.client_id);
  const { body } = await direct.refresh(web, tokens.refresh_token);
  server.clock.advance(60);
  for (const client of [post, spa, trusted]) t.match(await direct.refresh(client, tokens.refresh_token), invalidGrant, 'a spent one at another client');
  t.ok(await direct.isActive(body.access_token), 'is no replay: who merely saw it ends nothing');
  t.equal((await direct.refresh(web, body.refresh_token)).status, 200);
});

t.test('interface.md: an OpenID request without offline_access depends on the session; with it, or in plain OAuth, it has its own life', async (t) => {
  const ways = { bound: 'openid read:photos', offline: 'openid offline_access', plain: 'read:photos' };
  const browser = new Browser(server.url);
  const tokens = { bound: await direct.tokens(web, { browser, scope: ways.bound }), offline: await direct.tokens(web, { browser, scope: ways.offline }), plain: await direct.tokens(web, { browser, scope: ways.plain }) };
  const { state } = await grantOf(server, tokens.bound.access_token);
  await endSession(server.core, state.sessionId ?? '', 'test', SYSTEM);
  t.match(await direct.refresh(web, tokens.bound.refresh_token), invalidGrant);
  t.notOk(await direct.isActive(tokens.bound.access_token), 'access tokens included');
  t.equal((await direct.userinfo(tokens.bound.access_token)).status, 401);
  for (const kind of ['offline', 'plain'] as const) {
    t.ok(await direct.isActive(tokens[kind].access_token), kind);
    t.equal((await direct.refresh(web, tokens[kind].refresh_token)).status, 200, kind);
  }
});

t.test('interface.md: what depends on the session ends with its idle and its absolute end, by the clock', async (t) => {
  const idle = await direct.tokens(web, { browser: new Browser(server.url), scope: 'openid' });
  server.clock.advance(8 * 3600 - 60);
  const refreshed = await direct.refresh(web, idle.refresh_token);
  t.equal(refreshed.status, 200);
  server.clock.advance(120);
  t.match(await direct.refresh(web, refreshed.body.refresh_token), invalidGrant, '8 hours without a use of the browser');
  t.notOk(await direct.isActive(refreshed.body.access_token));
  const short = await start(t, { session: '1h', sessionAbsolute: '2h' });
  const other = directOf(short);
  const browser = new Browser(short.url);
  let { refresh_token: token } = await other.tokens(web, { browser, scope: 'openid' });
  for (let half = 0; half < 3; half++) {
    short.clock.advance(1800);
    await other.code(web, { browser, scope: 'openid' });
    const answer = await other.refresh(web, token);
    t.equal(answer.status, 200, 'a busy browser');
    token = answer.body.refresh_token;
  }
  short.clock.advance(1800);
  t.match(await other.refresh(web, token), invalidGrant, 'and its absolute end');
});
