import t from 'tap';
import { formOf } from '#support/browser.ts';
import { directOf, jwtParts } from '#support/direct.ts';
import { eventTypes, frontOf, requestOf, sentToClient, type Shown, VERIFIER } from '#support/front.ts';
import { BOOTSTRAP, CLIENTS, startServer, stillClock } from '#support/server.ts';

const strict = { ...CLIENTS.trusted, client_id: 'strict', client_secret: 'strict-secret-of-forty-characters-01234567', default_max_age: 300 };
const server = await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, clients: [...Object.values(CLIENTS), strict] } } });
const front = frontOf(server);
const direct = directOf(server);
const { issuer, clock } = server;
const hasCode = (shown: Shown) => shown.toClient?.searchParams.has('code') === true;
const leadsTo = (shown: Shown, page: string) => shown.location?.startsWith(`${page}?`) === true;
const { signInPage, consentPage } = front.paths;
const authTimeOf = async (shown: Shown): Promise<number> => {
  const tokens = await direct.redeem(CLIENTS.trusted, { code: shown.toClient?.searchParams.get('code') ?? '', code_verifier: VERIFIER });
  return jwtParts(tokens.body.id_token).payload.auth_time;
};
const now = () => Math.floor(clock.now() / 1000);

t.test('OpenID Connect Core 3.1.2.3: without a session the person signs in, with one the answer comes at once', async (t) => {
  const before = eventTypes(server).length;
  const anonymous = await front.ask({ client_id: 'trusted' });
  t.ok(leadsTo(anonymous, signInPage));
  t.equal(eventTypes(server).length, before, 'an anonymous request costs no event');
  const alice = await front.signIn('alice');
  t.ok(hasCode(await front.ask({ client_id: 'trusted' }, alice)));
});

t.test('OpenID Connect Core 3.1.2.6 login_required, consent_required: prompt=none shows no page to anybody', async (t) => {
  sentToClient(t, issuer, await front.ask({ prompt: 'none' }), 'login_required');
  sentToClient(t, issuer, await front.ask({ prompt: 'none', client_id: 'trusted' }), 'login_required', { message: 'skip_consent signs nobody in' });
  const bob = await front.signIn('bob');
  sentToClient(t, issuer, await front.ask({ prompt: 'none' }, bob), 'consent_required');
  const page = await front.page({}, bob);
  await front.decide(bob, page.form, ['openid']);
  sentToClient(t, issuer, await front.ask({ prompt: 'none' }, bob), 'consent_required', { message: 'profile was not agreed to' });
  t.ok(hasCode(await front.ask({ prompt: 'none', scope: 'openid' }, bob)));
  sentToClient(t, issuer, await front.ask({ prompt: 'none', scope: 'openid', max_age: '0' }, bob), 'login_required', { message: 'max_age=0' });
});

t.test('OpenID Connect Core 3.1.2.1 prompt=login: the person signs in again, and auth_time says when', async (t) => {
  const alice = await front.signIn('alice');
  clock.advance(100);
  for (const prompt of ['login', 'select_account']) {
    const page = await front.page({ client_id: 'trusted', prompt }, alice);
    t.match(page.text, /type="password"/, prompt);
    clock.advance(7);
    const answer = await front.follow(alice, await front.signInOn(alice, page.form));
    t.ok(hasCode(answer));
    t.ok(Math.abs((await authTimeOf(answer)) - now()) <= 1, 'auth_time is the new sign-in');
  }
  const old = await front.ask({ client_id: 'trusted' }, alice);
  clock.advance(50);
  t.ok((await authTimeOf(old)) <= now() - 50, 'and no later one');
});

t.test('OpenID Connect Core 3.1.2.1 prompt=login: what was answered once with a sign-in is not answered for a changed request', async (t) => {
  const alice = await front.signIn('alice');
  const page = await front.page({ client_id: 'trusted', prompt: 'login' }, alice);
  const resumed = await front.signInOn(alice, page.form);
  t.ok(hasCode(await front.get(alice, resumed.location ?? '')));
  for (const [from, to] of [['state=state-1', 'state=state-2'], ['prompt=login', 'prompt=login&foo=bar'], [/exp=\d+/, `exp=${now() + 5000}`], [/&exp=\d+&sig=[^&]+/, '']] as const) {
    const changed = (resumed.location ?? '').replace(from, to);
    t.not(changed, resumed.location);
    t.ok(leadsTo(await front.get(alice, changed), signInPage), `${from}: asked to sign in again`);
  }
});

