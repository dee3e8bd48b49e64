import t from 'tap';
import { directOf, jwtParts } from '#support/direct.ts';
import { eventsOf, frontOf, requestOf, sentToClient, VERIFIER } from '#support/front.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const PHOTOS = 'https://photos.example.com';
const MAIL = 'urn:example:mail';
const admin = { ...CLIENTS.trusted, client_id: 'admin-app', client_secret: 'admin-app-secret-of-forty-characters-0123', scope: 'openid clients:read read:photos' };
const server = await startServer(t, {
  config: {
    bootstrap: { ...BOOTSTRAP, clients: [...Object.values(CLIENTS), admin] },
    resources: [{ identifier: PHOTOS, scopes: ['read:photos', 'write:photos'] }, { identifier: MAIL, scopes: ['send:mail'] }],
  },
});
const front = frontOf(server);
const direct = directOf(server);
const { issuer } = server;
const alice = await front.signIn('alice');
const root = await front.signIn('root');
const MANAGEMENT = `${issuer}/admin`;

function queryOf(resources: readonly string[], changes: Record<string, string> = {}): string {
  const query = requestOf({ client_id: 'trusted', scope: 'openid read:photos', ...changes });
  for (const resource of resources) query.append('resource', resource);
  return query.toString();
}

t.test('RFC 8707 2: resource names where the token is for, and may be there more than once', async (t) => {
  for (const resources of [[PHOTOS], [PHOTOS, MAIL], [MAIL, PHOTOS, MAIL], [issuer]]) {
    const answer = await front.ask(queryOf(resources), alice);
    const resource = resources[0] ?? '';
    const tokens = (await direct.redeem(CLIENTS.trusted, { code: answer.toClient?.searchParams.get('code') ?? '', code_verifier: VERIFIER }, { resource })).body;
    t.equal(jwtParts(tokens.access_token).payload.aud, resource, resources.join(' '));
  }
  const grant = eventsOf(server).filter((event) => event.type === 'GrantIssued').at(2);
  t.strictSame(grant?.data['resources'], [PHOTOS, MAIL]);
});

t.test('interface.md: without resource the default one is meant', async (t) => {
  for (const query of [queryOf([]), `${queryOf([])}&resource=`]) {
    const answer = await front.ask(query, alice);
    const tokens = (await direct.redeem(CLIENTS.trusted, { code: answer.toClient?.searchParams.get('code') ?? '', code_verifier: VERIFIER })).body;
    t.equal(jwtParts(tokens.access_token).payload.aud, issuer);
  }
});

t.test('RFC 8707 2 invalid_target: unknown, relative, with a fragment, or spelled differently', async (t) => {
  for (const resource of ['https://unknown.example.com', `${PHOTOS}/`, `${PHOTOS}#x`, PHOTOS.toUpperCase(), 'photos', '/', 'javascript:alert(1)', `${PHOTOS}\r\nx: y`, '<b>', `${MANAGEMENT}/`, '__proto__']) {
    sentToClient(t, issuer, await front.ask(queryOf([resource]), alice), 'invalid_target', { message: JSON.stringify(resource) });
    sentToClient(t, issuer, await front.ask(queryOf([PHOTOS, resource]), alice), 'invalid_target', { message: `beside a good one: ${JSON.stringify(resource)}` });
    sentToClient(t, issuer, await front.ask(queryOf([resource], { prompt: 'none' })), 'invalid_target', { message: 'before anybody signs in' });
  }
});

t.test('interface.md invalid_target: management scopes imply the management resource and go with no other', async (t) => {
  const ask = (scope: string, resources: readonly string[]) => front.ask(queryOf(resources, { client_id: 'admin-app', scope }), root);
  for (const resources of [[], [MANAGEMENT]]) {
    const answer = await ask('openid clients:read', resources);
    const tokens = (await direct.redeem(admin, { code: answer.toClient?.searchParams.get('code') ?? '', code_verifier: VERIFIER })).body;
    t.equal(jwtParts(tokens.access_token).payload.aud, MANAGEMENT);
  }
  sentToClient(t, issuer, await ask('clients:read read:photos', []), 'invalid_target', { message: 'scopes of two resources' });
  for (const resources of [[PHOTOS], [MANAGEMENT, PHOTOS], [issuer]]) sentToClient(t, issuer, await ask('clients:read', resources), 'invalid_target', { message: resources.join(' ') });
});

t.test('protocol.md: consent covers the resources that it named; another resource is asked for', async (t) => {
  const ask = (resources: readonly string[]) => front.ask(queryOf(resources, { client_id: 'web' }), alice);
  await front.decide(alice, (await front.page(queryOf([PHOTOS], { client_id: 'web' }), alice)).form);
  t.equal((await ask([PHOTOS])).toClient?.searchParams.has('code'), true);
  t.ok((await ask([PHOTOS, MAIL])).location?.startsWith(front.paths.consentPage));
  sentToClient(t, issuer, await front.ask(queryOf([MAIL], { client_id: 'web', prompt: 'none' }), alice), 'consent_required');
  await front.decide(alice, (await front.page(queryOf([MAIL], { client_id: 'web' }), alice)).form);
  t.equal((await ask([PHOTOS, MAIL])).toClient?.searchParams.has('code'), true, 'the consent is the union');
});

t.test('regression: the resource cannot be changed between the steps', async (t) => {
  const page = await front.page(queryOf([PHOTOS], { client_id: 'web', prompt: 'consent' }), alice);
  const fields = page.form.fields.map(([name, value]) => [name, name === 'oauth_query' ? value.replace(encodeURIComponent(PHOTOS), encodeURIComponent(MAIL)) : value] as const);
  t.notSame(fields, page.form.fields);
  const refused = await front.decide(alice, { ...page.form, fields });
  t.equal(refused.error, 'invalid_request');
  const beside = await front.decide(alice, { ...page.form, fields: [...page.form.fields, ['resource', MAIL]] });
  t.equal(beside.toClient?.searchParams.has('code'), true);
  t.strictSame(eventsOf(server).findLast((event) => event.type === 'GrantIssued')?.data['resources'], [PHOTOS], 'a field of the form is nobody’s resource');
});
