import { createHmac } from 'node:crypto';
import t from 'tap';
import { directOf, jwtParts } from '#support/direct.ts';
import { frontOf, sentToClient, type Shown } from '#support/front.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const server = await startServer(t, { config: { bootstrap: BOOTSTRAP } });
const front = frontOf(server);
const direct = directOf(server);
const { issuer, clock, core } = server;
const hasCode = (shown: Shown) => shown.toClient?.searchParams.has('code') === true;
const alice = await front.signIn('alice');
const tokens = await direct.tokens(CLIENTS.trusted, { browser: alice });
const hint = tokens.id_token;
const ask = (id_token_hint: string, browser = alice, changes: Record<string, string> = {}) => front.ask({ client_id: 'trusted', id_token_hint, ...changes }, browser);

t.test('OpenID Connect Core 3.1.2.1 id_token_hint: the person that it names is served, silently too', async (t) => {
  t.ok(hasCode(await ask(hint)));
  t.ok(hasCode(await ask(hint, alice, { prompt: 'none' })));
});

t.test('OpenID Connect Core 3.1.2.2: an ID token that has expired is still a hint', async (t) => {
  const browser = await front.signIn('alice');
  clock.advance(2 * 3600);
  t.ok(jwtParts(hint).payload.exp * 1000 < clock.now());
  t.ok(hasCode(await ask(hint, browser, { prompt: 'none' })));
});

t.test('OpenID Connect Core 3.1.2.3: with another person signed in, prompt=none is login_required and otherwise the person is asked', async (t) => {
  const bob = await front.signIn('bob');
  sentToClient(t, issuer, await ask(hint, bob, { prompt: 'none' }), 'login_required');
  const page = await front.page({ client_id: 'trusted', id_token_hint: hint }, bob);
  t.match(page.text, /type="password"/);
  sentToClient(t, issuer, await front.follow(bob, await front.signInOn(bob, page.form, 'bob')), 'login_required', { message: 'bob signs in again' });
  const again = await front.page({ client_id: 'trusted', id_token_hint: hint }, bob);
  t.ok(hasCode(await front.follow(bob, await front.signInOn(bob, again.form, 'alice'))), 'alice signs in');
  sentToClient(t, issuer, await ask(hint, front.browser(), { prompt: 'none' }), 'login_required', { message: 'nobody signed in' });
});

t.test('OpenID Connect Core 3.1.2.1 id_token_hint: what is no ID token of this server for this client is invalid_request', async (t) => {
  const foreign = await direct.tokens(CLIENTS.post, { browser: alice });
  const [head = '', body = '', tail = ''] = hint.split('.');
  const flipped = `${tail.slice(0, 10)}${tail[10] === 'A' ? 'B' : 'A'}${tail.slice(11)}`;
  const bad = {
    'issued to another client': foreign.id_token,
    'an access token': tokens.access_token,
    'a refresh token': tokens.refresh_token,
    'a changed signature': `${head}.${body}.${flipped}`,
    'a changed body': `${head}.${Buffer.from(JSON.stringify({ ...jwtParts(hint).payload, sub: 'sub-bob' })).toString('base64url')}.${tail}`,
    'no signature': `${head}.${body}.`,
    truncated: hint.slice(0, -1),
    'two parts': `${head}.${body}`,
    'not a JWT': 'x',
    'a JWE': 'a.b.c.d.e',
    'another issuer': await core.jwts.sign('RS256', 'JWT', { ...jwtParts(hint).payload, iss: 'https://evil.example' }),
    'no audience': await core.jwts.sign('RS256', 'JWT', { iss: issuer, sub: 'sub-alice', exp: 9_999_999_999, iat: 1 }),
    'no subject': await core.jwts.sign('RS256', 'JWT', { iss: issuer, aud: 'trusted', exp: 9_999_999_999, iat: 1 }),
    'a logout token': await core.jwts.sign('RS256', 'logout+jwt', { iss: issuer, aud: 'trusted', sub: 'sub-alice', events: {} }),
    'a subject that is no text': await core.jwts.sign('RS256', 'JWT', { iss: issuer, aud: 'trusted', sub: { $ne: null } }),
  };
  for (const [what, token] of Object.entries(bad)) {
    sentToClient(t, issuer, await ask(token), 'invalid_request', { message: what });
    sentToClient(t, issuer, await ask(token, alice, { prompt: 'none' }), 'invalid_request', { message: `${what}, prompt=none` });
  }
});

t.test('regression: algorithm confusion (none, HS256 with the public key, embedded jwk, jku, crit) makes no hint', async (t) => {
  const { keys } = (await (await fetch(`${server.url}${front.paths.jwks}`)).json()) as { keys: { kid: string; alg: string }[] };
  const [key] = keys.filter(({ alg }) => alg === 'RS256');
  const body = hint.split('.')[1] ?? '';
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const hs256 = (header: object, secret: string) => {
    const signed = `${encode(header)}.${body}`;
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
  };
  const { header } = jwtParts(hint);
  const bad = [
    `${encode({ alg: 'none', typ: 'JWT' })}.${body}.`,
    `${encode({ ...header, alg: 'none' })}.${body}.`,
    `${encode({ ...header, alg: 'None' })}.${body}.${hint.split('.')[2]}`,
    hs256({ ...header, alg: 'HS256' }, JSON.stringify(key)),
    hs256({ alg: 'HS256', typ: 'JWT' }, CLIENTS.trusted.client_secret),
    hs256({ ...header, alg: 'HS256', jwk: key }, JSON.stringify(key)),
    ...['jwk', 'jku', 'x5u', 'x5c', 'crit', 'b64'].map((member) => `${encode({ ...header, [member]: member === 'crit' ? ['exp'] : 'https://evil.example/' })}.${body}.${hint.split('.')[2]}`),
    `${encode({ ...header, alg: 'ES256' })}.${body}.${hint.split('.')[2]}`,
    `${encode({ ...header, kid: '../../etc/passwd' })}.${body}.${hint.split('.')[2]}`,
  ];
  for (const token of bad) sentToClient(t, issuer, await ask(token), 'invalid_request', { message: JSON.stringify(jwtParts(token).header) });
});

t.test('regression: the hint of a person whose account is gone or disabled serves nobody', async (t) => {
  const ghost = await core.jwts.sign('RS256', 'JWT', { iss: issuer, aud: 'trusted', sub: 'sub-nobody', iat: 1, exp: 2 });
  sentToClient(t, issuer, await ask(ghost, alice, { prompt: 'none' }), 'login_required');
  sentToClient(t, issuer, await ask(ghost, front.browser(), { prompt: 'none' }), 'login_required');
});