t.test('OpenID Connect Core 3.1.2.1 prompt=consent: asked again although all of it is agreed to', async (t) => {
  const alice = await front.signIn('alice');
  await front.decide(alice, (await front.page({ client_id: 'post' }, alice)).form);
  t.ok(hasCode(await front.ask({ client_id: 'post' }, alice)));
  const page = await front.page({ client_id: 'post', prompt: 'consent' }, alice);
  t.match(page.text, /name="accept"/);
  t.ok(hasCode(await front.decide(alice, page.form)));
  t.ok(leadsTo(await front.ask({ client_id: 'trusted', prompt: 'consent' }, alice), consentPage), 'skip_consent too');
});

t.test('OpenID Connect Core 3.1.2.1 prompt: combinations are done in turn, none goes alone, unknown values are invalid_request', async (t) => {
  const alice = await front.signIn('alice');
  for (const prompt of ['login consent', 'consent login', 'select_account consent', 'login  consent login']) {
    const page = await front.page({ client_id: 'trusted', prompt }, alice);
    t.match(page.text, /type="password"/, prompt);
    const consent = await front.follow(alice, await front.signInOn(alice, page.form));
    t.match(consent.text, /name="accept"/);
    t.ok(hasCode(await front.decide(alice, formOf(consent.text))));
  }
  for (const prompt of ['none login', 'none consent', 'consent none', 'none select_account', 'create', 'LOGIN', 'none none2', 'login,consent', '<script>']) {
    sentToClient(t, issuer, await front.ask({ client_id: 'trusted', prompt }, alice), 'invalid_request', { message: prompt });
  }
  t.ok(hasCode(await front.ask({ client_id: 'trusted', prompt: 'none none' }, alice)), 'the same value twice is one value');
});

t.test('OpenID Connect Core 3.1.2.1 max_age: a sign-in that is older is not enough', async (t) => {
  const alice = await front.signIn('alice');
  clock.advance(60);
  t.ok(hasCode(await front.ask({ client_id: 'trusted', max_age: '120' }, alice)));
  sentToClient(t, issuer, await front.ask({ client_id: 'trusted', max_age: '30', prompt: 'none' }, alice), 'login_required');
  const page = await front.page({ client_id: 'trusted', max_age: '30' }, alice);
  t.match(page.text, /type="password"/);
  const answer = await front.follow(alice, await front.signInOn(alice, page.form));
  t.ok(Math.abs((await authTimeOf(answer)) - now()) <= 1, 'auth_time is in the ID token');
  t.ok(hasCode(await front.ask({ client_id: 'trusted', max_age: '30', prompt: 'none' }, alice)));
});

t.test('OpenID Connect Core 3.1.2.1 max_age=0: like prompt=login, however fresh the sign-in is; done once it is enough', async (t) => {
  const alice = await front.signIn('alice');
  const page = await front.page({ client_id: 'web', max_age: '0', scope: 'openid email', prompt: 'consent' }, alice);
  t.match(page.text, /type="password"/);
  clock.advance(30);
  const consent = await front.follow(alice, await front.signInOn(alice, page.form));
  t.match(consent.text, /name="accept"/);
  clock.advance(120);
  t.ok(hasCode(await front.decide(alice, formOf(consent.text))), 'time spent on the consent page is not held against the sign-in');
});

t.test('OpenID Connect Core 3.1.2.1 max_age=0: no sign-in is fresh enough, not even one of the same millisecond', async (t) => {
  const still = await startServer(t, { config: { bootstrap: BOOTSTRAP }, clock: stillClock() });
  const stillFront = frontOf(still);
  const alice = await stillFront.signIn('alice');
  t.ok(hasCode(await stillFront.ask({ client_id: 'trusted', max_age: '1', prompt: 'none' }, alice)));
  sentToClient(t, still.issuer, await stillFront.ask({ client_id: 'trusted', max_age: '0', prompt: 'none' }, alice), 'login_required');
  const page = await stillFront.page({ client_id: 'trusted', max_age: '0' }, alice);
  t.ok(hasCode(await stillFront.follow(alice, await stillFront.signInOn(alice, page.form))));
});

t.test('OpenID Connect Registration 2 default_max_age: counts where the request has no max_age', async (t) => {
  const alice = await front.signIn('alice');
  t.ok(hasCode(await front.ask({ client_id: 'strict' }, alice)));
  clock.advance(400);
  t.ok(leadsTo(await front.ask({ client_id: 'strict' }, alice), signInPage));
  sentToClient(t, issuer, await front.ask({ client_id: 'strict', prompt: 'none' }, alice), 'login_required');
  t.ok(hasCode(await front.ask({ client_id: 'strict', max_age: '1000' }, alice)), 'the request overrides it');
  t.ok(hasCode(await front.ask({ client_id: 'trusted' }, alice)));
});

