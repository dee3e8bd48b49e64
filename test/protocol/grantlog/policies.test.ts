import t, { type Test } from 'tap';
import { disableAccount, enableAccount } from '#account/update-account.ts';
import { deleteClient, disableClient, enableClient } from '#client/disable-client.ts';
import { clients as clientAggregate } from '#client/projection.ts';
import { registerClient } from '#client/register-client.ts';
import { retireSecret, rotateSecret } from '#client/rotate-secret.ts';
import { updateClient } from '#client/update-client.ts';
import { giveConsent } from '#consent/decider.ts';
import { consentIdOf } from '#consent/give-consent.ts';
import { consents } from '#consent/projection.ts';
import { narrowConsent, withdrawConsent } from '#consent/withdraw-consent.ts';
import { grants } from '#grant/projection.ts';
import { revokeGrant } from '#grant/revoke-grant.ts';
import { supportedGrantTypes } from '#oauth/token/token-endpoint.ts';
import { toInstant } from '#ports/clock.ts';
import { rotateKeys } from '#signing-key/rotate-keys.ts';
import { endSession } from '#session/end-session.ts';
import { Browser } from '#support/browser.ts';
import { type Answer, directOf, jwtParts, type TestClient } from '#support/direct.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const SYSTEM = { actor: { kind: 'system', id: null }, request: null } as const;
const OPAQUE = 'https://opaque.example.com';
const SCOPE = 'openid profile offline_access read:photos write:photos';
/** One client a policy and form of token, so that what one does to its client no other sees. */
const names = ['session', 'disabled', 'deleted', 'account', 'withdrawn', 'expired', 'narrowed', 'no-openid', 'secret', 'overlap', 'revoked', 'compromised', 'unregistered'].flatMap((name) => [`${name}-jwt`, `${name}-opaque`]);
const own = names.map((client_id) => ({ ...CLIENTS.web, client_id, client_secret: `${client_id}-secret-of-many-characters-0123456789` }));
const server = await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, clients: [...BOOTSTRAP.clients, ...own] }, resources: [{ identifier: OPAQUE, accessTokenFormat: 'opaque', scopes: ['read:photos', 'write:photos'] }] } });
const direct = directOf(server);
const { core, clock } = server;

interface Person {
  readonly username: string;
  readonly password: string;
  readonly sub: string;
}
const alice: Person = { username: 'alice', password: 'correct horse battery staple', sub: 'sub-alice' };
const bob: Person = { username: 'bob', password: 'hunter2 hunter2 hunter2', sub: 'sub-bob' };

/** Everything that a policy could have to end: of a grant with a life of its own, of one that depends on the session, and of the client itself. */
async function issueAll(client: TestClient, person: Person, form: 'jwt' | 'opaque') {
  const browser = new Browser(server.url);
  const parameters: Record<string, string> = form === 'opaque' ? { resource: OPAQUE } : {};
  const asked = { ...person, browser, parameters };
  const offline = await direct.tokens(client, { ...asked, scope: SCOPE });
  const bound = await direct.tokens(client, { ...asked, scope: 'openid profile read:photos' });
  const codes = { offline: await direct.code(client, { ...asked, scope: SCOPE }), bound: await direct.code(client, { ...asked, scope: 'openid profile read:photos' }) };
  const machine = (await direct.clientCredentials(client, { scope: 'read:photos', ...parameters })).body.access_token as string;
  const sessionId = jwtParts(offline.id_token).payload.sid as string;
  return { client, browser, offline, bound, codes, machine, sessionId };
}
type Issued = Awaited<ReturnType<typeof issueAll>>;

const PATHS = ['refresh', 'introspect access', 'introspect refresh', 'userinfo', 'redeem'] as const;
type Path = (typeof PATHS)[number];
type Probe = `${'offline' | 'bound'}: ${Path}` | 'machine token' | 'client authentication';

/** What each path says now. Codes go last: a redemption that succeeds spends one. */
async function probe({ client, offline, bound, codes, machine }: Issued): Promise<Record<Probe, Answer>> {
  const answers = {} as Record<Probe, Answer>;
  for (const [kind, tokens] of [['offline', offline], ['bound', bound]] as const) {
    answers[`${kind}: introspect access`] = await direct.introspect(tokens.access_token);
    answers[`${kind}: introspect refresh`] = await direct.introspect(tokens.refresh_token, client);
    answers[`${kind}: userinfo`] = await direct.userinfo(tokens.access_token);
    answers[`${kind}: refresh`] = await direct.refresh(client, tokens.refresh_token);
    answers[`${kind}: redeem`] = await direct.redeem(client, codes[kind]);
  }
  answers['machine token'] = await direct.introspect(machine);
  answers['client authentication'] = await direct.clientCredentials(client, { scope: 'read:photos' });
  return answers;
}

