import t from 'tap';
import { MANAGEMENT_SCOPES } from '#runtime/config/resources.ts';
import { directOf, jwtParts } from '#support/direct.ts';
import { BOOTSTRAP, CLIENTS, PEOPLE, startServer } from '#support/server.ts';

const { web } = CLIENTS;
const PHOTOS = 'https://photos.example.com';
const MAIL = 'urn:example:mail';
const scope = 'openid offline_access read:photos write:photos read:mail clients:read keys:rotate';
const app = { ...web, client_id: 'app', scope };
const robot = { client_id: 'robot', client_secret: 'robot-secret-of-forty-characters-01234567', grant_types: ['client_credentials'], scope };
const clients = [...BOOTSTRAP.clients, app, robot];
const resources = [
  { identifier: PHOTOS, scopes: ['read:photos', 'write:photos'], default: true, lifetime: 600 },
  { identifier: MAIL, scopes: ['read:mail'], accessTokenFormat: 'opaque', lifetime: 'PT2M' },
];
const server = await startServer(t, { config: { issuer: 'https://auth.example.com', bootstrap: { ...PEOPLE, clients }, resources } });
const direct = directOf(server);
const ADMIN = 'https://auth.example.com/admin';
const invalidTarget = { status: 400, body: { error: 'invalid_target' } };
const both = [['resource', PHOTOS], ['resource', MAIL]] as const;

const audienceOf = async (token: string): Promise<string> => (await direct.introspect(token)).body.aud;

t.test('interface.md: a token without resource has the default resource as audience: the one marked, else the issuer', async (t) => {
  const tokens = await direct.tokens(app, { scope: 'openid read:photos' });
  t.match(jwtParts(tokens.access_token).payload, { aud: PHOTOS, scope: 'openid read:photos' });
  t.equal((await direct.clientCredentials(robot, { scope: 'read:photos' })).body.expires_in, 600);
  const plain = directOf(await startServer(t, { config: { issuer: 'https://auth.example.com', bootstrap: { ...PEOPLE, clients } } }));
  t.match(jwtParts((await plain.tokens(app, { scope: 'read:photos' })).access_token).payload, { aud: 'https://auth.example.com', scope: 'read:photos' });
  t.match(jwtParts((await plain.clientCredentials(robot, { scope: 'read:photos' })).body.access_token).payload, { aud: 'https://auth.example.com' });
});

t.test('RFC 8707 2.2: the audience of the token is the resource that was asked for, its form and lifetime are that resource’s', async (t) => {
  const mail = await direct.tokens(app, { scope: 'openid read:mail', parameters: { resource: MAIL } });
  t.match(mail.access_token, /^gla_[A-Za-z0-9_-]+$/, 'opaque');
  t.equal(mail.expires_in, 120);
  t.equal(await audienceOf(mail.access_token), MAIL);
  const photos = await direct.tokens(app, { scope: 'openid read:photos', parameters: { resource: PHOTOS } });
  t.equal(photos.expires_in, 600);
  t.equal(jwtParts(photos.access_token).payload.aud, PHOTOS);
  server.clock.advance(120);
  t.notOk(await direct.isActive(mail.access_token));
  t.ok(await direct.isActive(photos.access_token));
});

t.test('RFC 8707 2.2: of several granted resources each token is for one, with the scopes that mean something there', async (t) => {
  const issued = await direct.code(app, { scope: 'openid offline_access read:photos write:photos read:mail', parameters: both });
  t.match(await direct.redeem(app, issued, { resource: 'https://other.example.com' }), invalidTarget, 'not granted');
  const { body: first } = await direct.redeem(app, issued, { resource: MAIL });
  t.equal(await audienceOf(first.access_token), MAIL);
  t.equal(first.scope, 'offline_access openid read:mail');
  const { body: second } = await direct.refresh(app, first.refresh_token, { resource: PHOTOS });
  t.match(jwtParts(second.access_token).payload, { aud: PHOTOS, scope: 'offline_access openid read:photos write:photos' });
  const third = await direct.refresh(app, second.refresh_token, { resource: MAIL, scope: 'read:mail' });
  t.equal(third.body.scope, 'read:mail');
  const fourth = await direct.refresh(app, third.body.refresh_token, { resource: PHOTOS, scope: 'openid read:photos read:mail' });
  t.equal(fourth.body.scope, 'openid read:photos', 'scopes of the other resource are left out, as clients repeat their whole scope');
  t.match(await direct.refresh(app, fourth.body.refresh_token, { resource: PHOTOS, scope: 'read:mail' }), { status: 400, body: { error: 'invalid_scope' } }, 'nothing of it is left here');
  t.equal((await direct.refresh(app, fourth.body.refresh_token)).status, 200, 'a refusal spends nothing');
});

