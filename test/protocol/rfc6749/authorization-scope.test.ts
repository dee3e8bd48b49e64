import t from 'tap';
import { directOf } from '#support/direct.ts';
import { eventsOf, frontOf, sentToClient, VERIFIER } from '#support/front.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const narrow = { ...CLIENTS.trusted, client_id: 'narrow', client_secret: 'narrow-secret-of-forty-characters-0123456', scope: 'openid profile read:photos' };
const unscoped = { ...CLIENTS.trusted, client_id: 'unscoped', client_secret: 'unscoped-secret-of-forty-characters-01234', scope: undefined };
const admin = { ...CLIENTS.web, client_id: 'admin-app', client_secret: 'admin-app-secret-of-forty-characters-0123', scope: 'openid clients:read clients:write read:photos' };
const adminTrusted = { ...CLIENTS.trusted, client_id: 'admin-trusted', client_secret: 'admin-trusted-secret-of-forty-characters-', scope: 'openid clients:read read:photos' };
const server = await startServer(t, {
  config: {
    bootstrap: { ...BOOTSTRAP, clients: [...Object.values(CLIENTS), narrow, unscoped, admin, adminTrusted] },
    resources: [{ identifier: 'https://photos.example.com', scopes: ['read:photos', 'write:photos'], default: true }],
    scopes: { 'read:photos': { en: 'See your photos' }, 'write:mail': { en: 'Write mail' } },
  },
});
const front = frontOf(server);
const direct = directOf(server);
const { issuer } = server;
const alice = await front.signIn('alice');
const root = await front.signIn('root');
const redeem = async (client: { client_id: string; client_secret: string }, code: string | null | undefined) => (await direct.redeem(client, { code: code ?? '', code_verifier: VERIFIER })).body;
const scopeOf = async (client: typeof narrow | typeof unscoped, scope: string | null) => (await redeem(client, (await front.ask({ client_id: client.client_id, scope }, alice)).toClient?.searchParams.get('code'))).scope;

t.test('RFC 6749 3.3: what is registered is granted, in any order and without repeats', async (t) => {
  t.equal(await scopeOf(narrow, 'read:photos openid'), 'openid read:photos');
  t.equal(await scopeOf(narrow, 'openid openid  openid profile'), 'openid profile');
  t.equal(await scopeOf(narrow, 'read:photos'), 'read:photos', 'a plain OAuth request');
});

t.test('RFC 6749 3.3: a request without scope is served, and its answer says that it is empty', async (t) => {
  for (const scope of [null, '', ' ', '   ']) t.equal(await scopeOf(narrow, scope), '');
});

t.test('OpenID Connect Core 3.1.2.1: an unknown scope is ignored in an OpenID request', async (t) => {
  t.equal(await scopeOf(narrow, 'openid nonsense read:photos <script>'), 'openid read:photos');
  t.equal(await scopeOf(narrow, 'openid OPENID Profile'), 'openid', 'scope is case-sensitive');
});

t.test('RFC 6749 4.1.2.1 invalid_scope: an unknown scope without openid, and a known one that is not registered, with or without it', async (t) => {
  for (const scope of ['nonsense', 'read:photos nonsense', 'OPENID', 'email', 'openid email', 'openid write:photos', 'write:photos', 'openid write:mail', 'openid offline_access', 'openid clients:read', 'clients:write']) {
    sentToClient(t, issuer, await front.ask({ client_id: 'narrow', scope }, alice), 'invalid_scope', { message: scope });
    sentToClient(t, issuer, await front.ask({ client_id: 'narrow', scope, prompt: 'none' }), 'invalid_scope', { message: `${scope}, before anybody signs in` });
  }
});

t.test('RFC 6749 Appendix A.4 invalid_scope: characters that no scope has', async (t) => {
  for (const scope of ['openid "quoted"', 'openid back\\slash', 'openid\ttab', 'openid\nline', 'openid é', 'openid 状态', 'openid\u00a0profile', 'openid\u007f']) {
    sentToClient(t, issuer, await front.ask({ client_id: 'narrow', scope }, alice), 'invalid_scope', { message: JSON.stringify(scope) });
  }
});

