import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Browser, formOf } from '#support/browser.ts';
import { eventsOf, frontOf, requestOf, sentToClient, type Shown, shownToPerson } from '#support/front.ts';
import { BOOTSTRAP, startServer } from '#support/server.ts';

const server = await startServer(t, { config: { bootstrap: BOOTSTRAP } });
const front = frontOf(server);
const { issuer, clock } = server;
const COOKIE = 'grantlog-session';
const hasCode = (shown: Shown) => shown.toClient?.searchParams.has('code') === true;
const isSignedIn = async (browser: Browser) => hasCode(await front.ask({ client_id: 'trusted', prompt: 'none' }, browser));
const newestOf = (type: string) => eventsOf(server).findLast((event) => event.type === type);

/** Another browser with the same cookies, as a thief would have it. */
function copyOf(browser: Browser, value = browser.cookie(COOKIE)): Browser {
  const copy = new Browser(server.url);
  copy.setCookie(COOKIE, value ?? '');
  copy.setCookie('grantlog-browser', browser.cookie('grantlog-browser') ?? '');
  return copy;
}

t.test('interface.md: the cookies of a loopback http issuer are HttpOnly, SameSite=Lax, host-only and end with the browser; they are not Secure', async (t) => {
  const browser = front.browser();
  const page = await front.page({}, browser);
  const first = await browser.fetch(`${front.paths.authorization}?${requestOf()}`);
  t.strictSame(first.headers.getSetCookie(), [], 'the browser’s cookie is given once');
  const signedIn = await front.signInOn(browser, page.form);
  const cookies = [...(await front.ask({}, front.browser())).headers.getSetCookie(), ...signedIn.headers.getSetCookie()];
  t.strictSame(cookies.map((cookie) => cookie.replace(/=[^;]*/, '=')).sort(), ['grantlog-browser=; Path=/; HttpOnly; SameSite=Lax', 'grantlog-session=; Path=/; HttpOnly; SameSite=Lax']);
});

