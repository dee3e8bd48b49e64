import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import t from 'tap';
import { updateClient } from '#client/update-client.ts';
import { clients } from '#client/projection.ts';
import { consentIdOf } from '#consent/give-consent.ts';
import { withdrawConsent } from '#consent/withdraw-consent.ts';
import { endSession } from '#session/end-session.ts';
import { type Form, formOf } from '#support/browser.ts';
import { directOf } from '#support/direct.ts';
import { eventsOf, frontOf, sentToClient, type Shown, VERIFIER } from '#support/front.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const fancy = {
  ...CLIENTS.web,
  client_id: 'fancy',
  client_secret: 'fancy-secret-of-forty-characters-012345678',
  client_name: 'Fancy & Sons <Print>',
  'client_name#zh': '照片打印',
  logo_uri: 'https://cdn.example.com/logo.png',
  client_uri: 'https://fancy.example.com',
  policy_uri: 'https://fancy.example.com/privacy',
  tos_uri: 'https://fancy.example.com/terms',
};
const server = await startServer(t, {
  config: { bootstrap: { ...BOOTSTRAP, clients: [...Object.values(CLIENTS), fancy] }, scopes: { 'read:photos': { en: 'See your photos', zh: '查看您的照片' } } },
});
const front = frontOf(server);
const direct = directOf(server);
const { issuer, core } = server;
const hasCode = (shown: Shown) => shown.toClient?.searchParams.has('code') === true;
const boxes = (form: Form) => form.fields.filter(([name]) => name === 'scope').map(([, value]) => value).sort();
const SYSTEM = { actor: { kind: 'system' as const, id: null }, request: null };
const newestOf = (type: string) => eventsOf(server).findLast((event) => event.type === type);
const countOf = (type: string) => eventsOf(server).filter((event) => event.type === type).length;
const redeem = async (client: { client_id: string; client_secret: string }, shown: Shown) => (await direct.redeem(client, { code: shown.toClient?.searchParams.get('code') ?? '', code_verifier: VERIFIER })).body;

t.test('interface.md Pages: the consent page says who asks, for whom, for what, and where it leads; plain HTML with the agreed names', async (t) => {
  const alice = await front.signIn('alice');
  const page = await front.page({ client_id: 'fancy', scope: 'openid profile offline_access read:photos write:photos' }, alice);
  const text = page.text.replaceAll(/<style>[^<]*<\/style>/g, '');
  for (const wanted of ['Fancy &amp; Sons &lt;Print&gt;', 'Alice Example', 'See your photos', 'Keep this access while you are away', 'write:photos', 'app.example.com', 'https://fancy.example.com/privacy', 'https://fancy.example.com/terms', 'https://cdn.example.com/logo.png']) t.match(text, wanted, wanted);
  t.equal(text.match(/<h1/g)?.length, 1, 'one h1');
  t.equal(text.match(/<form/g)?.length, 1, 'one form');
  t.notMatch(text, /<script|javascript:|\son\w+=/i, 'no script');
  t.match(text, /<button[^>]*name="accept" value="true"/);
  t.match(text, /<button[^>]*name="accept" value="false"/);
  const inputs = [...text.matchAll(/<input[^>]*type="checkbox"[^>]*>/g)].map(([tag]) => tag);
  t.equal(inputs.length, 5);
  for (const tag of inputs) {
    t.match(tag, / checked/, 'checked at first');
    t.equal(/ disabled/.test(tag), tag.includes('value="openid"'), 'required ones cannot be unchecked');
  }
  t.match(text, /<input type="hidden" name="scope" value="openid">/, 'and are sent hidden');
  t.strictSame([...new Set(page.form.fields.map(([name]) => name))].sort(), ['csrf', 'oauth_query', 'scope']);
  t.equal(page.form.action, front.paths.consentAction);
  t.match(page.headers.get('content-security-policy'), /img-src https:\/\/cdn\.example\.com;.*form-action 'self' https:\/\/app\.example\.com;/);
  const chinese = await front.page({ client_id: 'fancy', scope: 'openid read:photos', ui_locales: 'zh' }, alice);
  for (const wanted of ['照片打印', '查看您的照片']) t.match(chinese.text, wanted);
});

