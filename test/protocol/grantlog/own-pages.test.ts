import t from 'tap';
import type { Browser } from '#support/browser.ts';
import { directOf } from '#support/direct.ts';
import { eventsOf, frontOf, shownToPerson, VERIFIER } from '#support/front.ts';
import { BOOTSTRAP, CLIENTS, REDIRECT_URI, startServer } from '#support/server.ts';

const LOGIN = 'http://localhost:8081/login';
const CONSENT = 'http://localhost:8081/allow';
const server = await startServer(t, { config: { bootstrap: BOOTSTRAP, pages: { login: LOGIN, consent: CONSENT } } });
const front = frontOf(server);
const direct = directOf(server);
const { signInAction, consentAction } = front.paths;
const password = 'correct horse battery staple';
const JSON_ACCEPT = { accept: 'application/json' };
const countOf = (type: string) => eventsOf(server).filter((event) => event.type === type).length;

/** The signed query that an own page finds in its address. */
async function queryAt(page: string, changes: Record<string, string | null> = {}, browser: Browser = front.browser()): Promise<{ browser: Browser; oauth_query: string }> {
  const shown = await front.ask(changes, browser);
  if (shown.status !== 303 || !shown.location?.startsWith(`${page}?`)) throw new Error(`not sent to ${page} but ${shown.status} ${shown.location}`);
  return { browser, oauth_query: shown.location.slice(page.length + 1) };
}

async function signedIn(username = 'alice'): Promise<Browser> {
  const { browser, oauth_query } = await queryAt(LOGIN);
  const answer = await front.post(browser, signInAction, { oauth_query, username, password });
  if (answer.status !== 303) throw new Error(`sign-in answered ${answer.status}`);
  return browser;
}

t.test('interface.md: with pages of one’s own people are sent there with the signed query, and Grantlog serves no page of its own', async (t) => {
  const { oauth_query } = await queryAt(LOGIN);
  t.match(oauth_query, /&exp=\d+&sig=[A-Za-z0-9_-]{43}$/);
  t.match(await queryAt(CONSENT, {}, await signedIn()), { oauth_query: /&sig=/ });
  for (const path of ['/sign-in', '/consent', '/login', '/allow']) t.equal((await front.get(front.browser(), path, { accept: 'text/html' })).status, 404, path);
});

t.test('interface.md: the signed query stands for csrf in a form: sign-in and consent by plain forms', async (t) => {
  const { browser, oauth_query } = await queryAt(LOGIN);
  const signIn = await front.post(browser, signInAction, { oauth_query, username: 'alice', password });
  const toConsent = await front.follow(browser, signIn);
  t.ok(toConsent.location?.startsWith(`${CONSENT}?`));
  const consentQuery = toConsent.location?.slice(CONSENT.length + 1) ?? '';
  const answer = await front.post(browser, consentAction, [['oauth_query', consentQuery], ['scope', 'openid'], ['accept', 'true']]);
  t.equal(answer.status, 303);
  t.ok(answer.location?.startsWith(`${REDIRECT_URI}?code=`));
  const tokens = await direct.redeem(CLIENTS.web, { code: answer.toClient?.searchParams.get('code') ?? '', code_verifier: VERIFIER });
  t.equal(tokens.body.scope, 'openid');
  const granted = eventsOf(server).findLast((event) => event.type === 'ConsentGranted');
  t.match(granted?.data, { basis: 'person', notice: null, scopes: ['openid'] }, 'the words of a page of one’s own are not ours to record');
});

