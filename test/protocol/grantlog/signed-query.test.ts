import t from 'tap';
import { Browser, type Form, formOf } from '#support/browser.ts';
import { eventsOf, frontOf, requestOf, type Shown, shownToPerson } from '#support/front.ts';
import { BOOTSTRAP, REDIRECT_URI, startServer, testClock } from '#support/server.ts';

const server = await startServer(t, { config: { bootstrap: BOOTSTRAP } });
const front = frontOf(server);
const { clock } = server;
const hasCode = (shown: Shown) => shown.toClient?.searchParams.has('code') === true;
const queryOf = (form: Form) => form.fields.find(([name]) => name === 'oauth_query')?.[1] ?? '';
const withQuery = (form: Form, query: string): Form => ({ ...form, fields: form.fields.map(([name, value]) => [name, name === 'oauth_query' ? query : value] as const) });
const eventCount = () => eventsOf(server).length;
const hasSession = (shown: Shown) => shown.headers.getSetCookie().some((cookie) => cookie.includes('session='));
const flip = (text: string, index: number) => `${text.slice(0, index)}${text[index] === 'A' ? 'B' : 'A'}${text.slice(index + 1)}`;

t.test('interface.md: oauth_query is the whole authorization query plus exp and sig, in the address and in the form', async (t) => {
  const sent = `${requestOf({ state: 'a b+é' })}&foo=bar&foo2=`;
  const page = await front.page(sent);
  const query = queryOf(page.form);
  t.equal(page.url, `${front.paths.signInPage}?${query}`);
  const [, body, exp, sig] = /^(.*)&exp=(\d+)&sig=([A-Za-z0-9_-]{43})$/.exec(query) ?? [];
  t.strictSame([...new URLSearchParams(body)], [...new URLSearchParams(sent)]);
  t.ok(Math.abs(Number(exp) * 1000 - clock.now() - 600_000) < 2000, 'ten minutes');
  t.ok(sig);
  const alice = await front.signIn('alice');
  const consent = await front.page(sent, alice);
  t.equal(consent.url, `${front.paths.consentPage}?${queryOf(consent.form)}`);
});

t.test('interface.md: a signed query with any byte changed gives the error page with invalid_request, on both pages', async (t) => {
  const alice = await front.signIn('alice');
  const signIn = await front.page();
  const consent = await front.page({ prompt: 'consent' }, alice);
  const before = eventCount();
  for (const { url, browser } of [signIn, consent]) {
    const from = url.indexOf('?') + 1;
    const failures: string[] = [];
    for (let index = from; index < url.length; index++) {
      const shown = await front.get(browser, flip(url, index));
      if (shown.status !== 400 || shown.error !== 'invalid_request' || shown.location !== null) failures.push(`${index}: ${url.slice(index - 5, index + 5)} ${shown.status}`);
    }
    t.strictSame(failures, [], `${url.length - from} bytes of ${url.slice(0, from)}`);
  }
  t.equal(eventCount(), before);
});

t.test('interface.md: a form with a changed query gives the error page, and nothing happens: no session, no consent', async (t) => {
  const alice = await front.signIn('alice');
  const signIn = await front.page();
  const consent = await front.page({ prompt: 'consent' }, alice);
  const before = eventCount();
  const changes: readonly ((query: string) => string)[] = [
    (query) => query.replace('scope=openid+profile', 'scope=openid+profile+email'),
    (query) => query.replace('client_id=web', 'client_id=trusted'),
    (query) => query.replace('state=state-1', 'state=state-2'),
    (query) => query.replace(/exp=\d+/, `exp=${Math.floor(clock.now() / 1000) + 9999}`),
    (query) => query.replace(/exp=(\d+)/, 'exp=0$1'),
    (query) => query.replace(/&sig=.*/, ''),
    (query) => query.replace(/sig=.*/, 'sig='),
    (query) => query.slice(0, -1),
    (query) => `${query}A`,
    (query) => `${query}=`,
    (query) => `${query}&scope=admin`,
    (query) => `${query}&exp=9999999999&sig=${'A'.repeat(43)}`,
    (query) => `scope=admin&${query}`,
    (query) => `&${query}`,
    (query) => `?${query}`,
    (query) => `${query} `,
    (query) => `${query}\n`,
    (query) => query.split('&').reverse().join('&'),
    (query) => query.replace('&state', '&&state'),
    (query) => query.replace('profile', 'pro%66ile'),
    (query) => query.replace('response_type', 'RESPONSE_TYPE'),
    (query) => flip(query, 3),
    () => 'exp=1&sig=x',
    () => 'x',
    () => '\u0000',
    () => `${'x'.repeat(30_000)}&exp=9999999999&sig=${'A'.repeat(43)}`,
  ];
  for (const [index, change] of changes.entries()) {
    const signInQuery = change(queryOf(signIn.form));
    t.not(signInQuery, queryOf(signIn.form), `change ${index} is one`);
    const shown = await front.signInOn(signIn.browser, withQuery(signIn.form, signInQuery));
    shownToPerson(t, shown, 'invalid_request', { message: `sign-in, change ${index}` });
    shownToPerson(t, await front.decide(alice, withQuery(consent.form, change(queryOf(consent.form)))), 'invalid_request', { message: `consent, change ${index}` });
  }
  shownToPerson(t, await front.decide(alice, { ...consent.form, fields: consent.form.fields.filter(([name]) => name !== 'oauth_query') }), 'invalid_request', { message: 'no query at all' });
  shownToPerson(t, await front.decide(alice, { ...consent.form, fields: [...consent.form.fields, ['oauth_query', queryOf(consent.form)]] }), 'invalid_request', { message: 'two of them' });
  t.equal(eventCount(), before);
  t.ok(hasCode(await front.decide(alice, consent.form)), 'the form as it was is taken');
});

