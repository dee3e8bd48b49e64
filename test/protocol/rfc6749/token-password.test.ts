import t from 'tap';
import { BOOTSTRAP, startServer, type TestServer } from '#support/server.ts';

const FIRST_PARTY = { client_id: 'own-app', client_secret: 'own-secret-of-forty-characters-0123456789', first_party: true, grant_types: ['password', 'refresh_token'], scope: 'openid profile read:photos clients:read' };
const PASSWORD = 'correct horse battery staple';

const ask = (server: TestServer, fields: Record<string, string>, client = FIRST_PARTY): Promise<Response> =>
  fetch(`${server.issuer}/oauth2/token`, { method: 'POST', headers: { authorization: `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}` }, body: new URLSearchParams({ grant_type: 'password', username: 'alice', password: PASSWORD, ...fields }) });

t.test('RFC 9700 2.4: the password grant is refused by name, and not in the metadata, unless policy opens it', async (t) => {
  const server = await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, clients: [FIRST_PARTY] } } });
  const response = await ask(server, {});
  t.equal(response.status, 400);
  t.match(await response.json(), { error: 'unsupported_grant_type', error_description: /refused.*authorization_code/ });
  const metadata = (await (await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)).json()) as { grant_types_supported: string[] };
  t.notOk(metadata.grant_types_supported.includes('password'));
});

t.test('RFC 6749 4.3: a first-party client by policy', async (t) => {
  const lines: string[] = [];
  const config = { policy: { passwordGrant: 'first-party' }, bootstrap: { ...BOOTSTRAP, clients: [...BOOTSTRAP.clients, FIRST_PARTY] } };
  const server = await startServer(t, { config, log: { write: (line: string) => void lines.push(line) } });

  t.test('4.3.3: gets tokens; the consent has the basis policy and each use is a warning, without the password', async (t) => {
    const tokens = (await (await ask(server, { scope: 'openid read:photos' })).json()) as Record<string, string>;
    t.match(tokens, { token_type: 'Bearer', scope: 'openid read:photos', refresh_token: /^glr_/, id_token: /^ey/ });
    const [consent] = await server.core.readModels.list<{ basis: string; notice: null }>('consents', { sub: 'sub-alice' }, null, 2);
    t.match(consent?.state, { basis: 'policy', notice: null });
    const warning = lines.find((line) => line.includes('the password grant was used'));
    t.match(JSON.parse(warning ?? '{}'), { level: 'warn', client_id: 'own-app', sub: 'sub-alice' });
    t.notOk(lines.some((line) => line.includes(PASSWORD)));
    const refreshed = await ask(server, { grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] ?? '' });
    t.equal(refreshed.status, 200, 'its refresh token works like any other');
  });

  t.test('5.2: a wrong password is invalid_grant, and counts for the sign-in throttle', async (t) => {
    for (let n = 0; n < 5; n++) t.match(await (await ask(server, { username: 'bob', password: `wrong ${n}` })).json(), { error: 'invalid_grant' });
    const throttled = await ask(server, { username: 'bob', password: 'hunter2 hunter2 hunter2' });
    t.equal(throttled.status, 429);
    t.ok(Number(throttled.headers.get('retry-after')) > 0);
  });

  t.test('management scopes are for administrators on this path too', async (t) => {
    t.match(await (await ask(server, { scope: 'clients:read' })).json(), { error: 'access_denied' });
    t.match(await (await ask(server, { scope: 'clients:read', username: 'root', password: 'administrator of all' })).json(), { scope: 'clients:read' });
  });

  t.test('a client that is not first-party is refused', async (t) => {
    const [web] = BOOTSTRAP.clients;
    t.match(await (await ask(server, {}, { ...FIRST_PARTY, client_id: web?.client_id ?? '', client_secret: 'web-secret-of-forty-characters-0123456789' })).json(), { error: 'unauthorized_client' });
  });
});
