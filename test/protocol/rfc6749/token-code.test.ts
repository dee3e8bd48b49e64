import t from 'tap';
import { grants } from '#grant/projection.ts';
import { directOf, jwtParts } from '#support/direct.ts';
import { BOOTSTRAP, CLIENTS, REDIRECT_URI, startServer } from '#support/server.ts';

const { web, post, spa, native, trusted } = CLIENTS;
const server = await startServer(t, { config: { bootstrap: BOOTSTRAP } });
const direct = directOf(server);
const VERIFIER = 'a'.repeat(43);

const grantOf = async (accessToken: string) => {
  const document = await server.core.commands.load(grants, jwtParts(accessToken).payload.grant_id);
  if (document === null) throw new Error('no such grant');
  return document;
};

t.test('RFC 6749 4.1.4: a valid request is answered with an access token, and a refresh token where the client is registered for it', async (t) => {
  for (const client of [web, post, spa, native]) {
    const redirectUri = client === native ? 'http://127.0.0.1:49152/cb' : REDIRECT_URI;
    const { status, body } = await direct.redeem(client, await direct.code(client, { redirectUri }));
    t.equal(status, 200);
    t.match(body, { token_type: 'Bearer', expires_in: 3600, scope: 'offline_access openid read:photos' });
    t.match(body.refresh_token, /^glr_[A-Za-z0-9_-]+$/);
    t.match(jwtParts(body.id_token).payload, { sub: 'sub-alice', aud: client.client_id });
  }
});

t.test('RFC 6749 4.1.2: the authorization code expires after 60 seconds', async (t) => {
  const early = await direct.code(web);
  server.clock.advance(55);
  t.equal((await direct.redeem(web, early)).status, 200, 'a little before');
  const late = await direct.code(web);
  server.clock.advance(60);
  t.match(await direct.redeem(web, late), { status: 400, body: { error: 'invalid_grant' } });
  t.match(await direct.redeem(web, late), { status: 400, body: { error: 'invalid_grant' } }, 'and stays expired');
});

t.test('OAuth 2.1 4.1.3: redirect_uri is enforced if it is sent and not demanded if it is absent', async (t) => {
  const { redirect_uri: _, ...without } = await direct.code(web);
  t.equal((await direct.redeem(web, without)).status, 200);
  t.equal((await direct.redeem(web, { ...(await direct.code(web)), redirect_uri: '' })).status, 200, 'without a value it is absent');
});

t.test('regression: redirect_uri changed between steps', async (t) => {
  const issued = await direct.code(web);
  for (const other of [`${REDIRECT_URI}/`, `${REDIRECT_URI}?x=1`, 'https://attacker.example.com/callback', REDIRECT_URI.toUpperCase(), `${REDIRECT_URI}#`, `${REDIRECT_URI} `]) {
    t.match(await direct.redeem(web, { ...issued, redirect_uri: other }), { status: 400, body: { error: 'invalid_grant' } }, other);
  }
  t.equal((await direct.redeem(web, issued)).status, 200, 'which burns no code');
  const loopback = await direct.code(native, { redirectUri: 'http://127.0.0.1:49152/cb' });
  t.equal((await direct.redeem(native, { ...loopback, redirect_uri: 'http://127.0.0.1:49153/cb' })).status, 400, 'another port is another URI here');
  t.equal((await direct.redeem(native, loopback)).status, 200);
});

t.test('regression: code usable by another client', async (t) => {
  const issued = await direct.code(web);
  for (const other of [post, spa, trusted, native]) t.match(await direct.redeem(other, issued), { status: 400, body: { error: 'invalid_grant' } }, other.client_id);
  const redeemed = await direct.redeem(web, issued);
  t.equal(redeemed.status, 200, 'RFC 6749 4.1.3: nor does the other client burn it');
  for (const other of [post, spa, trusted]) t.match(await direct.redeem(other, issued), { status: 400, body: { error: 'invalid_grant' } });
  t.ok(await direct.isActive(redeemed.body.access_token), 'nor revoke what it was spent for');
  t.equal((await grantOf(redeemed.body.access_token)).state.status, 'active');
});