t.test('RFC 6749 3.3: the grant gets what was checked; the consent becomes the union; what is covered is not asked again', async (t) => {
  const alice = await front.signIn('alice');
  const first = await front.page({ scope: 'openid profile email read:photos' }, alice);
  const granted = await front.decide(alice, first.form, ['profile']);
  t.equal((await redeem(CLIENTS.web, granted)).scope, 'openid profile', 'openid was hidden in the form, and is required');
  t.ok(hasCode(await front.ask({ scope: 'openid profile' }, alice)));
  t.ok(hasCode(await front.ask({ scope: 'profile' }, alice)), 'less of it too');
  const second = await front.page({ scope: 'openid profile read:photos write:photos' }, alice);
  t.strictSame(boxes(second.form), ['openid', 'profile', 'read:photos', 'write:photos'], 'the page asks for all of the request');
  t.equal(second.text.match(/class="new"/g)?.length, 2, 'and marks what is new');
  t.equal((await redeem(CLIENTS.web, await front.decide(alice, second.form, ['read:photos']))).scope, 'openid read:photos');
  t.strictSame(newestOf('ConsentGranted')?.data['scopes'], ['openid', 'profile', 'read:photos']);
  t.ok(hasCode(await front.ask({ scope: 'openid profile read:photos' }, alice)));
  t.equal((await front.ask({ scope: 'openid profile write:photos' }, alice)).toClient, null);
});

t.test('interface.md: nothing checked is access_denied, as is the button; both are events', async (t) => {
  const alice = await front.signIn('alice');
  const page = await front.page({ client_id: 'post', scope: 'read:photos write:photos' }, alice);
  const before = eventsOf(server).length;
  sentToClient(t, issuer, await front.decide(alice, page.form, []), 'access_denied');
  sentToClient(t, issuer, await front.decide(alice, page.form, ['clients:write', 'nonsense']), 'access_denied', { message: 'only what was not asked for' });
  sentToClient(t, issuer, await front.decide(alice, page.form, false), 'access_denied', { message: 'the button' });
  const recorded = eventsOf(server).slice(before).filter((event) => event.type !== 'NoticePublished');
  t.strictSame(recorded.map((event) => event.type), ['ConsentDenied', 'ConsentDenied', 'ConsentDenied']);
  const denied = recorded.at(-1);
  t.match(denied?.data, { sub: 'sub-alice', client_id: 'post', scopes: ['read:photos', 'write:photos'], notice: { language: 'en' }, amr: ['pwd'] });
  t.strictSame(denied?.actor, { kind: 'account', id: 'sub-alice' });
  t.match(denied?.pii, [{ key_id: 'subject/sub-alice' }]);
  t.notMatch(JSON.stringify(recorded), /127\.0\.0\.1/, 'the caller’s address is sealed');
  sentToClient(t, issuer, await front.ask({ client_id: 'post', scope: 'read:photos', prompt: 'none' }, alice), 'consent_required', { message: 'a denial is no consent' });
});

t.test('interface.md: a denial leaves the consent in force before', async (t) => {
  const alice = await front.signIn('alice');
  await front.decide(alice, (await front.page({ client_id: 'fancy', scope: 'openid email' }, alice)).form);
  const page = await front.page({ client_id: 'fancy', scope: 'openid email write:photos' }, alice);
  sentToClient(t, issuer, await front.decide(alice, page.form, false), 'access_denied');
  t.ok(hasCode(await front.ask({ client_id: 'fancy', scope: 'openid email', prompt: 'none' }, alice)));
});

