import t, { type Test } from 'tap';
import { grants } from '#grant/projection.ts';
import { type Answer, credentialsOf, directOf, jwtParts, type TestClient } from '#support/direct.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const { web, post, spa, native, trusted, api } = CLIENTS;
const OPAQUE = 'https://opaque.example.com';
const observer = { ...web, client_id: 'observer', client_secret: 'observer-secret-of-forty-characters-0123', introspects: [OPAQUE] };
const server = await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, clients: [...BOOTSTRAP.clients, observer] }, resources: [{ identifier: OPAQUE, accessTokenFormat: 'opaque' }], lifetimes: { authorizationCode: 600 } } });
const direct = directOf(server);
const opaque = { parameters: { resource: OPAQUE } };
const redirectUriOf = (client: TestClient): string => (client === native ? 'http://127.0.0.1:49152/cb' : (client.redirect_uris?.[0] ?? ''));

/** Everything that a client can hold. */
async function artefactsOf(client: TestClient) {
  const redirectUri = redirectUriOf(client);
  const jwt = await direct.tokens(client, { redirectUri });
  const sealed = await direct.tokens(client, { redirectUri, ...opaque });
  const machine = client.client_id === 'web' || client.client_id === 'post' ? ((await direct.clientCredentials(client, { scope: 'read:photos' })).body.access_token as string) : null;
  return { code: await direct.code(client, { redirectUri }), jwt, sealed, machine };
}

t.test('RFC 6749 10.4, 10.5, RFC 7009 2.1, RFC 7662 4: an artefact of one client is worth nothing to any other, and is not harmed by it', async (t) => {
  const parties: readonly TestClient[] = [web, post, spa, native, trusted];
  for (const owner of parties) {
    const { code, jwt, sealed, machine } = await artefactsOf(owner);
    const access = [jwt.access_token, sealed.access_token, ...(machine === null ? [] : [machine])];
    for (const other of [...parties, observer, api]) {
      if (other === owner) continue;
      const pair = `${owner.client_id} -> ${other.client_id}`;
      if (other !== api) {
        t.match(await direct.redeem(other, code), { status: 400, body: { error: 'invalid_grant' } }, `${pair}: code`);
        t.match(await direct.refresh(other, jwt.refresh_token), { status: 400, body: { error: 'invalid_grant' } }, `${pair}: refresh token`);
      }
      for (const token of [...access, jwt.refresh_token]) {
        const isPublic = other === spa || other === native;
        const answer = await direct.introspect(token, other);
        const sees = other === api ? token !== jwt.refresh_token : other === observer && token === sealed.access_token;
        if (isPublic) t.match(answer, { status: 401, body: { error: 'invalid_client' } }, `${pair}: introspection by a public client`);
        else if (sees) t.equal(answer.body.active, true, `${pair}: introspects`);
        else t.equal(answer.text, '{"active":false}', `${pair}: introspection`);
        t.match(await direct.revoke(token, other), { status: 200, text: '{}' }, `${pair}: revocation`);
      }
    }
    for (const token of access) t.ok(await direct.isActive(token), `${owner.client_id}: still alive`);
    t.equal((await direct.redeem(owner, code)).status, 200, `${owner.client_id}: the code was not burnt`);
    t.equal((await direct.refresh(owner, jwt.refresh_token)).status, 200, `${owner.client_id}: nor the refresh token`);
  }
});

/** Runs over a list, several at once. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const worker = async (): Promise<void> => {
    for (let item = rest.pop(); item !== undefined; item = rest.pop()) await work(item);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** Every truncation at the end and at the start, every bit of the bytes in it, and things put before and behind it. */
function alterationsOf(token: string): string[] {
  const altered: string[] = [];
  for (let length = 1; length < token.length; length++) altered.push(token.slice(0, length), token.slice(length));
  const prefix = /^gl[cra]_/.exec(token)?.[0] ?? '';
  const bytes = Buffer.from(token.slice(prefix.length), 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes);
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    altered.push(prefix + flipped.toString('base64url'));
  }
  for (const other of ['glc_', 'glr_', 'gla_']) if (other !== prefix) altered.push(other + token.slice(prefix.length));
  return [...altered, `${token}A`, `${token}AAAA`, `${token}=`, `${token}.`, `${token}\n`, ` ${token}`, token.toUpperCase(), `${token}${token}`];
}

