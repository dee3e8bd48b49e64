import t from 'tap';
import { answerOf, directOf } from '#support/direct.ts';
import { BOOTSTRAP, CLIENTS, PEOPLE, startServer } from '#support/server.ts';

const { web } = CLIENTS;
const standard = {
  name: 'Carol Example', family_name: 'Example', given_name: 'Carol', middle_name: 'C.', nickname: 'caz', profile: 'https://carol.example.com/', picture: 'https://carol.example.com/me.jpg', website: 'https://carol.example.com/', gender: 'female', birthdate: '1990-01-31', zoneinfo: 'Europe/Amsterdam', locale: 'nl-NL',
  email: 'carol@example.com', email_verified: false, phone_number: '+31201234567', phone_number_verified: true, address: { formatted: 'Damrak 1\nAmsterdam', country: 'NL' }, employee_number: '42',
};
const carol = { username: 'Carol', password: 'carol carol carol carol', sub: 'sub-carol', claims: standard };
const resources = [{ identifier: 'https://opaque.example.com', accessTokenFormat: 'opaque' }];
const server = await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, accounts: [...PEOPLE.accounts, carol] }, resources } });
const direct = directOf(server);
const asCarol = { username: 'carol', password: carol.password };
const userinfo = async (scope: string, parameters: Record<string, string> = {}) => direct.userinfo((await direct.tokens(web, { ...asCarol, scope, parameters })).access_token);

const CLAIMS: Record<string, readonly string[]> = {
  profile: ['name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
};

t.test('OpenID Connect Core 5.4: each scope gives exactly its claims, sub is always there', async (t) => {
  for (const scopes of [[], ['profile'], ['email'], ['address'], ['phone'], ['profile', 'email', 'address', 'phone']]) {
    const answer = await userinfo(['openid', ...scopes].join(' '));
    t.equal(answer.status, 200);
    t.match(answer.headers.get('content-type'), /^application\/json/);
    t.equal(answer.headers.get('cache-control'), 'no-store');
    t.strictSame(Object.keys(answer.body).sort(), ['sub', ...scopes.flatMap((scope) => CLAIMS[scope] ?? [])].sort(), scopes.join(' '));
    for (const [name, value] of Object.entries(answer.body)) if (name in standard) t.same(value, (standard as Record<string, unknown>)[name], name);
  }
});

t.test('OpenID Connect Core 5.1: claims have their JSON types; a claim without a value is left out', async (t) => {
  const { body } = await userinfo('openid profile email address phone');
  t.equal(body.email_verified, false);
  t.type(body.updated_at, 'number');
  t.type(body.address, 'object');
  t.equal(body.preferred_username, 'Carol');
  t.notOk('employee_number' in body, 'a claim that belongs to no scope');
  const bob = await direct.userinfo((await direct.tokens(web, { username: 'bob', password: 'hunter2 hunter2 hunter2', scope: 'openid profile email' })).access_token);
  t.match(bob.body, { sub: 'sub-bob', name: 'Bob Example' });
  t.notOk('email' in bob.body || 'given_name' in bob.body);
});

t.test('interface.md: userinfo takes any live access token with openid, whatever its audience and form', async (t) => {
  for (const resource of ['https://opaque.example.com', server.issuer]) t.match(await userinfo('openid email', { resource }), { status: 200, body: { sub: 'sub-carol', email: 'carol@example.com' } });
});

t.test('OpenID Connect Core 5.3.1: GET and POST are both answered, other methods are not', async (t) => {
  const { access_token: token } = await direct.tokens(web, asCarol);
  const headers = { authorization: `Bearer ${token}` };
  for (const method of ['GET', 'POST']) t.equal((await answerOf(await fetch(`${server.url}/userinfo`, { method, headers }))).status, 200, method);
  for (const method of ['PUT', 'DELETE', 'PATCH']) t.ok([404, 405].includes((await fetch(`${server.url}/userinfo`, { method, headers })).status), method);
});

t.test('OpenID Connect Core 5.3.2: sub at userinfo is sub in the ID token, and a refresh that drops a scope drops its claims', async (t) => {
  const tokens = await direct.tokens(web, { ...asCarol, scope: 'openid profile email offline_access' });
  const narrowed = await direct.refresh(web, tokens.refresh_token, { scope: 'openid email' });
  t.strictSame(Object.keys((await direct.userinfo(narrowed.body.access_token)).body).sort(), ['email', 'email_verified', 'sub']);
  t.ok('name' in (await direct.userinfo(tokens.access_token)).body, 'the token before keeps its own');
});