t.test('audit: the words that the person saw are published once, under the hash that their consent names, and are the ones of the page', async (t) => {
  const bob = await front.signIn('bob');
  const page = await front.page({ client_id: 'fancy', scope: 'openid read:photos', ui_locales: 'zh' }, bob);
  const before = countOf('NoticePublished');
  await front.decide(bob, page.form);
  t.equal(countOf('NoticePublished'), before + 1);
  const published = newestOf('NoticePublished');
  const notice = published?.data['notice'] as { title: string; language: string; scopes: { scope: string; text: string }[] };
  t.equal(published?.data['hash'], createHash('sha256').update(canonicalize(notice) ?? '').digest('base64url'));
  t.match(newestOf('ConsentGranted')?.data, { notice: { hash: published?.data['hash'], language: 'zh', version: 1 }, basis: 'person', client_id: 'fancy', sub: 'sub-bob', client_revision: (await core.commands.load(clients, 'fancy'))?.revision, amr: ['pwd'] });
  t.equal(notice.language, 'zh');
  t.match(page.text, notice.title);
  for (const { text } of notice.scopes) t.match(page.text, text);
  const again = await front.page({ client_id: 'fancy', scope: 'openid read:photos', ui_locales: 'zh', prompt: 'consent' }, bob);
  await front.decide(bob, again.form);
  t.equal(countOf('NoticePublished'), before + 1, 'the same words are not published again');
  await front.decide(bob, (await front.page({ client_id: 'fancy', scope: 'openid read:photos', prompt: 'consent' }, bob)).form);
  t.equal(countOf('NoticePublished'), before + 2, 'other words are');
  const order = eventsOf(server).map((event) => event.type);
  t.ok(order.lastIndexOf('NoticePublished') < order.lastIndexOf('ConsentGranted'), 'and stand before what names them');
});

t.test('audit: a form whose words have changed since it was shown is refused, and nothing happens', async (t) => {
  const bob = await front.signIn('bob');
  const page = await front.page({ client_id: 'web', scope: 'openid phone' }, bob);
  const document = await core.commands.load(clients, 'web');
  if (document === null) throw new Error('no client');
  await updateClient(core, 'web', { ...document.state.metadata, client_name: 'Your Bank' }, null, SYSTEM);
  t.teardown(() => updateClient(core, 'web', document.state.metadata, null, SYSTEM));
  const before = eventsOf(server).length;
  for (const accept of [true, false]) {
    const refused = await front.decide(bob, page.form, accept);
    t.equal(refused.status, 400);
    t.equal(refused.error, 'invalid_request');
    t.equal(refused.location, null);
  }
  t.equal(eventsOf(server).length, before);
  const reloaded = await front.get(bob, page.url);
  t.match(reloaded.text, 'Your Bank', 'reloaded, the page says the new name');
  t.ok(hasCode(await front.decide(bob, formOf(reloaded.text))));
});

t.test('protocol.md: a withdrawn consent covers nothing; consenting again begins anew', async (t) => {
  const alice = await front.signIn('alice');
  const ask = () => front.ask({ client_id: 'fancy', scope: 'openid email' }, alice);
  await front.decide(alice, (await front.page({ client_id: 'fancy', scope: 'openid email read:photos', prompt: 'consent' }, alice)).form);
  t.ok(hasCode(await ask()));
  const epoch = Number(newestOf('ConsentGranted')?.data['epoch']);
  await withdrawConsent(core, await consentIdOf(core, 'sub-alice', 'fancy'), 'test', SYSTEM);
  sentToClient(t, issuer, await front.ask({ client_id: 'fancy', scope: 'openid email', prompt: 'none' }, alice), 'consent_required');
  const page = await front.page({ client_id: 'fancy', scope: 'openid email' }, alice);
  t.notMatch(page.text, /class="new"/, 'nothing of it is old');
  t.ok(hasCode(await front.decide(alice, page.form)));
  t.match(newestOf('ConsentGranted')?.data, { scopes: ['email', 'openid'], epoch: epoch + 1 });
});

t.test('interface.md: skip_consent skips the page, and is recorded once as a consent with basis policy', async (t) => {
  const alice = await front.signIn('alice');
  const before = countOf('ConsentGranted');
  t.ok(hasCode(await front.ask({ client_id: 'trusted', scope: 'openid email' }, alice)));
  t.ok(hasCode(await front.ask({ client_id: 'trusted', scope: 'openid' }, alice)));
  t.equal(countOf('ConsentGranted'), before + 1);
  const granted = newestOf('ConsentGranted');
  t.match(granted?.data, { basis: 'policy', notice: null, scopes: ['email', 'openid'], client_id: 'trusted', sub: 'sub-alice' });
  t.strictSame(granted?.actor, { kind: 'system', id: null });
});

