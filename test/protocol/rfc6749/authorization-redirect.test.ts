import t from 'tap';
import { formOf } from '#support/browser.ts';
import { frontOf, raw, requestOf, sentToClient, shownToPerson } from '#support/front.ts';
import { BOOTSTRAP, CLIENTS, REDIRECT_URI, startServer } from '#support/server.ts';

const trusted = { ...CLIENTS.trusted };
const WITH_QUERY = 'https://app.example.com/cb?tenant=1&next=%2Fhome%20x';
const EMPTY_QUERY = 'https://app.example.com/empty?';
const EXACT = 'https://app.example.com/a%2Fb/c~d;e=f?x=%c3%a9';
const many = { ...trusted, client_id: 'many', redirect_uris: [REDIRECT_URI, WITH_QUERY, EMPTY_QUERY, EXACT, 'https://app.example.com', 'https://app.example.com:8443/cb', 'https://xn--bcher-kva.example/cb'] };
const server = await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, clients: [...Object.values(CLIENTS), many] } } });
const front = frontOf(server);
const { issuer } = server;
const signedIn = await front.signIn('alice');
const ask = (changes: Record<string, string | null>) => front.ask({ client_id: 'trusted', ...changes }, signedIn);

t.test('RFC 6749 3.1.2.3, RFC 9700 4.1.3: a redirect URI is compared byte for byte with the registered ones', async (t) => {
  for (const redirect_uri of many.redirect_uris) {
    const answer = await front.ask({ client_id: 'many', redirect_uri }, signedIn);
    t.equal(answer.status, 303);
    t.ok(answer.location?.startsWith(redirect_uri), `${redirect_uri} is kept as it is: ${answer.location}`);
    t.equal(answer.toClient?.searchParams.has('code'), true);
  }
  const variants = [
    'https://app.example.com/callback/', 'https://app.example.com/Callback', 'https://APP.example.com/callback', 'HTTPS://app.example.com/callback', 'https://app.example.com:443/callback', 'https://app.example.com./callback',
    'https://app.example.com/call%62ack', 'https://app.example.com/x/../callback', 'https://app.example.com//callback', 'https://app.example.com/callback?', 'https://app.example.com/callback?x=1', 'https://app.example.com/callback#',
    'https://app.example.com/callback ', ' https://app.example.com/callback', 'https://app.example.com/callback\t', 'https://app.example.com/callback\r\n', 'https://app.example.com/callback%00', 'http://app.example.com/callback',
    'https://app.example.com/cb?tenant=1&next=/home x', 'https://app.example.com/cb?next=%2Fhome%20x&tenant=1', 'https://app.example.com/cb?tenant=1', 'https://app.example.com/cb', 'https://app.example.com/a/b/c~d;e=f?x=%c3%a9',
    'https://app.example.com/a%2Fb/c~d;e=f?x=%C3%A9', 'https://app.example.com/a%2Fb/c~d;e=f?x=é', 'https://app.example.com/', 'https://app.example.com:8444/cb', 'https://bücher.example/cb',
  ];
  for (const redirect_uri of variants) shownToPerson(t, await front.ask({ client_id: 'many', redirect_uri }, signedIn), 'invalid_redirect_uri', { message: JSON.stringify(redirect_uri) });
});

t.test('regression: pattern-matched redirect URIs, host@userinfo and backslash confusion lead nowhere', async (t) => {
  const uris = [
    'https://app.example.com.evil.example/callback', 'https://evil.example/https://app.example.com/callback', 'https://evil.example?https://app.example.com/callback', 'https://evil.example#https://app.example.com/callback',
    'https://app.example.com@evil.example/callback', 'https://app.example.com:x@evil.example/callback', 'https://app.example.com%40evil.example/callback', 'https://user@app.example.com/callback', 'https://@app.example.com/callback',
    'https://app.example.com\\@evil.example/callback', 'https://evil.example\\app.example.com/callback', 'https:\\\\app.example.com/callback', 'https:/app.example.com/callback', 'https:app.example.com/callback', 'https://app.example.com\\callback',
    'https://app.example.com%2fcallback', 'https://app.example.com/callback/../../evil', 'https://app.example.com/callback%0d%0aset-cookie:x', 'https://app.example.com%E3%80%82evil.example/callback', 'https://a​pp.example.com/callback', 'https://аpp.example.com/callback',
    '.*', 'https://app.example.com/*', 'https://*.example.com/callback', '^https://app', 'javascript:alert(document.domain)//https://app.example.com/callback', 'data:text/html,<script>alert(1)</script>', 'about:blank',
  ];
  for (const redirect_uri of uris) {
    shownToPerson(t, await ask({ redirect_uri }), 'invalid_redirect_uri', { message: redirect_uri });
    shownToPerson(t, await ask({ redirect_uri, prompt: 'none', response_mode: 'form_post' }), 'invalid_redirect_uri', { message: `${redirect_uri} form_post` });
  }
});

t.test('RFC 6749 3.1.2.3: the redirect URI may be left out where one is registered, and must not where there are several', async (t) => {
  const answer = await ask({ redirect_uri: null });
  t.ok(answer.location?.startsWith(`${REDIRECT_URI}?code=`));
  sentToClient(t, issuer, await ask({ redirect_uri: null, response_type: 'token' }), 'unsupported_response_type');
  for (const redirect_uri of [null, '']) shownToPerson(t, await front.ask({ client_id: 'many', redirect_uri }, signedIn), 'invalid_request');
});

