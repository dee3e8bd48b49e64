import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Context } from 'oidc-provider';
import { ACCOUNTS, CLIENT, ID_TOKEN_ALG, PERSON_SCOPE, REDIRECT_URI, RESOURCES } from '../target.ts';

/** What Grantlog is measured beside: npm oidc-provider on its in-memory adapter, with an instant sign-in and consent that is remembered. */
const port = Number(process.env['PORT']);
// It says that this Node and its adapter are not for production: known here.
console.warn = () => undefined;
const { default: Provider } = await import('oidc-provider');

const privateJwk = (key: KeyObject, alg: string) => ({ ...key.export({ format: 'jwk' }), alg, use: 'sig' });
const keys = [
  privateJwk(generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey, 'RS256'),
  privateJwk(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'ES256'),
];

/** One grant a person, made at the first sign-in and found again at each later one. */
const remembered = new Map<string, string>();

async function loadExistingGrant({ oidc }: Context) {
  const { accountId } = oidc.session;
  const known = await oidc.provider.Grant.find(remembered.get(accountId) ?? '');
  if (known !== undefined) return known;
  const grant = new oidc.provider.Grant({ accountId, clientId: oidc.client.clientId });
  grant.addOIDCScope(PERSON_SCOPE);
  grant.addResourceScope(RESOURCES.jwt.identifier, RESOURCES.jwt.scope);
  remembered.set(accountId, await grant.save());
  return grant;
}

function resourceServer(_context: Context, identifier: string): object {
  const common = { audience: identifier, accessTokenTTL: 3600 };
  if (identifier === RESOURCES.opaque.identifier) return { ...common, scope: RESOURCES.opaque.scope, accessTokenFormat: 'opaque' };
  return { ...common, scope: RESOURCES.jwt.scope, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };
}

const provider = new Provider(`http://localhost:${port}`, {
  clients: [
    {
      client_id: CLIENT.id,
      client_secret: CLIENT.secret,
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
      id_token_signed_response_alg: ID_TOKEN_ALG,
    },
  ],
  jwks: { keys },
  cookies: { keys: ['a key of the measurement'] },
  findAccount: (_context: Context, sub: string) => ({ accountId: sub, claims: () => ({ sub }) }),
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: { enabled: true, defaultResource: () => RESOURCES.jwt.identifier, useGrantedResource: () => true, getResourceServerInfo: resourceServer },
  },
  interactions: { url: (_context: Context, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
  loadExistingGrant,
  issueRefreshToken: () => true,
  rotateRefreshToken: () => true,
  expiresWithSession: () => false,
  pkce: { required: () => true },
  // Said aloud, because the library warns about defaults.
  ttl: { AccessToken: 3600, AuthorizationCode: 60, ClientCredentials: 3600, Grant: 86_400, IdToken: 3600, Interaction: 600, RefreshToken: 86_400, Session: 28_800 },
});

const handle = provider.callback();

const page = (action: string): string =>
  `<!doctype html><title>Sign in</title><form method="post" action="${action}"><input name="username"><input type="password" name="password"><button>Sign in</button></form>`;

async function interaction(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') {
    const html = page(request.url ?? '');
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': Buffer.byteLength(html), 'cache-control': 'no-store' }).end(html);
    return;
  }
  const username = new URLSearchParams(await text(request)).get('username') ?? '';
  if (!ACCOUNTS.includes(username)) throw new Error(`nobody is called ${username}`);
  await provider.interactionFinished(request, response, { login: { accountId: username } });
}

createServer((request, response) => {
  if (request.url?.startsWith('/interaction/') !== true) return handle(request, response);
  interaction(request, response).catch((error: unknown) => response.writeHead(500, { 'content-length': 0 }).end(console.error(error)));
}).listen(port, '127.0.0.1');