t.test('interface.md: where the issuer is https they are __Host- and Secure, whatever a proxy speaks to us', async (t) => {
  const https = await startServer(t, { config: { bootstrap: BOOTSTRAP, issuer: 'https://auth.example.com/tenant', trustedProxies: ['127.0.0.1'] } });
  const httpsFront = frontOf(https);
  for (const headers of [{}, { 'x-forwarded-proto': 'http', forwarded: 'proto=http' }, { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example' }]) {
    const page = await httpsFront.page({}, httpsFront.browser(), headers as Record<string, string>);
    const signedIn = await httpsFront.signInOn(page.browser, page.form);
    t.match(signedIn.headers.getSetCookie().join(), /^__Host-grantlog-session=[^;]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
    t.ok(page.browser.cookie('__Host-grantlog-browser'));
    t.equal(signedIn.headers.get('strict-transport-security'), 'max-age=31536000');
  }
  const plain = new Browser(https.url);
  plain.setCookie('grantlog-session', 'x');
  plain.setCookie('grantlog-browser', 'A'.repeat(43));
  t.match((await httpsFront.ask({}, plain)).headers.getSetCookie().join(), /__Host-grantlog-browser=/, 'a cookie without the prefix, which a neighbour could set, counts for nothing');
});

t.test('regression: session fixation: signing in sets a new cookie, and the one before is worth nothing', async (t) => {
  const browser = front.browser();
  browser.setCookie(COOKIE, '01890000-0000-7000-8000-000000000000.0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
  const planted = browser.cookie(COOKIE);
  await front.signIn('alice', browser);
  const first = browser.cookie(COOKIE);
  t.not(first, planted);
  t.notOk(await isSignedIn(copyOf(browser, planted)));
  t.ok(await isSignedIn(browser));
  const eve = await front.signIn('bob');
  const victim = copyOf(eve);
  await front.signIn('alice', victim);
  t.not(victim.cookie(COOKIE), eve.cookie(COOKIE));
  t.notOk(await isSignedIn(eve), 'who planted their own session is signed in as nobody, least of all as the victim');
});

t.test('OpenID Connect Core 3.1.2.1: the same person signing in again keeps the session under a new cookie; the old cookie is dead', async (t) => {
  const alice = await front.signIn('alice');
  const thief = copyOf(alice);
  t.ok(await isSignedIn(thief));
  const [session] = (alice.cookie(COOKIE) ?? '').split('.');
  await front.signIn('alice', alice);
  t.equal((alice.cookie(COOKIE) ?? '').split('.')[0], session, 'the same session');
  t.notOk(await isSignedIn(thief));
  t.ok(await isSignedIn(alice));
  t.match(newestOf('SessionReauthenticated'), { stream: `session-${session}`, actor: { kind: 'account', id: 'sub-alice' }, data: { amr: ['pwd'], acr: 'urn:grantlog:acr:single-factor' } });
});

t.test('protocol.md: another person signing in ends the first session', async (t) => {
  const browser = await front.signIn('alice');
  const before = copyOf(browser);
  const [session] = (browser.cookie(COOKIE) ?? '').split('.');
  await front.signIn('bob', browser);
  t.not((browser.cookie(COOKIE) ?? '').split('.')[0], session);
  t.notOk(await isSignedIn(before));
  t.match(eventsOf(server).findLast((event) => event.stream === `session-${session}`), { type: 'SessionEnded', data: { reason: 'another_account_signed_in' } });
});

t.test('protocol.md: a session cookie with any character changed, cut, or of another session opens nothing', async (t) => {
  const alice = await front.signIn('alice');
  const bob = await front.signIn('bob');
  const cookie = alice.cookie(COOKIE) ?? '';
  const [id, revision, secret] = cookie.split('.');
  const [bobsId, , bobsSecret] = (bob.cookie(COOKIE) ?? '').split('.');
  const bad = [
    ...Array.from(cookie, (character, index) => `${cookie.slice(0, index)}${character === '1' ? '2' : '1'}${cookie.slice(index + 1)}`),
    ...[1, 2, 10, 43, 44].map((count) => cookie.slice(0, -count)),
    `${cookie}A`, `${id}.1.${secret}`, `${id}.00.${secret}`, `${id}.-1.${secret}`, `${id}.999999999.${secret}`, `${id}.${revision}.${bobsSecret}`, `${bobsId}.${revision}.${secret}`, `${id}`, `${id}.${revision}.`, '', 'x', 'null', cookie.toUpperCase(), `${id}.${revision}.${'A'.repeat(5000)}`, `session-${cookie}`, "' OR 1=1 --.0.x",
  ];
  for (const value of bad) t.notOk(await isSignedIn(copyOf(alice, value)), value.slice(0, 120));
  t.ok(await isSignedIn(alice));
});

t.test('protocol.md: a session ends when it was not used for its idle time, and at its absolute end however much it is used', async (t) => {
  const HOUR = 3600;
  const idle = await front.signIn('alice');
  const busy = await front.signIn('alice');
  clock.advance(7 * HOUR);
  t.ok(await isSignedIn(busy));
  clock.advance(HOUR + 1);
  t.notOk(await isSignedIn(idle), '8 h without use');
  sentToClient(t, issuer, await front.ask({ client_id: 'trusted', prompt: 'none' }, idle), 'login_required');
  t.match((await front.follow(idle, await front.ask({ client_id: 'trusted' }, idle))).text, /type="password"/);
  t.ok(await isSignedIn(busy), 'used an hour ago');
  let hours = 8;
  while (hours + 7 < 30 * 24) {
    clock.advance(7 * HOUR);
    hours += 7;
    t.ok(await isSignedIn(busy), `${hours} h`);
  }
  clock.advance((30 * 24 - hours) * HOUR);
  t.notOk(await isSignedIn(busy), '30 d');
});

t.test('interface.md: lifetimes.session and lifetimes.sessionAbsolute set both', async (t) => {
  const short = await startServer(t, { config: { bootstrap: BOOTSTRAP, lifetimes: { session: '10m', sessionAbsolute: 'PT15M' } } });
  const shortFront = frontOf(short);
  const alive = async (browser: Browser) => hasCode(await shortFront.ask({ client_id: 'trusted', prompt: 'none' }, browser));
  const [idle, busy] = [await shortFront.signIn('alice'), await shortFront.signIn('alice')];
  short.clock.advance(9 * 60);
  t.ok(await alive(busy));
  short.clock.advance(61);
  t.notOk(await alive(idle));
  t.ok(await alive(busy));
  short.clock.advance(5 * 60);
  t.notOk(await alive(busy));
});

t.test('protocol.md: sessions are stored hashed: what the cookie holds is nowhere in the data directory', async (t) => {
  const alice = await front.signIn('alice');
  const secret = (alice.cookie(COOKIE) ?? '').split('.')[2] ?? 'none';
  for (const name of readdirSync(server.dataDir).filter((file) => file.startsWith('grantlog.db'))) t.notOk(readFileSync(join(server.dataDir, name)).includes(secret), name);
});

t.test('CSRF of the sign-in form: a token that is missing, empty, of another browser or of another form signs nobody in', async (t) => {
  const page = await front.page();
  const other = await front.page();
  const alice = await front.signIn('alice');
  const consent = await front.page({ prompt: 'consent' }, alice);
  const csrfOf = (fields: readonly (readonly [string, string])[]) => fields.find(([name]) => name === 'csrf')?.[1] ?? '';
  const own = csrfOf(page.form.fields);
  const before = eventsOf(server).length;
  for (const csrf of [null, '', csrfOf(other.form.fields), csrfOf(consent.form.fields), own.slice(0, -1), `${own}A`, own.replace('en.', 'zh.'), own.replace('en.', ''), 'en.', 'x', '__proto__']) {
    const fields = [...page.form.fields.filter(([name]) => name !== 'csrf'), ...(csrf === null ? [] : [['csrf', csrf] as const])];
    const refused = await front.signInOn(page.browser, { ...page.form, fields });
    shownToPerson(t, refused, 'invalid_request', { message: String(csrf) });
  }
  const twice = await front.signInOn(page.browser, { ...page.form, fields: [...page.form.fields, ['csrf', own]] });
  shownToPerson(t, twice, 'invalid_request', { message: 'two tokens' });
  const withoutCookie = await front.signInOn(front.browser(), { ...page.form, fields: page.form.fields.filter(([name]) => name !== 'oauth_query') });
  shownToPerson(t, withoutCookie, 'invalid_request', { message: 'login CSRF: the form of somebody else in a browser without our cookie' });
  t.equal(eventsOf(server).length, before);
  t.equal((await front.signInOn(page.browser, page.form)).status, 303, 'its own token is taken');
});

t.test('CSRF of the consent form: a token of another session, browser, request or language decides nothing', async (t) => {
  const alice = await front.signIn('alice');
  const alsoAlice = await front.signIn('alice');
  const csrfOf = async (browser: Browser, changes: Record<string, string>) => (await front.page({ prompt: 'consent', ...changes }, browser)).form.fields.find(([name]) => name === 'csrf')?.[1] ?? '';
  const page = await front.page({ prompt: 'consent' }, alice);
  const own = await csrfOf(alice, {});
  t.equal(page.form.fields.find(([name]) => name === 'csrf')?.[1], own);
  const signInCsrf = (await front.page({ prompt: 'login' }, alice)).form.fields.find(([name]) => name === 'csrf')?.[1] ?? '';
  const foreign = [await csrfOf(alsoAlice, {}), await csrfOf(alice, { scope: 'openid email' }), await csrfOf(alice, { client_id: 'post' }), signInCsrf, own.replace('en.', 'zh.'), own.slice(0, -1), '', null];
  const before = eventsOf(server).length;
  for (const csrf of foreign) {
    t.not(csrf, own);
    const fields = [...page.form.fields.filter(([name]) => name !== 'csrf'), ...(csrf === null ? [] : [['csrf', csrf] as const])];
    shownToPerson(t, await front.decide(alice, { ...page.form, fields }), 'invalid_request', { message: String(csrf) });
    shownToPerson(t, await front.decide(alice, { ...page.form, fields }, false), 'invalid_request', { message: `${csrf}, denied` });
  }
  t.equal(eventsOf(server).length, before);
  const old = await front.page({ prompt: 'consent' }, alice);
  await front.signIn('bob', alice);
  await front.signIn('alice', alice);
  shownToPerson(t, await front.decide(alice, old.form), 'invalid_request', { message: 'a later session of the same person is another one' });
});

t.test('interface.md: the sign-in page without a request signs in and says so; unknown names and wrong passwords look alike', async (t) => {
  const browser = front.browser();
  const page = await front.get(browser, front.paths.signInPage);
  const form = formOf(page.text);
  t.strictSame(form.fields.map(([name]) => name), ['csrf']);
  t.match(page.text, /<button[^>]*type="submit"/);
  const shapes = [];
  for (const [username, password] of [['alice', 'wrong'], ['nobody', 'wrong'], ['alice', ''], ['', ''], ['a'.repeat(300), 'x'], ['alice', 'x'.repeat(2000)]] as const) {
    const refused = await front.signInOn(browser, form, username, password);
    t.equal(refused.status, 401);
    t.equal(refused.headers.get('set-cookie'), null);
    t.notMatch(refused.text, /wrong"/, 'the password is not filled in again');
    shapes.push(refused.text.replace(/value="[^"]*"/g, '').replace(/ autofocus/g, ''));
  }
  t.equal(new Set(shapes).size, 1);
  const done = await front.signInOn(browser, form, 'alice');
  t.equal(done.location, front.paths.signInPage);
  t.match((await front.get(browser, front.paths.signInPage)).text, /Alice Example/);
});

t.test('regression: user enumeration by timing: an unknown name costs the same hash as a known one', async (t) => {
  const { passwords } = server.core;
  const original = passwords.verify;
  const seen: (string | null)[] = [];
  (passwords as { verify: typeof original }).verify = (hash, password) => {
    seen.push(hash);
    return original(hash, password);
  };
  t.teardown(() => {
    (passwords as { verify: typeof original }).verify = original;
  });
  const page = await front.page();
  await front.signInOn(page.browser, page.form, 'root', 'wrong');
  await front.signInOn(page.browser, page.form, 'no-such-person', 'wrong');
  t.equal(seen.length, 2);
  t.match(seen[0], /^\$argon2id\$/);
  t.equal(seen[1], null, 'which verify answers from a decoy hash of the same cost');
});