const saysYes = ({ status, body }: Answer): boolean => status === 200 && body.active !== false;
const ALL: readonly Probe[] = [...PATHS.map((path) => `offline: ${path}` as const), ...PATHS.map((path) => `bound: ${path}` as const), 'machine token', 'client authentication'];
const OF_PERSON = ALL.filter((name) => name.includes(':'));
const BOUND = ALL.filter((name) => name.startsWith('bound'));

/** Exactly the paths in `dead` say no, each in its own words. */
async function expectDead(t: Test, issued: Issued, dead: readonly Probe[], message: string): Promise<Record<Probe, Answer>> {
  const answers = await probe(issued);
  for (const name of ALL) t.equal(saysYes(answers[name]), !dead.includes(name), `${message}: ${name} says ${dead.includes(name) ? 'no' : 'yes'} (${answers[name].status} ${answers[name].text.slice(0, 60)})`);
  for (const name of dead) {
    const { status, text, body } = answers[name];
    if (name.includes('introspect') || name === 'machine token') t.ok(text === '{"active":false}' || body.error === 'invalid_client', `${name}: nothing more`);
    else if (name.endsWith('userinfo')) t.match({ status, body }, { status: 401, body: { error: 'invalid_token' } }, name);
    else t.ok(['invalid_grant', 'invalid_client', 'unauthorized_client'].includes(body.error), `${name}: ${body.error}`);
  }
  return answers;
}

const consentId = (person: Person, client: TestClient): Promise<string> => consentIdOf(core, person.sub, client.client_id);
const clientOf = (name: string): TestClient => own.find(({ client_id }) => client_id === name) as TestClient;