t.test('OpenID Connect Core 3.1.2.1 max_age: anything but a number of seconds is invalid_request', async (t) => {
  for (const max_age of ['-1', '1.5', 'ten', '1e3', '0x10', ' 1', '١', '99999999999999999999', 'NaN']) sentToClient(t, issuer, await front.ask({ client_id: 'trusted', max_age }), 'invalid_request', { message: max_age });
  t.ok(hasCode(await front.ask({ client_id: 'trusted', max_age: '9999999999' }, await front.signIn('alice'))));
});

t.test('OpenID Connect Core 3.1.2.1 login_hint: fills in the user name and decides nothing', async (t) => {
  const page = await front.page({ client_id: 'trusted', login_hint: 'bob@example.com' });
  t.match(page.text, /name="username"[^>]*value="bob@example.com"|value="bob@example.com"[^>]*name="username"/);
  t.ok(hasCode(await front.follow(page.browser, await front.signInOn(page.browser, page.form, 'alice'))));
  t.ok(hasCode(await front.ask({ client_id: 'trusted', login_hint: 'bob' }, page.browser)));
});

t.test('OpenID Connect Core 3.1.2.1: display, acr_values, claims and claims_locales are understood or harmlessly accepted; nonce is optional', async (t) => {
  const alice = await front.signIn('alice');
  const changes = { display: 'touch', acr_values: 'urn:x high', claims: '{"id_token":{"auth_time":{"essential":true}}}', claims_locales: 'nl', nonce: null, foo: 'bar' };
  t.ok(hasCode(await front.ask({ client_id: 'trusted', ...changes }, alice)));
  t.ok(hasCode(await front.ask({ client_id: 'trusted', claims: 'no json', display: '<b>' }, alice)));
  for (const name of ['nonce', 'login_hint', 'ui_locales']) sentToClient(t, issuer, await front.ask({ client_id: 'trusted', [name]: 'x'.repeat(513) }, alice), 'invalid_request', { message: `${name} without end` });
});

t.test('OpenID Connect Core 3.1.2.1 ui_locales: the pages speak the first language of it that they know, then the browser’s, then English', async (t) => {
  const alice = await front.signIn('alice');
  const languageOf = (shown: { text: string }) => /<html lang="([^"]*)">/.exec(shown.text)?.[1];
  for (const [ui_locales, acceptLanguage, wanted] of [
    ['zh', 'en', 'zh'],
    ['zh-Hans-CN', 'en', 'zh'],
    ['fr nl zh-TW en', 'en', 'zh'],
    ['en zh', 'zh', 'en'],
    ['fr', 'zh', 'zh'],
    ['fr', 'nl', 'en'],
    [null, 'zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    [null, 'en;q=0.1, zh;q=0.9', 'zh'],
    [null, 'zh;q=0, en', 'en'],
    ['<script>', '"', 'en'],
  ] as const) {
    const headers = { 'accept-language': acceptLanguage };
    const message = `${ui_locales} / ${acceptLanguage}`;
    const signIn = await front.page({ ui_locales }, front.browser(), headers);
    t.equal(languageOf(signIn), wanted, `sign-in: ${message}`);
    t.equal(languageOf(await front.page({ ui_locales, prompt: 'consent' }, alice, headers)), wanted, `consent: ${message}`);
    t.equal(languageOf(await front.ask({ ui_locales, client_id: 'nobody' }, alice, headers)), wanted, `error: ${message}`);
  }
  const failed = await front.page({ ui_locales: 'zh' });
  t.equal(languageOf(await front.signInOn(failed.browser, failed.form, 'alice', 'wrong')), 'zh', 'after a failed sign-in too');
});

t.test('OpenID Connect Core 3.1.2.1: the request comes back unchanged after sign-in, whatever else is in it', async (t) => {
  const page = await front.page(`${requestOf({ client_id: 'trusted', nonce: 'n-1', state: 'ünï+ %20' })}&foo=bar&empty=&claims_locales=nl`);
  const answer = await front.follow(page.browser, await front.signInOn(page.browser, page.form));
  t.equal(answer.toClient?.searchParams.get('state'), 'ünï+ %20');
  const tokens = await direct.redeem(CLIENTS.trusted, { code: answer.toClient?.searchParams.get('code') ?? '', code_verifier: VERIFIER });
  t.equal(jwtParts(tokens.body.id_token).payload.nonce, 'n-1');
});
