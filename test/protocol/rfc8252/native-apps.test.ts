import t from 'tap';
import { directOf } from '#support/direct.ts';
import { frontOf, sentToClient, shownToPerson, VERIFIER } from '#support/front.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const LOOPBACK_6 = 'http://[::1]/cb?x=1';
const native = { ...CLIENTS.native, redirect_uris: ['http://127.0.0.1/cb', LOOPBACK_6, 'com.example.app:/cb', 'com.example.app:/cb?x=1', 'http://localhost:3001/cb'] };
const skipping = { ...native, client_id: 'skipping', skip_consent: true };
const confidential = { ...CLIENTS.web, client_id: 'confidential', client_secret: 'confidential-secret-of-forty-characters-0', redirect_uris: ['http://127.0.0.1/cb', 'com.example.app:/cb'] };
const server = await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, clients: [CLIENTS.web, CLIENTS.spa, native, skipping, confidential] } } });
const front = frontOf(server);
const direct = directOf(server);
const { issuer } = server;
const alice = await front.signIn('alice');
const ask = (redirect_uri: string, changes: Record<string, string> = {}) => front.ask({ client_id: 'native', redirect_uri, ...changes }, alice);

t.test('RFC 8252 7.3: the port of a loopback IP redirect is free', async (t) => {
  for (const redirect_uri of ['http://127.0.0.1/cb', 'http://127.0.0.1:51004/cb', 'http://127.0.0.1:1/cb', 'http://127.0.0.1:65535/cb', 'http://[::1]:51004/cb?x=1', LOOPBACK_6]) {
    const page = await front.page({ client_id: 'native', redirect_uri }, alice);
    const answer = await front.decide(alice, page.form);
    t.ok(answer.location?.startsWith(`${redirect_uri}${redirect_uri.includes('?') ? '&' : '?'}code=`), redirect_uri);
    const tokens = await direct.redeem(native, { code: answer.toClient?.searchParams.get('code') ?? '', code_verifier: VERIFIER, redirect_uri });
    t.equal(tokens.status, 200, 'and the code is bound to the port that was asked for');
  }
});

t.test('RFC 8252 8.3, 8.10: only the port is free, and only of an IP literal', async (t) => {
  const uris = [
    'http://127.0.0.1:51004/cb/', 'http://127.0.0.1:51004/', 'http://127.0.0.1:51004', 'http://127.0.0.1:51004/cb?x=1', 'http://127.0.0.1:51004/cb#x', 'http://127.0.0.1:/cb', 'http://127.0.0.1:0/cb', 'http://127.0.0.1:080/cb', 'http://127.0.0.1:65536/cb',
    'http://127.0.0.1:51004@evil.example/cb', 'http://127.0.0.1@evil.example/cb', 'http://127.0.0.1:51004\\@evil.example/cb', 'http://127.0.0.1.evil.example/cb', 'http://127.0.0.1:51004.evil.example/cb', 'http://127.0.0.2:51004/cb', 'http://127.1/cb', 'http://2130706433/cb',
    'http://0x7f.0.0.1/cb', 'http://[::ffff:127.0.0.1]/cb', 'http://[0:0:0:0:0:0:0:1]/cb?x=1', 'http://[::1]:51004/cb', 'https://127.0.0.1:51004/cb', 'http://localhost/cb', 'http://localhost:51004/cb', 'http://user@127.0.0.1/cb', 'http://0.0.0.0/cb',
  ];
  for (const redirect_uri of uris) shownToPerson(t, await ask(redirect_uri), 'invalid_redirect_uri', { message: redirect_uri });
  t.equal((await ask('http://localhost:3001/cb')).status, 303, 'localhost with its registered port');
});

