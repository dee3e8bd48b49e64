import { createHash } from 'node:crypto';
import t from 'tap';
import { formOf } from '#support/browser.ts';
import { directOf } from '#support/direct.ts';
import { eventTypes, frontOf, requestOf, type Shown, shownToPerson, VERIFIER } from '#support/front.ts';
import { BOOTSTRAP, CLIENTS, REDIRECT_URI, startServer } from '#support/server.ts';

const withQuery = { ...CLIENTS.trusted, client_id: 'with-query', redirect_uris: ['https://app.example.com/cb?tenant=1&x=%22'] };
const server = await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, clients: [...Object.values(CLIENTS), withQuery] } } });
const front = frontOf(server);
const direct = directOf(server);
const { issuer } = server;
const alice = await front.signIn('alice');
const ask = (changes: Record<string, string | null> = {}, browser = alice) => front.ask({ client_id: 'trusted', response_mode: 'form_post', ...changes }, browser);
const posted = (shown: Shown) => {
  const { action, fields } = formOf(shown.text);
  return { action, ...Object.fromEntries(fields) } as Record<string, string>;
};
type Test = Parameters<typeof shownToPerson>[0];

function formPosts(t: Test, shown: Shown, wanted: Record<string, string | RegExp>): void {
  t.equal(shown.status, 200);
  t.equal(shown.location, null);
  t.match(posted(shown), { action: REDIRECT_URI, iss: issuer, ...wanted });
  t.match(shown.text, /<form method="post"/);
}

t.test('OAuth 2.0 Form Post Response Mode 2: the answer is a form that posts code, state and iss to the redirect URI', async (t) => {
  const shown = await ask();
  formPosts(t, shown, { code: /^[\w-]{40,}$/, state: 'state-1' });
  t.strictSame(formOf(shown.text).fields.map(([name]) => name), ['code', 'state', 'iss']);
  const tokens = await direct.redeem(CLIENTS.trusted, { code: posted(shown)['code'] ?? '', code_verifier: VERIFIER, redirect_uri: REDIRECT_URI });
  t.equal(tokens.status, 200);
});

t.test('OAuth 2.0 Form Post Response Mode 2: errors go by form_post too, and without a code', async (t) => {
  for (const [changes, error] of [
    [{ response_type: 'token' }, 'unsupported_response_type'],
    [{ scope: 'nonsense' }, 'invalid_scope'],
    [{ code_challenge: null, code_challenge_method: null }, 'invalid_request'],
    [{ request: 'x' }, 'request_not_supported'],
    [{ prompt: 'none consent' }, 'invalid_request'],
  ] as const) {
    const shown = await ask(changes);
    formPosts(t, shown, { error, state: 'state-1' });
    t.strictSame(formOf(shown.text).fields.map(([name]) => name), ['error', 'error_description', 'state', 'iss']);
  }
  formPosts(t, await ask({ prompt: 'none' }, front.browser()), { error: 'login_required' });
  formPosts(t, await ask({ client_id: 'web', prompt: 'none' }), { error: 'consent_required' });
  const query = requestOf({ client_id: 'trusted', response_mode: 'form_post' });
  query.append('nonce', '1');
  query.append('nonce', '2');
  formPosts(t, await front.ask(query.toString(), alice), { error: 'invalid_request' });
});

t.test('OAuth 2.0 Form Post Response Mode: so does what the person decided, and what they were asked first', async (t) => {
  const page = await front.page({ client_id: 'web', response_mode: 'form_post' });
  const consent = await front.follow(page.browser, await front.signInOn(page.browser, page.form, 'bob'));
  const form = formOf(consent.text);
  formPosts(t, await front.decide(page.browser, form, false), { error: 'access_denied', state: 'state-1' });
  formPosts(t, await front.decide(page.browser, form), { code: /^[\w-]{40,}$/, state: 'state-1' });
});

t.test('OAuth 2.0 Form Post Response Mode 4: the page is not stored, runs one script that its CSP names, and may post to the client alone', async (t) => {
  const shown = await ask();
  t.match(shown.headers.get('cache-control'), 'no-store');
  const policy = shown.headers.get('content-security-policy') ?? '';
  const script = /<script>([^<]*)<\/script>/.exec(shown.text)?.[1] ?? '';
  t.match(policy, `script-src 'sha256-${createHash('sha256').update(script).digest('base64')}'`);
  t.match(policy, "form-action 'self' https://app.example.com;");
  t.match(policy, "frame-ancestors 'none'");
  t.equal(shown.text.match(/<script/g)?.length, 1);
  t.equal(shown.text.match(/<button/g)?.length, 1, 'a button for who has no script');
});

t.test('OAuth 2.0 Form Post Response Mode: values come through HTML unchanged, the registered URI with its query', async (t) => {
  for (const state of ['"><script>alert(1)</script>', "' onload='x", '&quot;&amp;', '状态 😀', 'a b+c%20', '`$(1)`', '</form>']) {
    const shown = await ask({ state });
    t.equal(posted(shown)['state'], state, state);
    t.notMatch(shown.text, /<script>alert/);
    t.equal(posted(await ask({ state, response_type: 'token' }))['state'], state);
  }
  t.equal(posted(await ask({ client_id: 'with-query', redirect_uri: null }))['action'], 'https://app.example.com/cb?tenant=1&x=%22');
});

t.test('OpenID Connect Core 3.1.2.1: the page follows ui_locales, then Accept-Language', async (t) => {
  t.match((await ask({ ui_locales: 'zh-CN' })).text, /<html lang="zh">/);
  t.match((await front.ask({ client_id: 'trusted', response_mode: 'form_post' }, alice, { 'accept-language': 'zh' })).text, /<html lang="zh">/);
  t.match((await ask()).text, /<html lang="en">/);
});

t.test('RFC 6749 4.1.2.1: an unproven address gets no form either', async (t) => {
  shownToPerson(t, await ask({ redirect_uri: 'https://evil.example/cb' }), 'invalid_redirect_uri');
  shownToPerson(t, await ask({ client_id: 'nobody' }), 'invalid_client');
});

t.test('interface.md: a script on the consent form gets address and parameters as JSON, not a page', async (t) => {
  const page = await front.page({ client_id: 'web', response_mode: 'form_post', prompt: 'consent' }, alice);
  const body = { ...Object.fromEntries(page.form.fields), scope: ['openid', 'profile'], accept: true };
  const granted = JSON.parse((await front.json(alice, page.form.action, body)).text);
  t.match(granted, { redirect_uri: REDIRECT_URI, response_mode: 'form_post', parameters: { code: /^[\w-]{40,}$/, state: 'state-1', iss: issuer } });
  const denied = JSON.parse((await front.json(alice, page.form.action, { ...body, accept: false })).text);
  t.match(denied, { redirect_uri: REDIRECT_URI, parameters: { error: 'access_denied', state: 'state-1' } });
  t.equal(eventTypes(server).filter((type) => type === 'ConsentDenied').length, 2);
});
