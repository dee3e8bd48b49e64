import t from 'tap';
import { formOf } from '#support/browser.ts';
import { frontOf, requestOf, VERIFIER } from '#support/front.ts';
import { BOOTSTRAP, REDIRECT_URI, startServer } from '#support/server.ts';

const lines: string[] = [];
const server = await startServer(t, { config: { bootstrap: BOOTSTRAP }, log: { write: (line: string) => void lines.push(line) }, logLevel: 'trace' });
const front = frontOf(server);
const alice = await front.signIn('alice');

t.test('RFC 9700 4.12: what follows a form or a request is a 303, which no browser answers with the body again', async (t) => {
  const page = await front.page();
  const signIn = await front.signInOn(page.browser, page.form);
  const consent = await front.page({ prompt: 'consent' }, page.browser);
  const shown = [signIn, await front.decide(page.browser, consent.form), await front.decide(page.browser, consent.form, false), await front.ask({}, alice), await front.ask({ client_id: 'trusted' }, alice), await front.post(alice, front.paths.authorization, Object.fromEntries(requestOf()))];
  for (const { status, text } of shown) {
    t.equal(status, 303);
    t.equal(text, '');
  }
});

t.test('RFC 9700 4.11: no page or form of ours sends anybody where a parameter says, but to the validated redirect URI', async (t) => {
  const evil = 'https://evil.example/';
  const names = ['redirect', 'redirect_to', 'redirect_url', 'return_to', 'returnTo', 'next', 'url', 'target', 'continue', 'callbackURL', 'redirect_uri', 'post_logout_redirect_uri', 'RelayState', 'goto'];
  const extra = names.map((name) => [name, evil] as const);
  const browser = front.browser();
  const plain = await front.get(browser, `${front.paths.signInPage}?${new URLSearchParams(Object.fromEntries(extra))}`);
  const signedIn = await front.signInOn(browser, { ...formOf(plain.text), fields: [...formOf(plain.text).fields, ...extra] });
  t.equal(signedIn.location, front.paths.signInPage);
  const page = await front.page({ prompt: 'login consent' }, browser);
  const resumed = await front.signInOn(browser, { ...page.form, fields: [...page.form.fields, ...extra] });
  t.ok(resumed.location?.startsWith(`${front.paths.authorization}?`));
  const consent = await front.follow(browser, resumed);
  const form = formOf(consent.text);
  t.ok((await front.decide(browser, { ...form, fields: [...form.fields, ...extra] })).location?.startsWith(`${REDIRECT_URI}?code=`));
});

t.test('RFC 9700 2.1.2, 4.2, 4.3: an answer holds a code and nothing else of worth; no page shows it or sends a referrer', async (t) => {
  const answer = await front.ask({ client_id: 'trusted', scope: 'openid profile email offline_access' }, alice);
  t.strictSame([...(answer.toClient?.searchParams.keys() ?? [])], ['code', 'state', 'iss']);
  t.equal(answer.toClient?.hash, '');
  t.equal(answer.headers.get('referrer-policy'), 'no-referrer');
  t.notMatch(answer.location, /alice|Alice|sub-alice|eyJ/, 'and nothing about the person');
});

t.test('RFC 9700 4.7, 4.8: a challenge is of one transaction: the code of another verifier’s request is not redeemed with it', async (t) => {
  const answer = await front.ask({ client_id: 'spa', prompt: 'consent', code_challenge: 'A'.repeat(43) }, alice).then((shown) => front.get(alice, shown.location ?? ''));
  const decided = await front.decide(alice, formOf(answer.text));
  const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: 'spa', code: decided.toClient?.searchParams.get('code') ?? '', code_verifier: VERIFIER });
  const response = await fetch(`${server.url}/oauth2/token`, { method: 'POST', body });
  t.equal(response.status, 400);
  t.match(await response.json(), { error: 'invalid_grant' });
});

t.test('regression: values of the request are in no cookie, and hidden fields carry them signed', async (t) => {
  const page = await front.page({ state: 'state-of-the-request', nonce: 'nonce-of-the-request', login_hint: 'hint-of-the-person' });
  const cookies = [...(await front.ask({ state: 'state-of-the-request' })).headers.getSetCookie(), `${page.browser.cookie('grantlog-browser')}`];
  t.notMatch(cookies.join(), /of-the|web|example/);
  t.match(cookies.at(-1), /^[A-Za-z0-9_-]{43}$/, 'the browser’s cookie is random and says nothing');
  for (const [name] of page.form.fields) t.ok(['oauth_query', 'csrf'].includes(name));
});

t.test('RFC 9700 4.2, 4.3: the log has paths and no queries, codes, passwords, cookies or names', async (t) => {
  lines.length = 0;
  const page = await front.page({ state: 'secret-state', login_hint: 'secret-hint', prompt: 'consent' });
  await front.signInOn(page.browser, page.form, 'alice', 'secret-wrong-password');
  const consent = await front.follow(page.browser, await front.signInOn(page.browser, page.form));
  const decided = await front.decide(page.browser, formOf(consent.text));
  await front.ask({ state: 'secret-state', response_type: 'token' }, alice);
  await front.ask({ client_id: 'nobody', state: 'secret-state' }, alice);
  const log = lines.join('');
  t.match(log, '"path":"/oauth2/authorize"');
  for (const secret of ['secret-', 'correct horse', 'alice', 'sig=', 'code_challenge', decided.toClient?.searchParams.get('code') ?? 'no code', page.browser.cookie('grantlog-session')?.split('.')[2] ?? 'no cookie', page.browser.cookie('grantlog-browser') ?? 'no cookie']) {
    t.notOk(log.includes(secret), `${secret.slice(0, 12)}…`);
  }
});