t.test('RFC 8707 2.2: a refresh never widens the resources; two at once, or unknown ones, are invalid_target', async (t) => {
  const tokens = await direct.tokens(app, { scope: 'openid offline_access read:photos', parameters: { resource: PHOTOS } });
  for (const resource of [MAIL, ADMIN, 'https://auth.example.com', 'https://unknown.example.com', `${PHOTOS}/`, 'not a uri', `${PHOTOS}#x`]) t.match(await direct.refresh(app, tokens.refresh_token, { resource }), invalidTarget, resource);
  t.match(await direct.token(app, [['grant_type', 'refresh_token'], ['refresh_token', tokens.refresh_token], ...both]), invalidTarget, 'two');
  t.equal((await direct.refresh(app, tokens.refresh_token, { resource: PHOTOS })).status, 200, 'and nothing was spent');
});

t.test('RFC 8707 2: a repeated refresh that asks for another resource is not answered with a token for the first', async (t) => {
  const tokens = await direct.tokens(app, { scope: 'openid offline_access read:photos read:mail', parameters: both });
  const { body } = await direct.refresh(app, tokens.refresh_token, { resource: PHOTOS });
  t.match(await direct.refresh(app, tokens.refresh_token, { resource: MAIL }), invalidTarget);
  const again = await direct.refresh(app, tokens.refresh_token, { resource: PHOTOS });
  t.equal(again.body.refresh_token, body.refresh_token);
  t.equal(await audienceOf(again.body.access_token), PHOTOS);
  t.equal((await direct.refresh(app, body.refresh_token, { resource: MAIL })).status, 200, 'the new refresh token gets it');
});

t.test('RFC 8707 2: client credentials name their resource', async (t) => {
  const mail = await direct.clientCredentials(robot, { scope: 'read:mail', resource: MAIL });
  t.equal(await audienceOf(mail.body.access_token), MAIL);
  t.equal(mail.body.expires_in, 120);
  t.equal((await direct.clientCredentials(robot, { scope: 'read:mail read:photos', resource: MAIL })).body.scope, 'read:mail', 'only what belongs there');
  for (const resource of ['https://unknown.example.com', 'x', `${PHOTOS}#fragment`]) t.match(await direct.clientCredentials(robot, { resource }), invalidTarget, resource);
  t.match(await direct.token(robot, [['grant_type', 'client_credentials'], ...both]), invalidTarget, 'one token, one resource');
  t.equal((await direct.clientCredentials(robot, { resource: '' })).status, 200, 'without a value it is absent');
});

t.test('RFC 8707 2: a scope that belongs to another resource gets no empty token but the advice to name that resource', async (t) => {
  for (const fields of [{ scope: 'read:mail' }, { scope: 'read:photos', resource: MAIL }] as Record<string, string>[]) {
    const answer = await direct.clientCredentials(robot, fields);
    t.match(answer, invalidTarget, fields['scope'] ?? '');
    t.match(answer.body.error_description, /resource/);
  }
  await t.rejects(direct.code(app, { scope: 'read:mail' }), /error=invalid_target/, 'said at the authorization endpoint, before anybody is asked');
});

t.test('interface.md: management scopes belong to <issuer>/admin and imply it; with another resource’s scopes: invalid_target', async (t) => {
  const machine = await direct.clientCredentials(robot, { scope: 'clients:read keys:rotate' });
  t.match(jwtParts(machine.body.access_token).payload, { aud: ADMIN, scope: 'clients:read keys:rotate', sub: 'robot' });
  t.equal((await direct.clientCredentials(robot, { scope: 'clients:read', resource: ADMIN })).body.scope, 'clients:read');
  t.match(await direct.clientCredentials(robot, { scope: 'clients:read read:photos' }), invalidTarget);
  t.match(await direct.clientCredentials(robot, { scope: 'clients:read', resource: PHOTOS }), invalidTarget);
  t.match(await direct.clientCredentials(robot, { scope: 'read:photos', resource: ADMIN }), invalidTarget);
  t.match(await direct.clientCredentials(CLIENTS.web, { scope: 'clients:read' }), { status: 400, body: { error: 'invalid_scope' } }, 'only for clients that are registered for them');
  const root = { username: 'root', password: 'administrator of all' };
  const tokens = await direct.tokens(app, { ...root, scope: 'openid offline_access clients:read' });
  t.match(jwtParts(tokens.access_token).payload, { aud: ADMIN, scope: 'clients:read offline_access openid', sub: 'sub-root' });
  t.match(jwtParts((await direct.refresh(app, tokens.refresh_token)).body.access_token).payload, { aud: ADMIN, scope: 'clients:read offline_access openid' });
  t.equal((await direct.userinfo(tokens.access_token)).status, 200, 'userinfo takes any live token with openid');
  t.ok(MANAGEMENT_SCOPES.includes('clients:read'));
});

t.test('interface.md: management scopes are left out for people who are no administrators, and imply nothing then', async (t) => {
  const own = await direct.tokens(app, { scope: 'openid clients:read' });
  t.equal(own.scope, 'openid');
  t.equal(jwtParts(own.access_token).payload.aud, PHOTOS, 'the default resource');
  await t.rejects(direct.code(app, { scope: 'clients:read' }), /error=access_denied/);
});