t.test('RFC 6749 3.1.2: the query of the redirect URI is retained, the answer goes behind it', async (t) => {
  const answer = await front.ask({ client_id: 'many', redirect_uri: WITH_QUERY }, signedIn);
  t.ok(answer.location?.startsWith(`${WITH_QUERY}&code=`));
  t.strictSame([...(answer.toClient?.searchParams.keys() ?? [])], ['tenant', 'next', 'code', 'state', 'iss']);
  const error = await front.ask({ client_id: 'many', redirect_uri: WITH_QUERY, scope: 'nonsense' }, signedIn);
  t.ok(error.location?.startsWith(`${WITH_QUERY}&error=invalid_scope`));
  t.ok((await front.ask({ client_id: 'many', redirect_uri: EMPTY_QUERY }, signedIn)).location?.startsWith(`${EMPTY_QUERY}code=`));
});

const STATES = ['x', ' ', 'a b', 'a+b', '%2B', '100%', '%zz', '&x=1', '#fragment', '=', '==', "'\"<>`", '\\', '{"a":[1]}', '状态', 'é', 'e\u0301', '😀', '\ufeff', '\u200b\u202e', '\ud7ff', 'a\nb', 'a\r\nset-cookie: x=1', '\t', '?', '/../', '__proto__', 's'.repeat(4000)];

t.test('RFC 6749 4.1.2: state comes back exactly as it was sent, with a code and with an error', async (t) => {
  for (const state of STATES) {
    const good = await ask({ state });
    t.equal(good.toClient?.searchParams.get('state'), state, JSON.stringify(state).slice(0, 40));
    t.equal(good.toClient?.searchParams.has('code'), true);
    t.equal(good.toClient?.hash, '');
    t.equal(good.headers.get('set-cookie'), null);
    sentToClient(t, issuer, await ask({ state, response_type: 'token' }), 'unsupported_response_type', { state, message: JSON.stringify(state).slice(0, 40) });
  }
  t.equal((await ask({ state: null })).toClient?.searchParams.has('state'), false, 'none sent, none answered');
});

t.test('RFC 6749 4.1.2: state comes back exactly after sign-in and consent too', async (t) => {
  for (const state of STATES.slice(0, -1)) {
    const page = await front.page({ client_id: 'web', prompt: 'consent', state }, signedIn);
    const answer = await front.decide(signedIn, page.form);
    t.equal(answer.toClient?.searchParams.get('state'), state, JSON.stringify(state));
    sentToClient(t, issuer, await front.decide(signedIn, page.form, false), 'access_denied', { state, message: JSON.stringify(state) });
  }
  const signIn = await front.page({ client_id: 'web', state: STATES.join('') });
  const consent = await front.follow(signIn.browser, await front.signInOn(signIn.browser, signIn.form, 'bob'));
  t.equal((await front.decide(signIn.browser, formOf(consent.text))).toClient?.searchParams.get('state'), STATES.join(''));
});

t.test('RFC 6749 10.15, CWE-113: no parameter breaks a header line', async (t) => {
  const poison = 'x\r\nset-cookie: evil=1\r\n\r\n<html>';
  for (const name of ['state', 'nonce', 'login_hint', 'ui_locales', 'scope', 'response_type', 'prompt', 'max_age', 'resource', 'client_id', 'redirect_uri', 'response_mode', poison]) {
    for (const browser of [signedIn, front.browser()]) {
      const answer = await front.ask({ client_id: 'trusted', [name]: poison }, browser);
      t.equal(answer.headers.getSetCookie().some((cookie) => cookie.startsWith('evil')), false, name);
      t.notMatch(answer.location ?? '', /[\r\n]/, name);
    }
  }
  const response = await raw(server, { path: `${front.paths.authorization}?${requestOf({ client_id: 'trusted', state: poison })}` });
  t.notMatch(JSON.stringify(response.headers), /evil=1\\r/);
});

t.test('regression: markup in an echoed parameter is text on every page', async (t) => {
  const markup = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&lt;\``;
  const names = ['state', 'nonce', 'login_hint', 'ui_locales', 'display', 'acr_values', 'foo', markup];
  const harmless = (shown: { text: string }, name: string) => {
    t.notMatch(shown.text, /<script>alert|<img src=x/, name);
    t.notMatch(shown.text, /="[^"]*"><script/, name);
  };
  for (const name of names) {
    const signIn = await front.page({ [name]: markup });
    harmless(signIn, `${name} on the sign-in page`);
    harmless(await front.signInOn(signIn.browser, signIn.form, markup, 'x'), `${name} after a failed sign-in`);
    harmless(await front.page({ [name]: markup, prompt: 'consent' }, signedIn), `${name} on the consent page`);
    harmless(await ask({ [name]: markup, response_mode: 'form_post' }), `${name} on the form_post page`);
  }
  for (const name of ['client_id', 'redirect_uri', markup]) harmless(await front.ask({ redirect_uri: 'https://evil.example', [name]: markup }), `${name} on the error page`);
  const filled = await front.page({ login_hint: markup });
  t.match(filled.text, 'value="&quot;&gt;&lt;script&gt;');
  for (const [path, query] of [[front.paths.signInPage, `?client_id=${encodeURIComponent(markup)}`], [front.paths.consentPage, `?${encodeURIComponent(markup)}`], [`/${encodeURIComponent(markup)}`, '']] as const) {
    harmless(await front.get(signedIn, path + query, { accept: 'text/html' }), path);
  }
});

t.test('RFC 6749 10.10: codes are at least 128 bits and never the same', async (t) => {
  const codes = new Set<string>();
  for (let round = 0; round < 20; round++) codes.add((await ask({})).toClient?.searchParams.get('code') ?? '');
  t.equal(codes.size, 20);
  for (const code of codes) t.match(code, /^[A-Za-z0-9_-]{40,}$/);
});