t.test('regression: response_type, client_id and redirect_uri cannot be changed through what the browser carries', async (t) => {
  const alice = await front.signIn('alice');
  const signIn = await front.page({ prompt: 'login' });
  for (const [from, to] of [['response_type=code', 'response_type=token'], [encodeURIComponent(REDIRECT_URI), encodeURIComponent('https://evil.example/')], ['client_id=web', 'client_id=native'], ['code_challenge=E', 'code_challenge=F']] as const) {
    const resumed = await front.signInOn(signIn.browser, signIn.form);
    const changed = (resumed.location ?? '').replace(from, to);
    t.not(changed, resumed.location);
    const answer = await front.get(signIn.browser, changed);
    t.notOk(hasCode(answer), `${to}: what is changed on the way back is a new request, asked about anew`);
    const consent = await front.page({ prompt: 'consent' }, alice);
    shownToPerson(t, await front.decide(alice, withQuery(consent.form, queryOf(consent.form).replace(from, to))), 'invalid_request', { message: to });
    const beside = await front.decide(alice, { ...consent.form, fields: [...consent.form.fields, to.split('=') as [string, string], ['redirect_uri', 'https://evil.example/']] });
    t.ok(beside.location?.startsWith(`${REDIRECT_URI}?code=`), 'a field of the form decides nothing');
  }
});

t.test('interface.md: a signed query lives as long as lifetimes.oauthQuery says; after that nothing happens, with the right password too', async (t) => {
  const alice = await front.signIn('alice');
  const signIn = await front.page();
  const consent = await front.page({ prompt: 'consent' }, alice);
  clock.advance(590);
  t.equal((await front.get(signIn.browser, signIn.url)).status, 200, 'still good');
  clock.advance(11);
  const before = eventCount();
  shownToPerson(t, await front.get(signIn.browser, signIn.url), 'invalid_request');
  shownToPerson(t, await front.get(alice, consent.url), 'invalid_request');
  const refused = await front.signInOn(signIn.browser, signIn.form);
  shownToPerson(t, refused, 'invalid_request');
  t.notOk(hasSession(refused));
  shownToPerson(t, await front.decide(alice, consent.form), 'invalid_request');
  shownToPerson(t, await front.decide(alice, consent.form, false), 'invalid_request');
  t.equal(eventCount(), before);
});

t.test('interface.md: a signed query is bound to the browser that it was sent to', async (t) => {
  const alice = await front.signIn('alice');
  const alsoAlice = await front.signIn('alice');
  const signIn = await front.page();
  const consent = await front.page({ prompt: 'consent' }, alice);
  const before = eventCount();
  for (const foreign of [front.browser(), (await front.page()).browser, alsoAlice]) {
    shownToPerson(t, await front.get(foreign, signIn.url), 'invalid_request');
    shownToPerson(t, await front.get(foreign, consent.url), 'invalid_request');
    const refused = await front.signInOn(foreign, signIn.form);
    t.equal(refused.error, 'invalid_request');
    t.notOk(hasSession(refused));
    t.equal((await front.decide(foreign, consent.form)).error, 'invalid_request', 'the same person in another browser is another browser');
  }
  t.equal(eventCount(), before);
  const resumed = await front.signInOn(signIn.browser, signIn.form);
  t.match((await front.follow(front.browser(), resumed)).text, /type="password"/, 'nor does the way back carry a sign-in to another browser');
});