t.test('RFC 6749 4.1.2, RFC 9700 4.13: a code that is used more than once is denied and all tokens issued on it are revoked', async (t) => {
  const issued = await direct.code(web);
  const { body: first } = await direct.redeem(web, issued);
  const { body: second } = await direct.refresh(web, first.refresh_token);
  t.ok(await direct.isActive(first.access_token));
  t.match(await direct.redeem(web, issued), { status: 400, body: { error: 'invalid_grant' } });
  for (const token of [first.access_token, second.access_token, first.refresh_token, second.refresh_token]) t.same((await direct.introspect(token, web)).body, { active: false });
  for (const token of [first.access_token, second.access_token]) t.match(await direct.userinfo(token), { status: 401, body: { error: 'invalid_token' } });
  for (const token of [first.refresh_token, second.refresh_token]) t.match(await direct.refresh(web, token), { status: 400, body: { error: 'invalid_grant' } });
  t.match(await direct.redeem(web, issued), { status: 400, body: { error: 'invalid_grant' } }, 'a third time too');
  const { revision } = await grantOf(first.access_token);
  t.equal(revision, 5, 'issued, code, redeemed, rotated, replayed, revoked: and nothing after that');
});

t.test('RFC 6749 4.1.2: a replay is one however late it comes, with whatever of redirect_uri', async (t) => {
  const issued = await direct.code(web);
  const { body } = await direct.redeem(web, issued);
  server.clock.advance(300);
  t.equal((await direct.redeem(web, { code: issued.code, code_verifier: issued.code_verifier })).status, 400);
  t.notOk(await direct.isActive(body.access_token));
});

t.test('RFC 6749 4.1.2: who merely saw a spent code ends nobody’s grant: the replay must be valid otherwise', async (t) => {
  const issued = await direct.code(web);
  const { body } = await direct.redeem(web, issued);
  const tries = {
    'wrong verifier': { ...issued, code_verifier: VERIFIER },
    'no verifier': { code: issued.code },
    'malformed verifier': { ...issued, code_verifier: 'short' },
    'wrong redirect_uri': { ...issued, redirect_uri: 'https://attacker.example.com/' },
  };
  for (const [what, fields] of Object.entries(tries)) t.match(await direct.redeem(web, fields), { status: 400, body: { error: 'invalid_grant' } }, what);
  t.match(await direct.redeem({ ...web, client_secret: 'wrong' }, issued), { status: 401, body: { error: 'invalid_client' } });
  t.match(await direct.redeem(post, issued), { status: 400, body: { error: 'invalid_grant' } }, 'another client');
  t.ok(await direct.isActive(body.access_token));
  t.equal((await direct.refresh(web, body.refresh_token)).status, 200);
});

t.test('RFC 6749 4.1.3, RFC 6749 10.5: what is no code of this server is invalid_grant', async (t) => {
  const { code } = await direct.code(web);
  const { access_token, refresh_token, id_token } = await direct.tokens(web);
  for (const text of ['x', 'glc_', code.slice(0, -1), `${code}A`, ` ${code}`, code.replace('glc_', 'glr_'), code.toUpperCase(), access_token, refresh_token, id_token]) {
    t.match(await direct.redeem(web, { code: text, code_verifier: VERIFIER }), { status: 400, body: { error: 'invalid_grant' } }, text.slice(0, 20));
  }
  for (const text of [code, code.replace('glc_', 'glr_'), access_token, id_token, 'glr_', 'x']) {
    t.match(await direct.refresh(web, text), { status: 400, body: { error: 'invalid_grant' } }, `as refresh token: ${text.slice(0, 20)}`);
  }
});

t.test('RFC 6749 6: a client that is not registered for refresh_token gets none', async (t) => {
  const codeOnly = { ...web, client_id: 'code-only', grant_types: ['authorization_code'] };
  const other = directOf(await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, clients: [codeOnly] } } }));
  const { body } = await other.redeem(codeOnly, await other.code(codeOnly));
  t.notOk('refresh_token' in body);
  t.match(body, { token_type: 'Bearer', scope: 'offline_access openid read:photos' });
});

t.test('RFC 6749 5.1: scope says what was granted, also where less was checked or an unknown scope was left out', async (t) => {
  const fewer = await direct.tokens(post, { username: 'bob', password: 'hunter2 hunter2 hunter2', scope: 'openid profile read:photos write:photos unknown:scope', scopes: ['profile', 'read:photos'] });
  t.equal(fewer.scope, 'openid profile read:photos');
  t.equal(jwtParts(fewer.access_token).payload.scope, fewer.scope);
});