t.test('interface.md: offline_access counts when the consent covers it, with or without prompt=consent, and can be unchecked', async (t) => {
  const alice = await front.signIn('alice');
  const page = await front.page({ client_id: 'post', scope: 'openid offline_access' }, alice);
  t.strictSame(boxes(page.form), ['offline_access', 'openid'], 'listed');
  const without = await front.decide(alice, (await front.page({ client_id: 'post', scope: 'openid offline_access', prompt: 'consent' }, alice)).form, ['openid']);
  t.ok(hasCode(without));
  t.match(newestOf('GrantIssued')?.data, { scope: ['openid'], session_bound: true });
  const withIt = await front.decide(alice, (await front.page({ client_id: 'post', scope: 'openid offline_access' }, alice)).form);
  t.ok(hasCode(withIt));
  t.match(newestOf('GrantIssued')?.data, { scope: ['offline_access', 'openid'], session_bound: false });
  t.ok(hasCode(await front.ask({ client_id: 'post', scope: 'openid offline_access' }, alice)));
  t.match(newestOf('GrantIssued')?.data, { scope: ['offline_access', 'openid'], session_bound: false });
});

t.test('flows.md: a consent form of a session that is over leads back to sign-in and grants nothing', async (t) => {
  const alice = await front.signIn('alice');
  const page = await front.page({ client_id: 'fancy', scope: 'openid phone' }, alice);
  const session = newestOf('SessionStarted')?.stream.replace('session-', '') ?? '';
  await endSession(core, session, 'test', SYSTEM);
  const before = eventsOf(server).length;
  t.match((await front.follow(alice, await front.get(alice, page.url))).text, /type="password"/, 'the page, loaded again');
  const answer = await front.follow(alice, await front.decide(alice, page.form));
  t.match(answer.text, /type="password"/);
  t.equal(eventsOf(server).length, before);
  const consent = await front.follow(alice, await front.signInOn(alice, formOf(answer.text)));
  t.ok(hasCode(await front.decide(alice, formOf(consent.text))), 'and after it the request goes on');
});

t.test('regression: a consent form answered in the session of another person is refused, and nothing happens', async (t) => {
  const browser = await front.signIn('alice');
  const page = await front.page({ client_id: 'fancy', scope: 'openid address' }, browser);
  await front.signIn('bob', browser);
  const before = eventsOf(server).length;
  const refused = await front.decide(browser, page.form);
  t.equal(refused.error, 'invalid_request');
  t.equal(eventsOf(server).length, before);
});

t.test('interface.md: a form without a decision is invalid_request; sent twice, each is a decision and a code of its own', async (t) => {
  const alice = await front.signIn('alice');
  const page = await front.page({ client_id: 'fancy', scope: 'openid phone', prompt: 'consent' }, alice);
  for (const accept of [null, '', 'yes', 'TRUE', '1']) {
    const refused = await front.post(alice, page.form.action, [...page.form.fields, ...(accept === null ? [] : [['accept', accept] as const])]);
    t.equal(refused.error, 'invalid_request', String(accept));
  }
  t.equal((await front.post(alice, page.form.action, [...page.form.fields, ['accept', 'true'], ['accept', 'false']])).error, 'invalid_request', 'both');
  const [one, two] = await Promise.all([front.decide(alice, page.form), front.decide(alice, page.form)]);
  t.ok(hasCode(one) && hasCode(two));
  t.not(one.toClient?.searchParams.get('code'), two.toClient?.searchParams.get('code'));
});

t.test('RFC 6749 3.3: a request without scope has a page without boxes, and can be accepted', async (t) => {
  const alice = await front.signIn('alice');
  const page = await front.page({ client_id: 'fancy', scope: null, prompt: 'consent' }, alice);
  t.strictSame(boxes(page.form), []);
  t.equal((await redeem(fancy, await front.decide(alice, page.form))).scope, '');
  sentToClient(t, issuer, await front.decide(alice, page.form, false), 'access_denied');
});

t.test('regression: consent is of one person and one client: it answers for no other', async (t) => {
  const bob = await front.signIn('bob');
  const root = await front.signIn('root');
  await front.decide(root, (await front.page({ client_id: 'web', scope: 'openid address' }, root)).form);
  sentToClient(t, issuer, await front.ask({ client_id: 'web', scope: 'openid address', prompt: 'none' }, bob), 'consent_required', { message: 'another person' });
  sentToClient(t, issuer, await front.ask({ client_id: 'post', scope: 'openid address', prompt: 'none' }, root), 'consent_required', { message: 'another client' });
});