t.test('RFC 8252 7.1: an answer goes to a private-use URI, with its query', async (t) => {
  for (const [redirect_uri, start] of [['com.example.app:/cb', 'com.example.app:/cb?code='], ['com.example.app:/cb?x=1', 'com.example.app:/cb?x=1&code=']] as const) {
    const page = await front.page({ client_id: 'native', redirect_uri }, alice);
    t.match(page.headers.get('content-security-policy'), /form-action 'self' com\.example\.app:;/);
    const answer = await front.decide(alice, page.form);
    t.ok(answer.location?.startsWith(start));
    t.equal(answer.toClient?.searchParams.get('iss'), issuer);
    sentToClient(t, issuer, await front.decide(alice, page.form, false), 'access_denied', { redirectUri: redirect_uri });
  }
  for (const redirect_uri of ['com.example.app:/cb/', 'com.example.app://cb', 'com.example.app:cb', 'COM.example.app:/cb', 'com.example.app.evil:/cb']) shownToPerson(t, await ask(redirect_uri), 'invalid_redirect_uri', { message: redirect_uri });
});

t.test('OAuth 2.0 Form Post Response Mode: form_post has no place with a private-use URI; the error goes there by query', async (t) => {
  sentToClient(t, issuer, await ask('com.example.app:/cb', { response_mode: 'form_post' }), 'invalid_request', { redirectUri: 'com.example.app:/cb?error=' });
  sentToClient(t, issuer, await ask('com.example.app:/cb', { response_mode: 'form_post', scope: 'nonsense' }), 'invalid_request', { redirectUri: 'com.example.app:/cb?error=' });
});

t.test('RFC 8252 8.6: a public client on a loopback or private-use URI is asked about each time, and prompt=none gives it consent_required', async (t) => {
  for (const redirect_uri of ['http://127.0.0.1:51004/cb', 'http://[::1]:51004/cb?x=1', 'http://localhost:3001/cb', 'com.example.app:/cb']) {
    const first = await front.page({ client_id: 'native', redirect_uri }, alice);
    t.equal((await front.decide(alice, first.form)).toClient?.searchParams.has('code'), true);
    const again = await front.page({ client_id: 'native', redirect_uri }, alice);
    t.match(again.text, /name="accept"/, `${redirect_uri}: asked again though all of it was agreed to`);
    sentToClient(t, issuer, await ask(redirect_uri, { prompt: 'none' }), 'consent_required', { redirectUri: redirect_uri });
  }
});

t.test('protocol.md: prompt=none gives a public client a code where its identity is assured, on an https URI', async (t) => {
  sentToClient(t, issuer, await front.ask({ client_id: 'spa', prompt: 'none' }, alice), 'consent_required', { message: 'before any consent' });
  const page = await front.page({ client_id: 'spa' }, alice);
  await front.decide(alice, page.form);
  t.equal((await front.ask({ client_id: 'spa', prompt: 'none' }, alice)).toClient?.searchParams.has('code'), true);
  t.equal((await front.ask({ client_id: 'spa' }, alice)).toClient?.searchParams.has('code'), true);
});

t.test('protocol.md: skip_consent skips the page of a public client on loopback, but prompt=none stays consent_required', async (t) => {
  const redirect_uri = 'http://127.0.0.1:51004/cb';
  sentToClient(t, issuer, await front.ask({ client_id: 'skipping', redirect_uri, prompt: 'none' }, alice), 'consent_required', { redirectUri: redirect_uri });
  t.equal((await front.ask({ client_id: 'skipping', redirect_uri }, alice)).toClient?.searchParams.has('code'), true);
  sentToClient(t, issuer, await front.ask({ client_id: 'skipping', redirect_uri, prompt: 'none' }, alice), 'consent_required', { redirectUri: redirect_uri });
});

t.test('RFC 8252 8.6: a client that authenticates is no impersonator, whatever its redirect URI is', async (t) => {
  for (const redirect_uri of ['http://127.0.0.1:51004/cb', 'com.example.app:/cb']) {
    const page = await front.page({ client_id: 'confidential', redirect_uri, prompt: 'consent' }, alice);
    await front.decide(alice, page.form);
    t.equal((await front.ask({ client_id: 'confidential', redirect_uri, prompt: 'none' }, alice)).toClient?.searchParams.has('code'), true, redirect_uri);
  }
});