for (const form of ['jwt', 'opaque'] as const) {
  const issue = (policy: string, person = alice) => issueAll(clientOf(`${policy}-${form}`), person, form);

  t.test(`interface.md: a session that ended ends what depends on it, access tokens included, and nothing else (${form})`, async (t) => {
    const issued = await issue('session');
    await endSession(core, issued.sessionId, 'test', SYSTEM);
    await expectDead(t, issued, BOUND, 'session ended');
    const again = await issueAll(issued.client, alice, form);
    await expectDead(t, { ...issued, offline: again.offline, codes: { ...issued.codes, offline: again.codes.offline } }, BOUND, 'another session brings nothing back');
  });

  t.test(`regression: deactivated client still served on some grant path: a disabled one is suspended everywhere; enabled again, what has not expired works (${form})`, async (t) => {
    const issued = await issue('disabled');
    await disableClient(core, issued.client.client_id, SYSTEM);
    await expectDead(t, issued, ALL, 'disabled');
    await t.rejects(direct.code(issued.client, { browser: issued.browser }), /error page/, 'and no new code');
    await enableClient(core, issued.client.client_id, SYSTEM);
    await expectDead(t, issued, [], 'enabled');
  });

  t.test(`regression: recycled ids inheriting old tokens: a deleted client is gone for good, and its client_id is never used again (${form})`, async (t) => {
    const issued = await issue('deleted');
    const { client_id: clientId } = issued.client;
    await deleteClient(core, clientId, SYSTEM);
    await expectDead(t, issued, ALL, 'deleted');
    await enableClient(core, clientId, SYSTEM);
    const { state } = (await core.commands.load(clientAggregate, 'web')) ?? {};
    if (state === undefined) throw new Error('no client');
    const again = await registerClient(core, { clientId, metadata: state.metadata, secret: issued.client.client_secret ?? '', bootstrapFingerprint: null }, SYSTEM);
    t.same(again.outcome, { kind: 'refused', reason: 'exists' });
    await expectDead(t, issued, ALL, 'after a try to bring it back');
  });

  t.test(`regression: deactivated user still served on some grant path; enabling the account brings no token back (${form})`, async (t) => {
    const issued = await issue('account', bob);
    await disableAccount(core, bob.sub, 'test', SYSTEM);
    await expectDead(t, issued, OF_PERSON, 'disabled');
    await t.rejects(direct.code(issued.client, { ...bob, browser: issued.browser }), /form answered 401/, 'the session is dead too, and signing in is refused');
    await enableAccount(core, bob.sub, SYSTEM);
    await expectDead(t, issued, OF_PERSON, 'enabled');
    const fresh = await issueAll(issued.client, bob, form);
    await expectDead(t, fresh, [], 'what is issued from now on');
    await expectDead(t, issued, OF_PERSON, 'beside it the old ones stay dead');
  });

  t.test(`interface.md: a withdrawn consent ends all grants of the client and the person; consenting again brings none back (${form})`, async (t) => {
    const issued = await issue('withdrawn');
    const others = await issueAll(issued.client, bob, form);
    await withdrawConsent(core, await consentId(alice, issued.client), 'test', SYSTEM);
    await expectDead(t, issued, OF_PERSON, 'withdrawn');
    const fresh = await issueAll(issued.client, alice, form);
    await expectDead(t, fresh, [], 'given again');
    await expectDead(t, issued, OF_PERSON, 'the old ones stay dead');
    await expectDead(t, others, [], 'another person’s are not affected');
  });

  t.test(`interface.md: a consent that has expired ends its grants for good (${form})`, async (t) => {
    const issued = await issue('expired');
    const id = await consentId(alice, issued.client);
    const { state } = (await core.commands.load(consents, id)) ?? {};
    if (state === undefined) throw new Error('no consent');
    const signIn = { session_id: null, auth_time: null, acr: null, amr: [] };
    await core.commands.handle(consents, id, giveConsent, { decisionId: 'test', sub: alice.sub, clientId: issued.client.client_id, scopes: state.scopes, resources: state.resources, notice: null, signIn, origin: null, now: toInstant(clock.now()), basis: 'person', clientRevision: 0, expiresAt: toInstant(clock.now() + 20_000) }, SYSTEM);
    t.ok(await direct.isActive(issued.offline.access_token), 'before its end');
    clock.advance(20);
    await expectDead(t, issued, OF_PERSON, 'expired');
    const fresh = await issueAll(issued.client, alice, form);
    await expectDead(t, issued, OF_PERSON, 'consented again');
    await expectDead(t, fresh, [], 'new ones');
  });

  t.test(`interface.md: a consent that is narrowed narrows every token at once (${form})`, async (t) => {
    const issued = await issue('narrowed');
    await narrowConsent(core, await consentId(alice, issued.client), ['offline_access', 'openid', 'read:photos'], SYSTEM);
    const answers = await expectDead(t, issued, [], 'narrowed');
    t.equal(answers['offline: introspect access'].body.scope, 'offline_access openid read:photos');
    t.equal(answers['offline: introspect refresh'].body.scope, 'offline_access openid read:photos');
    t.equal(answers['offline: refresh'].body.scope, 'offline_access openid read:photos');
    t.equal(answers['offline: redeem'].body.scope, 'offline_access openid read:photos');
    t.equal(answers['bound: introspect access'].body.scope, 'openid read:photos');
    t.strictSame(Object.keys(answers['offline: userinfo'].body), ['sub'], 'profile is gone');
    const next = await direct.refresh(issued.client, answers['offline: refresh'].body.refresh_token, { scope: SCOPE });
    t.equal(next.body.scope, 'offline_access openid read:photos', 'also for a client that repeats its whole scope');
    t.match(await direct.refresh(issued.client, next.body.refresh_token, { scope: 'write:photos' }), { status: 400, body: { error: 'invalid_scope' } });
  });

  t.test(`interface.md: of a consent without openid userinfo says insufficient_scope; a grant of which nothing is left is dead (${form})`, async (t) => {
    const issued = await issue('no-openid');
    const photos = await direct.tokens(issued.client, { browser: issued.browser, scope: 'write:photos', parameters: { resource: OPAQUE } });
    const code = await direct.code(issued.client, { browser: issued.browser, scope: 'write:photos', parameters: { resource: OPAQUE } });
    await narrowConsent(core, await consentId(alice, issued.client), ['read:photos'], SYSTEM);
    t.match(await direct.userinfo(issued.offline.access_token), { status: 403, body: { error: 'insufficient_scope' } });
    t.equal((await direct.introspect(issued.offline.access_token)).body.scope, 'read:photos');
    const refreshed = await direct.refresh(issued.client, issued.offline.refresh_token);
    t.equal(refreshed.body.scope, 'read:photos');
    t.notOk('id_token' in refreshed.body);
    t.equal((await direct.introspect(photos.access_token)).text, '{"active":false}');
    t.match(await direct.refresh(issued.client, photos.refresh_token), { status: 400, body: { error: 'invalid_grant' } });
    t.match(await direct.redeem(issued.client, code), { status: 400, body: { error: 'invalid_grant' } });
  });

  t.test(`interface.md: a retired secret authenticates nothing more; tokens issued before stay (${form})`, async (t) => {
    const issued = await issue('secret');
    const { client_id: clientId } = issued.client;
    const { state } = (await core.commands.load(clientAggregate, clientId)) ?? {};
    const { secret } = await rotateSecret(core, clientId, 3600, SYSTEM);
    await retireSecret(core, clientId, state?.secrets[0]?.secretId ?? '', SYSTEM);
    const needAuthentication = ALL.filter((name) => /refresh|redeem|client authentication/.test(name));
    const answers = await expectDead(t, issued, needAuthentication, 'retired');
    for (const name of needAuthentication) t.equal(answers[name].body.error, 'invalid_client', name);
    await expectDead(t, { ...issued, client: { ...issued.client, client_secret: secret } }, [], 'with the new secret');
  });

  t.test(`interface.md: a secret that was rotated works until the overlap has ended, by the clock, and at once not with overlap 0 (${form})`, async (t) => {
    const client = clientOf(`overlap-${form}`);
    const { secret } = await rotateSecret(core, client.client_id, 60, SYSTEM);
    const renewed = { ...client, client_secret: secret };
    for (const one of [client, renewed]) t.equal((await direct.clientCredentials(one)).status, 200, 'both');
    clock.advance(60);
    t.match(await direct.clientCredentials(client), { status: 401, body: { error: 'invalid_client' } });
    t.equal((await direct.clientCredentials(renewed)).status, 200);
    const { secret: third } = await rotateSecret(core, client.client_id, 0, SYSTEM);
    t.match(await direct.clientCredentials(renewed), { status: 401, body: { error: 'invalid_client' } });
    t.equal((await direct.clientCredentials({ ...client, client_secret: third })).status, 200);
  });

  t.test(`interface.md: a grant that is revoked ends alone; the person’s other grants with the client stay (${form})`, async (t) => {
    const issued = await issue('revoked');
    // The opaque token does not say its grant; the code of the same person was issued after it.
    const id = form === 'jwt' ? jwtParts(issued.offline.access_token).payload.grant_id : await grantOfClient(issued, SCOPE);
    await revokeGrant(core, id, 'revoked_by_admin', SYSTEM);
    await expectDead(t, issued, ALL.filter((name) => name.startsWith('offline') && name !== 'offline: redeem'), 'revoked');
  });

  t.test(`interface.md: a compromised signing key ends what it signed, and nothing that is not signed (${form})`, async (t) => {
    const issued = await issue('compromised');
    await rotateKeys(core, true, SYSTEM);
    const signed = ['offline: introspect access', 'offline: userinfo', 'bound: introspect access', 'bound: userinfo', 'machine token'] as const;
    await expectDead(t, issued, form === 'jwt' ? signed : [], 'compromised');
  });

  t.test(`RFC 7592 2.2: a grant type that is no longer registered is refused at once (${form})`, async (t) => {
    const issued = await issue('unregistered');
    const { client_id: clientId } = issued.client;
    const { state } = (await core.commands.load(clientAggregate, clientId)) ?? {};
    if (state === undefined) throw new Error('no client');
    await updateClient(core, clientId, { ...state.metadata, grant_types: ['authorization_code'] }, null, SYSTEM);
    const answers = await expectDead(t, issued, ['offline: refresh', 'bound: refresh', 'client authentication'], 'unregistered');
    t.equal(answers['client authentication'].body.error, 'unauthorized_client');
    t.notOk('refresh_token' in answers['offline: redeem'].body, 'a code gives no refresh token any more');
  });
}

t.test('regression: a policy enforced on one grant path and forgotten on another: every grant of the token endpoint is in the matrix above', (t) => {
  const inMatrix = ['authorization_code', 'refresh_token', 'client_credentials'];
  t.same(supportedGrantTypes(core), inMatrix, 'a new grant needs its row in `probe`');
  t.end();
});

/** The oldest redeemed grant of the client with this scope. */
async function grantOfClient({ client }: Issued, scope: string): Promise<string> {
  const documents = await core.readModels.list<{ scope: readonly string[]; accessToken: unknown }>(grants.collection, { clientId: client.client_id }, null, 50);
  const found = documents.find(({ state }) => state.accessToken !== null && [...state.scope].sort().join(' ') === scope.split(' ').sort().join(' '));
  if (found === undefined) throw new Error('no such grant');
  return found.id;
}