t.test('interface.md: without registered scopes those of OpenID can be asked for', async (t) => {
  t.equal(await scopeOf(unscoped, 'openid email phone address profile offline_access'), 'address email offline_access openid phone profile');
  sentToClient(t, issuer, await front.ask({ client_id: 'unscoped', scope: 'openid read:photos' }, alice), 'invalid_scope');
});

t.test('interface.md: management scopes are granted to administrators, and imply the management resource', async (t) => {
  const page = await front.page({ client_id: 'admin-app', scope: 'openid clients:read clients:write' }, root);
  t.strictSame(page.form.fields.filter(([name]) => name === 'scope').map(([, value]) => value).sort(), ['clients:read', 'clients:write', 'openid']);
  const answer = await front.decide(root, page.form, ['clients:read']);
  const tokens = await redeem(admin, answer.toClient?.searchParams.get('code'));
  t.equal(tokens.scope, 'clients:read openid');
  t.match(JSON.parse(Buffer.from(tokens.access_token.split('.')[1], 'base64url').toString()), { aud: `${issuer}/admin`, sub: 'sub-root' });
});

t.test('interface.md: for others management scopes are left out, and so is the resource that they alone implied', async (t) => {
  const page = await front.page({ client_id: 'admin-app', scope: 'openid clients:read clients:write' }, alice);
  t.strictSame(page.form.fields.filter(([name]) => name === 'scope').map(([, value]) => value), ['openid']);
  t.notMatch(page.text, /clients:/);
  const forced = await front.decide(alice, page.form, ['openid', 'clients:read']);
  const tokens = await redeem(admin, forced.toClient?.searchParams.get('code'));
  t.equal(tokens.scope, 'openid', 'a box that was not there cannot be checked');
  t.equal(JSON.parse(Buffer.from(tokens.access_token.split('.')[1], 'base64url').toString()).aud, 'https://photos.example.com');
  const consent = eventsOf(server).findLast((event) => event.type === 'ConsentGranted');
  t.match(consent?.data, { client_id: 'admin-app', scopes: ['openid'], resources: [] });
});

t.test('interface.md: access_denied when nothing but management scopes was asked for by somebody else', async (t) => {
  sentToClient(t, issuer, await front.ask({ client_id: 'admin-app', scope: 'clients:read clients:write' }, alice), 'access_denied');
  sentToClient(t, issuer, await front.ask({ client_id: 'admin-trusted', scope: 'clients:read', prompt: 'none' }, alice), 'access_denied', { message: 'skip_consent' });
  const signIn = await front.page({ client_id: 'admin-app', scope: 'clients:read' });
  sentToClient(t, issuer, await front.follow(signIn.browser, await front.signInOn(signIn.browser, signIn.form, 'bob')), 'access_denied', { message: 'after signing in' });
});

t.test('regression: a policy is not forgotten on another path: skip_consent gives no management scope to anybody else', async (t) => {
  const answer = await front.ask({ client_id: 'admin-trusted', scope: 'openid clients:read' }, alice);
  t.equal((await redeem(adminTrusted, answer.toClient?.searchParams.get('code'))).scope, 'openid');
  const own = await front.ask({ client_id: 'admin-trusted', scope: 'openid clients:read' }, root);
  t.equal((await redeem(adminTrusted, own.toClient?.searchParams.get('code'))).scope, 'clients:read openid');
});

t.test('RFC 6749 3.3: what the person unchecks is not granted, and the answer says so', async (t) => {
  const page = await front.page({ scope: 'openid profile email read:photos', prompt: 'consent' }, alice);
  const answer = await front.decide(alice, page.form, ['email']);
  t.equal((await redeem(CLIENTS.web, answer.toClient?.searchParams.get('code'))).scope, 'email openid');
  const more = await front.decide(alice, page.form, ['email', 'write:photos', 'offline_access', 'clients:write', 'nonsense']);
  t.equal((await redeem(CLIENTS.web, more.toClient?.searchParams.get('code'))).scope, 'email openid', 'nothing can be checked that was not asked for');
});
