import * as client from 'openid-client';
import t, { type Test } from 'tap';
import { formOf, walk } from '#support/browser.ts';
import { eventsOf, frontOf, raw, requestOf, type Shown } from '#support/front.ts';
import { BOOTSTRAP, CLIENTS, REDIRECT_URI, startServer, type TestServer } from '#support/server.ts';

/** Discovery to tokens and back, by a client that knows nothing but the issuer. Requests go to the port although the issuer has another. */
async function journey(t: Test, server: TestServer): Promise<void> {
  const toPort: client.CustomFetch = (url, options) => fetch(url.replace(new URL(server.issuer).origin, server.url), options as RequestInit);
  const { web } = CLIENTS;
  const configuration = await client.discovery(new URL(server.issuer), web.client_id, undefined, client.ClientSecretBasic(web.client_secret), { execute: [client.allowInsecureRequests], [client.customFetch]: toPort });
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(configuration, { redirect_uri: REDIRECT_URI, scope: 'openid email offline_access', code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', state, nonce });
  const answer = await walk(frontOf(server).browser(), `${url.pathname}${url.search}`);
  const tokens = await client.authorizationCodeGrant(configuration, answer, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce });
  t.equal(tokens.claims()?.iss, server.issuer);
  t.equal((await client.fetchUserInfo(configuration, tokens.access_token, 'sub-alice'))['email'], 'alice@example.com');
  t.equal((await client.tokenIntrospection(configuration, tokens.access_token)).active, true);
  await client.tokenRevocation(configuration, tokens.refresh_token ?? '');
}

for (const [name, config, paths] of [
  ['default', {}, { authorization: '/oauth2/authorize', signInPage: '/sign-in', signInAction: '/sign-in', consentPage: '/consent', consentAction: '/oauth2/consent' }],
  ['better-auth', { paths: 'better-auth' }, { authorization: '/api/auth/oauth2/authorize', signInPage: '/sign-in', signInAction: '/api/auth/sign-in/email', consentPage: '/consent', consentAction: '/api/auth/oauth2/consent' }],
  ['better-auth at a fixed issuer', { paths: 'better-auth', issuer: 'http://localhost:4321/api/auth' }, { authorization: '/api/auth/oauth2/authorize', signInPage: '/sign-in' }],
  ['a third style', { paths: { authorization: '/oauth/authorize', token: '/oauth/token', signIn: '/session', consent: '/allow' }, pages: { login: '/login', consent: '/allow' } }, { authorization: '/oauth/authorize', signInPage: '/login', signInAction: '/session', consentPage: '/allow', consentAction: '/allow' }],
  ['an issuer with a path', { issuer: 'http://localhost:4321/tenant/a' }, { authorization: '/tenant/a/oauth2/authorize', signInPage: '/tenant/a/sign-in', consentPage: '/tenant/a/consent', consentAction: '/tenant/a/oauth2/consent' }],
] as const) {
  t.test(`interface.md Endpoints: a whole journey at the paths of ${name}; metadata, links and forms follow`, async (t) => {
    const server = await startServer(t, { config: { bootstrap: BOOTSTRAP, ...config } });
    t.match(server.core.paths, paths);
    await journey(t, server);
    const front = frontOf(server);
    const page = await front.page();
    t.equal(page.form.action, front.paths.signInAction);
    const consent = await front.follow(page.browser, await front.signInOn(page.browser, page.form, 'bob'));
    t.equal(formOf(consent.text).action, front.paths.consentAction);
  });
}

t.test('interface.md: with a path in the issuer nothing but /health lies outside it', async (t) => {
  const server = await startServer(t, { config: { bootstrap: BOOTSTRAP, issuer: 'http://localhost:4321/tenant' } });
  const front = frontOf(server);
  for (const path of ['/oauth2/authorize', '/sign-in', '/consent', '/oauth2/consent', '/']) t.equal((await front.get(front.browser(), path, { accept: 'text/html' })).status, 404, path);
  t.equal((await front.get(front.browser(), '/health/ready')).status, 200);
});

const server = await startServer(t, { config: { bootstrap: BOOTSTRAP } });
const front = frontOf(server);
const alice = await front.signIn('alice');

t.test('interface.md Pages: strict CSP, frame-ancestors none, Referrer-Policy, no storing, on every page; redirects say no more than they must', async (t) => {
  const pages: Record<string, Shown> = {
    'sign in': await front.page(),
    'sign in, failed': await front.page().then((page) => front.signInOn(page.browser, page.form, 'alice', 'wrong')),
    'sign in, no request': await front.get(front.browser(), front.paths.signInPage),
    'signed in': await front.get(alice, front.paths.signInPage),
    consent: await front.page({ prompt: 'consent' }, alice),
    'form post': await front.ask({ client_id: 'trusted', response_mode: 'form_post' }, alice),
    error: await front.ask({ client_id: 'nobody' }),
    'error of a form': await front.post(alice, front.paths.consentAction, {}),
    'not found': await front.get(alice, '/nowhere', { accept: 'text/html' }),
    'too long': await front.ask('x'.repeat(9000)),
  };
  for (const [name, { headers, text }] of Object.entries(pages)) {
    const policy = headers.get('content-security-policy') ?? '';
    t.match(policy, /^default-src 'none'; style-src 'sha256-[^']+';/, name);
    t.match(policy, "frame-ancestors 'none'", name);
    t.match(policy, "base-uri 'none'", name);
    t.match(policy, "form-action 'self'", name);
    t.notMatch(policy, /unsafe|\*|data:/, name);
    t.equal(headers.get('referrer-policy'), 'no-referrer', name);
    t.equal(headers.get('x-frame-options'), 'DENY', name);
    t.equal(headers.get('x-content-type-options'), 'nosniff', name);
    t.equal(headers.get('cache-control'), 'no-store', name);
    t.equal(headers.get('content-type'), 'text/html; charset=utf-8', name);
    t.equal(headers.get('access-control-allow-origin'), null, name);
    t.ok(headers.get('x-request-id'), name);
    t.equal(text.match(/<h1/g)?.length, 1, `${name}: one h1`);
    if (name !== 'form post') t.notMatch(text, /<script/, `${name}: no script`);
    t.match(text, /^<!doctype html>\n<html lang="en">/, name);
    t.notMatch(text, / style="|<link|@import|url\(/, name);
  }
  for (const shown of [await front.ask(), await front.ask({}, alice), await front.ask({ client_id: 'trusted' }, alice), await front.ask({ response_type: 'token' })]) {
    t.equal(shown.status, 303);
    t.equal(shown.headers.get('cache-control'), 'no-store');
    t.equal(shown.headers.get('referrer-policy'), 'no-referrer');
    t.equal(shown.text, '');
  }
});

t.test('RFC 9110 9: HEAD, OPTIONS and methods that are not served never crash, show nothing and change nothing', async (t) => {
  const { authorization, signInPage, consentPage, consentAction } = front.paths;
  const before = eventsOf(server).length;
  for (const path of [`${authorization}?${requestOf()}`, signInPage, consentPage, consentAction, '/nowhere', '/']) {
    for (const method of ['HEAD', 'OPTIONS', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND', 'QUERY', 'M-SEARCH']) {
      const answer = await raw(server, { method, path });
      t.ok(answer.status < 500, `${method} ${path.slice(0, 30)}: ${answer.status}`);
      t.equal(answer.headers['access-control-allow-origin'], undefined, 'interface.md: CORS never at the authorization endpoint');
      if (method === 'HEAD') t.equal(answer.text, '');
    }
  }
  for (const path of [consentAction, '/oauth2/token']) t.ok((await raw(server, { path })).status < 500);
  t.ok((await raw(server, { method: 'POST', path: signInPage })).status < 500, 'a POST without a body');
  t.ok((await raw(server, { method: 'POST', path: authorization })).status < 500);
  t.equal(eventsOf(server).length, before);
});

t.test('RFC 6749 3.1: what a request target can hold besides parameters does not crash', async (t) => {
  for (const path of ['/oauth2/authorize?', '/oauth2/authorize??', '/oauth2/authorize?&&&', '/oauth2/authorize?=', '/oauth2/authorize?%', '/oauth2/authorize#x', '/oauth2/authorize;x=1', '/oauth2/authorize/', '//oauth2/authorize', '/OAUTH2/authorize', '/oauth2/authorize%2f', '/oauth2/../oauth2/authorize', '/%', '/consent?exp=1&sig=x', '/sign-in?sig=', '*']) {
    const answer = await raw(server, { path });
    t.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status}`);
    t.equal(answer.headers['location'], undefined);
  }
});

t.test('regression: Host and forwarded headers never change a link, a redirect, a form or the issuer', async (t) => {
  const trusting = await startServer(t, { config: { bootstrap: BOOTSTRAP, trustedProxies: ['127.0.0.1'] } });
  for (const target of [server, trusting]) {
    const targetFront = frontOf(target);
    const hostile = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', 'x-forwarded-port': '8443', 'x-forwarded-prefix': '/evil', 'x-original-url': '/evil', 'x-rewrite-url': '/evil', forwarded: 'host=evil.example;proto=https', 'x-host': 'evil.example' };
    const asked = await raw(target, { path: `${targetFront.paths.authorization}?${requestOf()}`, headers: hostile });
    t.equal(asked.status, 303);
    t.match(asked.headers['location'], /^\/sign-in\?/);
    const cookie = String(asked.headers['set-cookie']).split(';')[0] ?? '';
    t.match(cookie, /^grantlog-browser=/, 'nor the name of a cookie');
    const page = await raw(target, { path: String(asked.headers['location']), headers: { ...hostile, cookie } });
    t.equal(formOf(page.text).action, '/sign-in');
    t.notMatch(page.text, /evil/);
    t.notMatch(JSON.stringify(page.headers), /evil/);
    const form = formOf(page.text);
    const body = new URLSearchParams([...form.fields.map(([name, value]) => [name, value]), ['username', 'alice'], ['password', 'correct horse battery staple']]).toString();
    const headers = { ...hostile, cookie, 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    const asJson = await raw(target, { method: 'POST', path: form.action, headers, body });
    t.ok(JSON.parse(asJson.text).redirect_uri.startsWith(`${target.issuer}/oauth2/authorize?`));
    const refused = await raw(target, { path: `${targetFront.paths.authorization}?${requestOf({ response_type: 'token' })}`, headers: hostile });
    t.equal(new URL(String(refused.headers['location'])).searchParams.get('iss'), target.issuer);
    const error = await raw(target, { path: targetFront.paths.authorization, headers: hostile });
    t.notMatch(error.text, /evil/);
    const metadata = await raw(target, { path: '/.well-known/openid-configuration', headers: hostile });
    t.notMatch(metadata.text, /evil/);
  }
});