async function allRefused(t: Test, alterations: readonly string[], ways: Readonly<Record<string, (text: string) => Promise<boolean>>>): Promise<void> {
  for (const [index, [name, isRefused]] of Object.entries(ways).entries()) {
    const accepted: string[] = [];
    // All of them at the first endpoint; every fifth at the others, which open tokens by the same function.
    const shown = index === 0 ? alterations : alterations.filter((_, position) => position % 5 === 0);
    await each(shown, async (text) => {
      if (!(await isRefused(text))) accepted.push(text);
    });
    t.same(accepted, [], `${name}: ${shown.length} refused`);
  }
}

/** Straight into the endpoints, as thousands of requests are made here. */
async function inject(url: string, fields: Record<string, string>): Promise<Pick<Answer, 'status' | 'text' | 'body'>> {
  const answer = await server.app.inject({ method: 'POST', url, payload: new URLSearchParams(fields).toString(), headers: { ...credentialsOf(trusted).headers, 'content-type': 'application/x-www-form-urlencoded' } });
  return { status: answer.statusCode, text: answer.body, body: answer.json() };
}
const userinfo = async (token: string): Promise<number> => (await server.app.inject({ url: '/userinfo', headers: { authorization: `Bearer ${token.startsWith(' ') ? 'x' : ''}${token}` } })).statusCode;

const invalidGrant = ({ status, body }: Pick<Answer, 'status' | 'body'>): boolean => status === 400 && body.error === 'invalid_grant';
const inactive = ({ text }: Pick<Answer, 'text'>): boolean => text === '{"active":false}';
const unknown = ({ status, text }: Pick<Answer, 'status' | 'text'>): boolean => status === 200 && text === '{}';
const revisionOf = async (id: string): Promise<number> => (await server.core.commands.load(grants, id))?.revision ?? -1;

t.test('regression: truncated opaque token valid: no truncation and no changed bit of a code is one', async (t) => {
  const issued = await direct.code(trusted);
  await allRefused(t, alterationsOf(issued.code), { redemption: async (code) => invalidGrant(await inject('/oauth2/token', { grant_type: 'authorization_code', ...issued, code })) });
  t.equal((await direct.redeem(trusted, issued)).status, 200, 'the code itself is whole');
});

t.test('regression: truncated opaque token valid: no truncation and no changed bit of a refresh token is one, and none ends the family', async (t) => {
  const tokens = await direct.tokens(trusted);
  await allRefused(t, alterationsOf(tokens.refresh_token), {
    refresh: async (text) => invalidGrant(await inject('/oauth2/token', { grant_type: 'refresh_token', refresh_token: text })),
    introspection: async (text) => inactive(await inject('/oauth2/introspect', { token: text })),
    revocation: async (text) => unknown(await inject('/oauth2/revoke', { token: text })),
  });
  t.equal(await revisionOf(jwtParts(tokens.access_token).payload.grant_id), 2, 'no fact came of them');
  t.equal((await direct.refresh(trusted, tokens.refresh_token)).status, 200);
});

t.test('regression: truncated opaque token valid: no truncation and no changed bit of an opaque access token is one, and none revokes it', async (t) => {
  const tokens = await direct.tokens(trusted, opaque);
  t.match(tokens.access_token, /^gla_/);
  await allRefused(t, alterationsOf(tokens.access_token), {
    introspection: async (text) => inactive(await inject('/oauth2/introspect', { token: text })),
    userinfo: async (text) => [400, 401].includes(await userinfo(text)),
    revocation: async (text) => unknown(await inject('/oauth2/revoke', { token: text })),
  });
  t.ok(await direct.isActive(tokens.access_token));
  t.equal((await direct.userinfo(tokens.access_token)).status, 200);
});

t.test('RFC 8725 3.2: no truncation of a JWT access token is one at any endpoint, nor an ID token in its place', async (t) => {
  const tokens = await direct.tokens(trusted);
  const cut = alterationsOf(tokens.access_token).filter((text) => text.includes('.') && text.length < tokens.access_token.length);
  await allRefused(t, [...cut, tokens.id_token], {
    introspection: async (text) => inactive(await inject('/oauth2/introspect', { token: text })),
    userinfo: async (text) => [400, 401].includes(await userinfo(text)),
    revocation: async (text) => unknown(await inject('/oauth2/revoke', { token: text })),
  });
  t.ok(await direct.isActive(tokens.access_token));
});