t.test('interface.md: a JSON body, or Accept: application/json, gets JSON with redirect_uri instead of a 303', async (t) => {
  const { browser, oauth_query } = await queryAt(LOGIN);
  const signIn = await front.json(browser, signInAction, { oauth_query, username: 'alice', password });
  t.equal(signIn.status, 200);
  t.match(signIn.headers.get('content-type'), /^application\/json/);
  t.match(signIn.headers.get('cache-control'), 'no-store');
  const resumed = JSON.parse(signIn.text) as { redirect_uri: string };
  t.strictSame(Object.keys(resumed), ['redirect_uri']);
  const toConsent = await front.get(browser, resumed.redirect_uri);
  t.ok(resumed.redirect_uri.startsWith(`${server.issuer}/oauth2/authorize?`), 'absolute: the page may be at another origin');
  t.ok(toConsent.location?.startsWith(`${CONSENT}?`));
  const { oauth_query: consentQuery } = await queryAt(CONSENT, { prompt: 'consent' }, browser);
  const accepted = await front.json(browser, consentAction, { oauth_query: consentQuery, accept: true });
  t.equal(accepted.status, 200);
  t.ok((JSON.parse(accepted.text) as { redirect_uri: string }).redirect_uri.startsWith(`${REDIRECT_URI}?code=`));
  const denied = await front.json(browser, consentAction, { oauth_query: consentQuery, accept: false });
  t.match(JSON.parse(denied.text), { redirect_uri: /\?error=access_denied&.*state=state-1&iss=/ });
  const byAccept = await browser.fetch(consentAction, { method: 'POST', body: new URLSearchParams({ oauth_query: consentQuery, accept: 'false' }).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', ...JSON_ACCEPT } });
  t.match(await byAccept.json(), { redirect_uri: /error=access_denied/ });
  const htmlFirst = await browser.fetch(consentAction, { method: 'POST', body: new URLSearchParams({ oauth_query: consentQuery, accept: 'false' }).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html,application/json' } });
  t.equal(htmlFirst.status, 303, 'a browser’s own Accept is none');
});

t.test('interface.md: what a form does not check is not granted; a script that names no scope takes the request, one that names none takes nothing', async (t) => {
  const browser = await signedIn();
  const scopeFor = async (body: object) => {
    const { oauth_query } = await queryAt(CONSENT, { client_id: 'post', scope: 'openid profile read:photos', prompt: 'consent' }, browser);
    const answer = JSON.parse((await front.json(browser, consentAction, { oauth_query, accept: true, ...body })).text) as { redirect_uri: string };
    const { searchParams } = new URL(answer.redirect_uri);
    return searchParams.get('error') ?? (await direct.redeem(CLIENTS.post, { code: searchParams.get('code') ?? '', code_verifier: VERIFIER })).body.scope;
  };
  t.equal(await scopeFor({}), 'openid profile read:photos');
  t.equal(await scopeFor({ scope: 'openid profile' }), 'openid profile', 'one text with spaces, as OAuth writes scopes');
  t.equal(await scopeFor({ scope: ['profile', 'admin'] }), 'openid profile');
  t.equal(await scopeFor({ scope: [] }), 'access_denied');
  t.equal(await scopeFor({ scope: '' }), 'access_denied');
  const { oauth_query } = await queryAt(CONSENT, { client_id: 'post', scope: 'openid profile', prompt: 'consent' }, browser);
  const unchecked = await front.post(browser, consentAction, { oauth_query, accept: 'true' });
  t.equal(unchecked.toClient?.searchParams.get('error'), 'access_denied', 'a form with no box checked');
});

t.test('interface.md: without the query nothing stands for csrf; changed, expired or from another browser it is an error, in JSON for a script', async (t) => {
  const { browser, oauth_query } = await queryAt(LOGIN);
  const before = eventsOf(server).length;
  for (const body of [{}, { oauth_query: '' }, { oauth_query: oauth_query.replace('openid', 'admin') }, { oauth_query: 'x' }, { oauth_query: [oauth_query, oauth_query] }, { oauth_query: { $ne: null } }, { oauth_query: 1 }, { oauth_query: null }]) {
    const asForm = await front.post(browser, signInAction, Object.entries({ username: 'alice', password, ...body }).map(([name, value]) => [name, String(value)] as const));
    shownToPerson(t, asForm, 'invalid_request', { message: JSON.stringify(body).slice(0, 60) });
    const asJson = await front.json(browser, signInAction, { username: 'alice', password, ...body });
    t.equal(asJson.status, 400);
    t.match(JSON.parse(asJson.text), { error: 'invalid_request' });
    t.equal(asJson.headers.get('set-cookie'), null);
  }
  const foreign = await front.json(front.browser(), signInAction, { oauth_query, username: 'alice', password });
  t.equal(JSON.parse(foreign.text).error, 'invalid_request');
  for (const body of ['[]', '"x"', 'null', '{', '{"__proto__":{"oauth_query":"x"}}', '1']) {
    const response = await browser.fetch(signInAction, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
    t.equal(response.status, 400, body);
    t.match(response.headers.get('content-type'), /^application\/json/);
  }
  t.equal(eventsOf(server).length, before);
  server.clock.advance(601);
  t.equal(JSON.parse((await front.json(browser, signInAction, { oauth_query, username: 'alice', password })).text).error, 'invalid_request', 'expired');
});

t.test('interface.md: a failed sign-in at a page of one’s own is 401 in JSON and an error page for a form; it leads nowhere', async (t) => {
  const { browser, oauth_query } = await queryAt(LOGIN);
  const asJson = await front.json(browser, signInAction, { oauth_query, username: 'alice', password: 'wrong' });
  t.equal(asJson.status, 401);
  t.match(JSON.parse(asJson.text), { error: 'access_denied' });
  const asForm = await front.post(browser, signInAction, { oauth_query, username: 'alice', password: 'wrong' });
  t.equal(asForm.location, null);
  t.equal(asForm.error, 'access_denied');
  const before = countOf('SessionStarted');
  t.equal((await front.json(browser, signInAction, { oauth_query, username: 'alice', password })).status, 200, 'the query is good for another try');
  t.equal(countOf('SessionStarted'), before + 1);
});

t.test('regression: on a page of one’s own, too, a consent is given by the session that it is for, and by no other person', async (t) => {
  const alice = await signedIn();
  const { oauth_query } = await queryAt(CONSENT, { client_id: 'spa' }, alice);
  const stranger = front.browser();
  stranger.setCookie('grantlog-browser', alice.cookie('grantlog-browser') ?? '');
  const before = countOf('ConsentGranted');
  const answer = await front.json(stranger, consentAction, { oauth_query, accept: true });
  const { redirect_uri } = JSON.parse(answer.text) as { redirect_uri: string };
  t.ok(redirect_uri.startsWith(`${server.issuer}${front.paths.authorization}?`), 'nobody signed in: back to sign-in');
  t.ok((await front.get(stranger, redirect_uri)).location?.startsWith(`${LOGIN}?`));
  t.equal(countOf('ConsentGranted'), before);
});

t.test('CSP form-action names the origin of pages of one’s own, since browsers hold it against the redirects that follow a form', async (t) => {
  const mixed = await startServer(t, { config: { bootstrap: BOOTSTRAP, pages: { consent: CONSENT } } });
  const mixedFront = frontOf(mixed);
  const signIn = await mixedFront.page();
  t.match(signIn.headers.get('content-security-policy'), "form-action 'self' https://app.example.com http://localhost:8081;");
  const toConsent = await mixedFront.follow(signIn.browser, await mixedFront.signInOn(signIn.browser, signIn.form));
  t.ok(toConsent.location?.startsWith(`${CONSENT}?`));
});

t.test('interface.md: Grantlog’s own pages want csrf from a script as well', async (t) => {
  const own = await startServer(t, { config: { bootstrap: BOOTSTRAP } });
  const ownFront = frontOf(own);
  const page = await ownFront.page();
  const fields = Object.fromEntries(page.form.fields);
  t.equal((await ownFront.json(page.browser, page.form.action, { oauth_query: fields['oauth_query'], username: 'alice', password })).status, 400, 'the query alone is not enough there');
  t.match(JSON.parse((await ownFront.json(page.browser, page.form.action, { ...fields, username: 'alice', password })).text), { redirect_uri: /\/oauth2\/authorize\?/ });
});
