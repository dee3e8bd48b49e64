import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Running, startProcess } from '../processes.ts';
import { ACCOUNTS, CLIENT, ID_TOKEN_ALG, PASSWORD, PERSON_SCOPE, REDIRECT_URI, RESOURCES, type Target } from '../target.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const MAIN = here('../../../services/all-in-one/main.js');
const WITHOUT_PASSWORD_HASH = here('./grantlog-without-password-hash.ts');

export interface StartedTarget extends Target, Pick<Running, 'stop'> {
  /** Where the embedded store lies; null for a server that keeps nothing. */
  readonly dataDir: string | null;
}

const CONFIG = {
  resources: [
    { identifier: RESOURCES.jwt.identifier, scopes: [RESOURCES.jwt.scope], default: true },
    { identifier: RESOURCES.opaque.identifier, scopes: [RESOURCES.opaque.scope], accessTokenFormat: 'opaque' },
  ],
  bootstrap: {
    accounts: ACCOUNTS.map((username) => ({ username, password: PASSWORD, sub: username })),
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [REDIRECT_URI],
        grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
        scope: `${PERSON_SCOPE} ${RESOURCES.opaque.scope}`,
        id_token_signed_response_alg: ID_TOKEN_ALG,
      },
    ],
  },
};

/** Grantlog as `npm start` runs it, its data in a directory of its own below `directory`; `withoutPasswordHash` replaces that one part. */
export async function startGrantlog(directory: string, nodeOptions: readonly string[], withoutPasswordHash = false): Promise<StartedTarget> {
  const name = withoutPasswordHash ? 'without-password-hash' : 'grantlog';
  const dataDir = join(directory, name);
  const configFile = join(directory, `${name}.json`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(configFile, JSON.stringify(CONFIG));
  const running = await startProcess({ script: withoutPasswordHash ? WITHOUT_PASSWORD_HASH : MAIN, env: { GRANTLOG_CONFIG: configFile, GRANTLOG_DATA_DIR: dataDir }, nodeOptions, readyPath: '/health/ready' });
  const paths = { authorization: '/oauth2/authorize', token: '/oauth2/token', introspection: '/oauth2/introspect', jwks: '/oauth2/jwks', metadata: '/.well-known/openid-configuration' };
  return { ...running, name: 'Grantlog', dataDir, paths };
}

export async function startOidcProvider(nodeOptions: readonly string[]): Promise<StartedTarget> {
  const paths = { authorization: '/auth', token: '/token', introspection: '/token/introspection', jwks: '/jwks', metadata: '/.well-known/openid-configuration' };
  const running = await startProcess({ script: here('./oidc-provider.ts'), nodeOptions, readyPath: paths.metadata });
  return { ...running, name: 'oidc-provider', dataDir: null, paths };
}

export async function startBareFastify(directory: string): Promise<StartedTarget> {
  const dataDir = join(directory, 'bare');
  const running = await startProcess({ script: here('./bare-fastify.ts'), env: { GRANTLOG_DATA_DIR: dataDir }, readyPath: '/document' });
  return { ...running, name: 'bare Fastify', dataDir, paths: { authorization: '', token: '/token', introspection: '', jwks: '', metadata: '/document' } };
}