t.test('interface.md: a signed query is good for its page alone', async (t) => {
  const alice = await front.signIn('alice');
  const signIn = await front.page({ prompt: 'login' }, alice);
  const consent = await front.page({ prompt: 'consent' }, alice);
  const before = eventCount();
  shownToPerson(t, await front.get(alice, signIn.url.replace(front.paths.signInPage, front.paths.consentPage)), 'invalid_request');
  shownToPerson(t, await front.get(alice, consent.url.replace(front.paths.consentPage, front.paths.signInPage)), 'invalid_request');
  shownToPerson(t, await front.decide(alice, withQuery(consent.form, queryOf(signIn.form))), 'invalid_request');
  shownToPerson(t, await front.signInOn(alice, withQuery(signIn.form, queryOf(consent.form))), 'invalid_request');
  t.equal(eventCount(), before);
  for (const query of [queryOf(signIn.form), queryOf(consent.form)]) {
    const shown = await front.ask(query, alice);
    t.ok(shown.location?.startsWith(front.paths[query === queryOf(signIn.form) ? 'signInPage' : 'consentPage']), 'at the authorization endpoint it is a new request: what it wants is asked for again');
  }
});

t.test('interface.md: what was used once gives nothing more when it is used again', async (t) => {
  const signIn = await front.page({ client_id: 'trusted', prompt: 'login' });
  const { browser } = signIn;
  const resumed = await front.signInOn(browser, signIn.form);
  const first = await front.get(browser, resumed.location ?? '');
  const again = await front.get(browser, resumed.location ?? '');
  t.ok(hasCode(first) && hasCode(again), 'a reload asks the same request in the same session');
  t.not(first.toClient?.searchParams.get('code'), again.toClient?.searchParams.get('code'), 'and never gives a code twice');
  browser.forget('grantlog-session');
  t.match((await front.follow(browser, await front.get(browser, resumed.location ?? ''))).text, /type="password"/, 'without the session it is worth nothing');
  const wrong = await front.signInOn(browser, signIn.form, 'alice', 'wrong');
  t.equal(wrong.status, 401, 'the form sent again needs the password again');
});

t.test('a signed query may be read and written again with URLSearchParams, as scripts of own pages do', async (t) => {
  const state = "a b+c~!*'()%/ü😀&=";
  for (const sent of [requestOf({ state }).toString(), `${requestOf({ state: null })}&state=${encodeURIComponent(state)}`, `${requestOf({ state: null })}&state=~!*'()&flag&x=%7e`]) {
    const signIn = await front.page(sent);
    const rewritten = new URLSearchParams(queryOf(signIn.form)).toString();
    t.equal(rewritten, queryOf(signIn.form));
    t.equal((await front.signInOn(signIn.browser, withQuery(signIn.form, rewritten))).status, 303);
  }
});

t.test('a request that brings exp and sig of its own, or a second question mark, means nothing by them', async (t) => {
  const alice = await front.signIn('alice');
  for (const extra of ['exp=9999999999&sig=x', `exp=9999999999&sig=${'A'.repeat(43)}`, '%65xp=1&%73ig=2', 'exp=1&exp=2']) {
    const shown = await front.ask(`${requestOf({ client_id: 'trusted', prompt: 'login' })}&${extra}`, alice);
    if (extra === 'exp=1&exp=2') t.equal(shown.toClient?.searchParams.get('error'), 'invalid_request');
    else t.match((await front.get(alice, shown.location ?? '')).text, /type="password"/, `${extra}: still asked to sign in`);
  }
  const confused = await front.page(`?prompt=none&${requestOf({ client_id: 'trusted', prompt: 'login' })}`, alice);
  t.match(confused.text, /type="password"/, 'a parameter named ?prompt is none');
  t.ok(hasCode(await front.follow(alice, await front.signInOn(alice, confused.form))));
});

t.test('a page that was open outlives a restart on the same data directory', async (t) => {
  const sharedClock = testClock();
  const first = await startServer(t, { config: { bootstrap: BOOTSTRAP, issuer: 'http://localhost:4321' }, clock: sharedClock });
  const firstFront = frontOf(first);
  const signIn = await firstFront.page();
  await first.stop();
  const second = await startServer(t, { config: { bootstrap: BOOTSTRAP, issuer: 'http://localhost:4321' }, dataDir: first.dataDir, clock: sharedClock });
  const browser = new Browser(second.url);
  browser.setCookie('grantlog-browser', signIn.browser.cookie('grantlog-browser') ?? '');
  const secondFront = frontOf(second);
  const consent = await secondFront.follow(browser, await secondFront.signInOn(browser, signIn.form));
  t.ok(hasCode(await secondFront.decide(browser, formOf(consent.text))));
});
