import t from 'tap';
import { ConfigError } from './config-error.ts';
import { configJsonSchema, type JsonSchema } from './json-schema.ts';
import { loadConfig } from './load.ts';
import type { Config } from './schema.ts';

type Env = { readonly [name: string]: string };

const load = (file: unknown, env: Env = {}): Config =>
  loadConfig({ env: { GRANTLOG_CONFIG: 'grantlog.json', ...env }, readFile: () => (typeof file === 'string' ? file : JSON.stringify(file)) });

function refusal(file: unknown, env: Env = {}): string {
  try {
    load(file, env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}

const KEY = Buffer.alloc(32, 7).toString('base64url');
const REMOTE = { events: 'esdb://127.0.0.1:2113?tls=false', readModels: 'mongodb://127.0.0.1:27017/grantlog' };
const clientWith = (members: object) => ({ bootstrap: { clients: [{ client_id: 'photo-print', client_secret: 'hunter2', redirect_uris: ['https://app.example.com/callback'], ...members }] } });
const accountWith = (members: object) => ({ bootstrap: { accounts: [{ username: 'alice', password: 'hunter2', ...members }] } });

t.test('the defaults are those of the contract', (t) => {
  const config = loadConfig({ env: {}, readFile: () => t.fail('no file is read') as never });
  const { paths, ...others } = config;
  t.equal(paths.preset, 'default');
  t.strictSame(others, {
    port: 3000,
    host: '127.0.0.1',
    issuer: null,
    dataDir: './data',
    masterKey: null,
    stores: { events: null, readModels: null, linearizableReads: false, namespace: 'grantlog' },
    trustedProxies: [],
    logLevel: 'info',
    pages: { login: '/sign-in', consent: '/consent', device: '/device' },
    lifetimes: {
      authorizationCode: 60,
      accessToken: 3600,
      idToken: 3600,
      refreshToken: 30 * 86400,
      refreshTokenAbsolute: 365 * 86400,
      deviceCode: 1800,
      session: 8 * 3600,
      sessionAbsolute: 30 * 86400,
      oauthQuery: 600,
      refreshTokenGrace: 10,
      pushedAuthorization: 90,
    },
    device: { interval: 5, userCodeLength: 8, deviceCodeLength: 40 },
    policy: { pkceForConfidentialClients: 'required', passwordGrant: 'off', registration: 'token', clientAssertionAudience: 'issuer' },
    resources: [],
    scopes: {},
    tls: null,
    outbound: { allow: [] },
    bootstrap: { accounts: [], clients: [] },
  });
  t.end();
});

t.test('defaults < file < environment', (t) => {
  const file = { port: 4000, issuer: 'https://file.example.com', logLevel: 'warn', stores: { ...REMOTE, namespace: 'file', linearizableReads: true }, masterKey: KEY, trustedProxies: ['192.0.2.1'] };
  t.match(load(file), { port: 4000, host: '127.0.0.1', issuer: 'https://file.example.com', logLevel: 'warn', trustedProxies: ['192.0.2.1'], stores: file.stores });
  const config = load(file, {
    PORT: '0',
    HOST: '0.0.0.0',
    GRANTLOG_ISSUER: 'https://env.example.com/tenant',
    GRANTLOG_DATA_DIR: '/var/lib/grantlog',
    GRANTLOG_MASTER_KEY: Buffer.alloc(32, 9).toString('base64url'),
    EVENTSTORE_URL: 'esdb+discover://user:p@cluster.example:2113',
    MONGO_URL: 'mongodb+srv://user:p@cluster.example/other?retryWrites=true',
    GRANTLOG_NAMESPACE: 'env-1',
    GRANTLOG_TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    LOG_LEVEL: 'debug',
  });
  t.match(config, {
    port: 0,
    host: '0.0.0.0',
    issuer: 'https://env.example.com/tenant',
    dataDir: '/var/lib/grantlog',
    stores: { events: 'esdb+discover://user:p@cluster.example:2113', readModels: 'mongodb+srv://user:p@cluster.example/other?retryWrites=true', namespace: 'env-1', linearizableReads: true },
    trustedProxies: ['10.0.0.0/8', '::1'],
    logLevel: 'debug',
  });
  t.strictSame(config.masterKey, new Uint8Array(32).fill(9));
  t.equal(load({ port: 4000 }, { PORT: '' }).port, 4000, 'an empty variable is not set');
  t.end();
});

t.test('durations', (t) => {
  const read = (accessToken: unknown) => load({ lifetimes: { accessToken } }).lifetimes.accessToken;
  // biome-ignore format: a table
  const durations: readonly (readonly [unknown, number])[] = [
    [3600, 3600], ['10s', 10], ['30m', 1800], ['1h', 3600], ['30d', 2592000], ['2w', 1209600], ['1y', 31536000],
    ['PT15M', 900], ['PT1H30M', 5400], ['P30D', 2592000], ['P1Y', 31536000], ['P1W', 604800], ['P1DT12H', 129600], ['PT90S', 90],
  ];
  for (const [written, seconds] of durations) t.equal(read(written), seconds, String(written));
  for (const written of ['soon', '', '3600', 'P', 'PT', 'P1M', 'P1DT', 'PT1.5H', '-1h', '1 h', '1H', 'pt1h', '1h30m', 1.5, -1, 1e300, '9999999999999y', true, null, {}, []])
    t.match(refusal({ lifetimes: { accessToken: written } }), /^lifetimes\.accessToken: expected a duration.*; for example 3600, "PT1H" or "1h"$/, JSON.stringify(written));
  t.match(refusal({ lifetimes: { accessToken: 0 } }), /expected at least 1 s/);
  t.equal(load({ lifetimes: { refreshTokenGrace: 0 } }).lifetimes.refreshTokenGrace, 0);
  t.equal(load({ resources: [{ identifier: 'urn:example:api', lifetime: '10m' }] }).resources[0]?.lifetime, 600);
  t.end();
});

t.test('a bad configuration is one line: the key, what is wrong, an example', (t) => {
  t.equal(refusal({ lifetimes: { accessToken: 'soon' } }), 'lifetimes.accessToken: expected a duration, got "soon"; for example 3600, "PT1H" or "1h"');
  const refused: readonly (readonly [unknown, RegExp, Env?])[] = [
    // not a configuration at all
    [[], /^GRANTLOG_CONFIG: expected an object/],
    ['{ "port": hunter2 }', /^GRANTLOG_CONFIG: "grantlog.json" is not valid JSON/],
    ['{ "port": 1,\n}', /^GRANTLOG_CONFIG: .* is not valid JSON at position 13 \(line 2 column 1\)/],
    // unknown keys, at every level
    [{ claims: [] }, /^claims: is not a known key; known are port, /],
    [{ jwtHeaders: [] }, /^jwtHeaders: is not a known key/],
    [{ 'a\nb': 1 }, /^"a\\nb": is not a known key/],
    [{ lifetimes: { accesToken: 1 } }, /^lifetimes\.accesToken: is not a known key, did you mean "accessToken"\?; for example \{"accessToken":3600\}/],
    [{ stores: { event: 'x' } }, /^stores\.event: .*"events"/],
    [{ policy: { implicit: 'on' } }, /^policy\.implicit: /],
    [{ paths: { tokens: '/x' } }, /^paths\.tokens: .*"token"/],
    [{ resources: [{ identifier: 'urn:a:b', scope: 'x' }] }, /^resources\[0\]\.scope: .*"scopes"/],
    [accountWith({ passwd: 'hunter2' }), /^bootstrap\.accounts\[0\]\.passwd: .*"password"/],
    [{ bootstrap: { accounts: [{ username: 'alice', passwd: 'hunter2' }] } }, /\.passwd: is not a known key/],
    [clientWith({ redirect_uri: 'x' }), /^bootstrap\.clients\[0\]\.redirect_uri: .*"redirect_uris"/],
    [clientWith({ backchannel_logout_uri: 'https://app.example.com' }), /backchannel_logout_uri: is not a known key/],
    // values
    [{ port: '3000' }, /^port: expected a number, got "3000"; for example 3000 \(or PORT in the environment\)$/],
    [{ port: 65536 }, /^port: expected at most 65535, got 65536/],
    [{ logLevel: 'verbose' }, /^logLevel: expected "trace", "debug"/],
    [{ host: 'a b' }, /^host: /],
    [{ stores: { namespace: '$all' } }, /^stores\.namespace: /],
    [{ stores: { namespace: 'a.b' } }, /^stores\.namespace: /],
    [{ trustedProxies: ['10.0.0.0/33'] }, /^trustedProxies\[0\]: expected an IP address or a CIDR/],
    [{ trustedProxies: ['proxy.example.com'] }, /^trustedProxies\[0\]: /],
    [{ trustedProxies: ['127.1'] }, /^trustedProxies\[0\]: /],
    [{ outbound: { allow: ['https://jwks.example'] } }, /^outbound\.allow\[0\]: /],
    [{ policy: { registration: 'yes' } }, /^policy\.registration: expected "off", "token" or "open", got "yes"/],
    [{ device: { userCodeLength: 5 } }, /^device\.userCodeLength: expected at least 6, got 5/],
    [{ device: { deviceCodeLength: 21 } }, /^device\.deviceCodeLength: /],
    [{ lifetimes: { authorizationCode: '11m' } }, /^lifetimes\.authorizationCode: expected at most 600 s, got "11m"/],
    [{ paths: 'keycloak' }, /^paths: expected "default", "better-auth" or a map of paths, got "keycloak"/],
    [{ paths: { token: 'token' } }, /^paths\.token: expected a path/],
    [{ paths: { token: '/a/../b' } }, /^paths\.token: expected a path/],
    [{ paths: { token: '/a/:id' } }, /^paths\.token: expected a path/],
    [{ paths: { prefix: '/a/' } }, /^paths\.prefix: expected a path/],
    [{ tls: { cert: 'a' } }, /^tls\.key: is required/],
    [{ tls: { cert: 'a', key: '-----BEGIN PRIVATE KEY-----hunter2' } }, /^tls\.key: expected the path of a PEM file, not what is in it/],
    [{ scopes: { 'read photos': { en: 'x' } } }, /^scopes\."read photos": expected a scope token/],
    [{ scopes: { openid: { english_: 'x' } } }, /^scopes\.openid\.english_: expected a language tag/],
    [{ scopes: { openid: 'Sign in' } }, /^scopes\.openid: expected an object/],
    [{ resources: [{ scopes: [] }] }, /^resources\[0\]\.identifier: is required/],
    [{ resources: [{ identifier: 'http://api.example.com' }] }, /^resources\[0\]\.identifier: uses plain http/],
    [{ resources: [{ identifier: 'https://api.example.com#x' }] }, /contains a fragment/],
    [{ resources: [{ identifier: 'api' }] }, /expected an absolute URI/],
    [{ resources: [{ identifier: 'ftp://api.example.com' }] }, /expected an https URL or a URN/],
    [{ resources: [{ identifier: 'urn:a:b' }, { identifier: 'urn:a:b' }] }, /^resources\[1\]\.identifier: is there twice/],
    [{ resources: [{ identifier: 'urn:a:b', default: true }, { identifier: 'urn:a:c', default: true }] }, /^resources\[1\]\.default: /],
    [{ resources: [{ identifier: 'urn:a:b', scopes: ['openid'] }] }, /^resources\[0\]\.scopes\[0\]: .*belongs to no resource/],
    [{ resources: [{ identifier: 'urn:a:b', scopes: ['clients:read'] }] }, /^resources\[0\]\.scopes\[0\]: /],
    [{ issuer: 'https://auth.example.com', resources: [{ identifier: 'https://auth.example.com/admin' }] }, /^resources\[0\]\.identifier: is the identifier of the management API/],
    // the environment
    [{}, /^PORT \(port\): expected a number, got "abc"; for example PORT=3000$/, { PORT: 'abc' }],
    [{}, /^GRANTLOG_ISSUER \(issuer\): uses plain http.*; for example GRANTLOG_ISSUER=https:\/\/auth\.example\.com$/, { GRANTLOG_ISSUER: 'http://auth.example.com' }],
    [{}, /^GRANTLOG_TRUSTED_PROXIES \(trustedProxies\): .*"nope"/, { GRANTLOG_TRUSTED_PROXIES: '10.0.0.1,nope' }],
    [{ stores: 5 }, /^stores: expected an object/, { EVENTSTORE_URL: REMOTE.events }],
    // the stores
    [{ stores: { events: REMOTE.events }, masterKey: KEY }, /^stores\.readModels: .*both or neither.*MONGO_URL/],
    [{ stores: { readModels: REMOTE.readModels }, masterKey: KEY }, /^stores\.events: .*both or neither.*EVENTSTORE_URL/],
    [{}, /^stores\.events: /, { MONGO_URL: 'mongodb://user:hunter2@h/db' }],
    [{ stores: REMOTE }, /^masterKey: is required with remote stores.*GRANTLOG_MASTER_KEY/],
    [{ stores: { events: 'http://admin:hunter2@h' } }, /^stores\.events: expected an esdb/],
    [{ stores: { readModels: 'mongodb://user:hunter2@h:27017' } }, /^stores\.readModels: .*with the name of a database/],
    [{ masterKey: 'hunter2' }, /^masterKey: expected 32 bytes in base64url/],
    [{ masterKey: `${KEY.slice(0, -1)}d` }, /^masterKey: /],
    [{}, /^GRANTLOG_MASTER_KEY \(masterKey\): /, { GRANTLOG_MASTER_KEY: 'hunter2' }],
    // bootstrap
    [{ bootstrap: { accounts: ['alice:hunter2'] } }, /^bootstrap\.accounts\[0\]: expected an object/],
    [{ bootstrap: { accounts: 'hunter2' } }, /^bootstrap\.accounts: expected an array/],
    [{ bootstrap: { accounts: [{ username: 'alice' }] } }, /^bootstrap\.accounts\[0\]\.password: is required/],
    [accountWith({ username: ' alice' }), /^bootstrap\.accounts\[0\]\.username: /],
    [accountWith({ sub: 'a b' }), /^bootstrap\.accounts\[0\]\.sub: /],
    [accountWith({ claims: { email: 'hunter2' } }), /^bootstrap\.accounts\[0\]\.claims\.email: expected an e-mail address/],
    [accountWith({ claims: { email_verified: 'hunter2' } }), /claims\.email_verified: expected true or false/],
    [accountWith({ claims: { address: { town: 'hunter2' } } }), /claims\.address\.town: is not a known key/],
    [accountWith({ claims: { sub: 'hunter2' } }), /claims\.sub: is set by the server/],
    [{ bootstrap: { accounts: [{ username: 'alice', password: 'hunter2' }, { username: 'Alice', password: 'x' }] } }, /^bootstrap\.accounts\[1\]\.username: is there twice/],
    [{ bootstrap: { accounts: [{ username: 'a', password: 'x', sub: '1' }, { username: 'b', password: 'x', sub: '1' }] } }, /^bootstrap\.accounts\[1\]\.sub: is there twice/],
    [{ bootstrap: { clients: [...clientWith({}).bootstrap.clients, ...clientWith({}).bootstrap.clients] } }, /^bootstrap\.clients\[1\]\.client_id: is there twice/],
    [clientWith({ client_id: 'a b' }), /^bootstrap\.clients\[0\]\.client_id: expected 3 to 128 characters/],
    [clientWith({ client_secret: 5 }), /^bootstrap\.clients\[0\]\.client_secret: expected a text, got a number/],
    [clientWith({ client_secret: 'hunter2\u00e9' }), /^bootstrap\.clients\[0\]\.client_secret: expected 1 to 512/],
    [clientWith({ client_secret: undefined }), /^bootstrap\.clients\[0\]\.client_secret: is required for client_secret_basic/],
    [clientWith({ token_endpoint_auth_method: 'none' }), /^bootstrap\.clients\[0\]\.client_secret: has no use/],
    [clientWith({ redirect_uris: ['https://app.example.com/cb#x'] }), /^bootstrap\.clients\[0\]\.redirect_uris\[0\]: contains a fragment, got .*; for example "https:\/\/app\.example\.com\/callback"$/],
    [clientWith({ redirect_uris: ['https://user:hunter2@app.example.com/cb'] }), /redirect_uris\[0\]: contains user information/],
    [clientWith({ grant_types: ['implicit'] }), /^bootstrap\.clients\[0\]\.grant_types\[0\]: implicit is refused/],
    [clientWith({ jwks: { keys: [{ kty: 'RSA', d: 'hunter2' }] } }), /^bootstrap\.clients\[0\]\.jwks\.keys\[0\]\.d: is a private/],
  ];
  for (const [file, message, env] of refused) {
    const line = refusal(file, env);
    t.match(line, message, JSON.stringify(file).slice(0, 150));
    t.match(line, /^[^\n\r]+; for example \S+/);
    t.notMatch(line, 'hunter2', 'no secret');
    t.notMatch(line, /undefined|\bnull\b|for example (?:$|\()/);
  }
  t.end();
});

t.test('a file that cannot be read', (t) => {
  const readFile = () => {
    throw Object.assign(new Error('hunter2'), { code: 'ENOENT' });
  };
  t.throws(() => loadConfig({ env: { GRANTLOG_CONFIG: 'nowhere.json' }, readFile }), { name: 'ConfigError', message: 'GRANTLOG_CONFIG: cannot read "nowhere.json" (ENOENT); for example GRANTLOG_CONFIG=./grantlog.json' });
  t.end();
});

t.test('RFC 8414 2: what can be an issuer', (t) => {
  for (const issuer of ['https://auth.example.com', 'https://auth.example.com:8443', 'https://example.com/tenant/a.b', 'http://localhost:3000', 'http://localhost', 'http://127.0.0.1:1', 'http://127.8.8.8', 'http://[::1]:3000/x'])
    t.equal(load({ issuer }).issuer, issuer);
  // biome-ignore format: a table
  for (const issuer of [
    'http://auth.example.com', 'http://localhost.example.com', 'http://127.example.com', 'http://0.0.0.0:3000', 'https://auth.example.com/', 'https://auth.example.com/t/', 'https://auth.example.com?x', 'https://auth.example.com#x',
    'https://user@auth.example.com', 'https://AUTH.example.com', 'https://auth.example.com:443', 'https://auth.example.com/a/../b', 'https://auth.example.com//a', 'https://auth.example.com/a%20b', 'https://auth.example.com/:id',
    'auth.example.com', 'https:auth.example.com', 'https://', 'ftp://auth.example.com', 'http://127.1:3000', ' https://auth.example.com', '',
  ])
    t.match(refusal({ issuer }), /^issuer: /, issuer);
  t.end();
});

t.test('pages of your own are on the same site as the issuer', (t) => {
  const pageAt = (issuer: string, login: string) => ({ issuer, pages: { login } });
  for (const [issuer, login] of [
    ['https://auth.example.com', 'https://www.example.com/login'],
    ['https://auth.example.com', 'https://example.com:8443/login'],
    ['https://example.com', 'https://a.b.example.com'],
    ['https://auth.example.co.uk', 'https://www.example.co.uk/login'],
    ['http://localhost:3000', 'http://localhost:5173/login'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:5173/login'],
  ] as const)
    t.equal(load(pageAt(issuer, login)).pages.login, login);
  for (const [issuer, login] of [
    ['https://auth.example.com', 'https://www.example.org/login'],
    ['https://auth.example.com', 'http://www.example.com/login'],
    ['https://auth.example.com', 'https://example.com.evil.example/login'],
    ['https://auth.example.com', 'https://badexample.com/login'],
    ['https://auth.example.co.uk', 'https://evil.co.uk/login'],
    ['http://localhost:3000', 'http://127.0.0.1:3000/login'],
    ['http://127.0.0.1:3000', 'http://127.1.0.1:3000/login'],
  ] as const)
    t.match(refusal(pageAt(issuer, login)), /^pages\.login: is not on the same site/, `${issuer} ${login}`);
  t.match(refusal({ pages: { login: 'https://www.example.com/login' } }), /not on the same site as the issuer \(http:\/\/localhost\)/);
  for (const login of ['login', '//www.example.com/login', 'https://www.example.com/login?x=1', 'https://www.example.com/#login', 'https://user@www.example.com/login', 'javascript:alert(1)', '', '/'])
    t.match(refusal(pageAt('https://auth.example.com', login)), /^pages\.login: expected a path, or an absolute URL/, login);
  t.end();
});

t.test('bootstrap entries are complete after loading', (t) => {
  const written = {
    bootstrap: {
      accounts: [{ username: 'alice', password: 'p', claims: { name: 'Alice', address: { country: 'DE' }, updated_at: 1, email_verified: true, roles: ['a', { b: null }] } }, { username: 'root@example.com', password: 'p', sub: 'auth0|1', admin: true }],
      clients: [
        { client_id: 'photo-print', client_secret: 's', redirect_uris: ['https://app.example.com/callback'], 'client_name#zh': '照片打印', introspects: ['*'] },
        { client_id: 'cli', token_endpoint_auth_method: 'none', grant_types: ['urn:ietf:params:oauth:grant-type:device_code'] },
      ],
    },
  };
  const { bootstrap } = load(written);
  t.strictSame(bootstrap.accounts.map(({ source }) => source), written.bootstrap.accounts, 'each beside what was written, nothing filled in');
  t.strictSame(bootstrap.clients.map(({ source }) => source), written.bootstrap.clients);
  t.strictSame(bootstrap.accounts.map(({ source: _source, ...entry }) => entry), [
    { username: 'alice', password: 'p', sub: null, admin: false, claims: { name: 'Alice', address: { country: 'DE' }, updated_at: 1, email_verified: true, roles: ['a', { b: null }] } },
    { username: 'root@example.com', password: 'p', sub: 'auth0|1', admin: true, claims: {} },
  ]);
  t.match(bootstrap.clients, [
    { client_id: 'photo-print', client_secret: 's', metadata: { grant_types: ['authorization_code'], 'client_name#zh': '照片打印', introspects: ['*'] } },
    { client_id: 'cli', client_secret: null, metadata: { token_endpoint_auth_method: 'none', response_types: [] } },
  ]);
  t.notOk('client_id' in (bootstrap.clients[0]?.metadata ?? {}));
  t.notOk('client_secret' in (bootstrap.clients[0]?.metadata ?? {}));
  t.end();
});

t.test('the JSON Schema describes every key and knows no others', (t) => {
  const schema = configJsonSchema();
  t.equal(schema.title, 'Grantlog configuration');
  t.strictSame(Object.keys(schema.properties ?? {}), ['port', 'host', 'issuer', 'dataDir', 'masterKey', 'stores', 'trustedProxies', 'logLevel', 'pages', 'paths', 'lifetimes', 'device', 'policy', 'resources', 'scopes', 'tls', 'outbound', 'bootstrap']);
  let keys = 0;
  const visit = (at: JsonSchema, path: string): void => {
    for (const [name, key] of Object.entries(at.properties ?? {})) {
      if (typeof key === 'boolean') continue;
      keys += 1;
      t.match(key.description, /\.$/, `${path}.${name} has a description`);
      t.ok((key.examples ?? key.default ?? key.enum) !== undefined, `${path}.${name} has an example`);
    }
    if (at.properties !== undefined && !path.endsWith('.claims')) t.equal(at.additionalProperties, false, `${path} knows no other keys`);
    const entries = at.items === undefined || Array.isArray(at.items) ? [] : [['[]', at.items] as const];
    const inside = [...Object.entries(at.properties ?? {}), ...(at.anyOf ?? []).map((branch) => ['', branch] as const), ...entries];
    for (const [name, inner] of inside) if (typeof inner !== 'boolean') visit(inner, `${path}.${name}`);
  };
  visit(schema, '');
  t.ok(keys > 100, `${keys} keys`);
  t.match(schema.properties?.lifetimes, { properties: { accessToken: { default: 3600, examples: [3600, 'PT1H', '1h'] } } });
  t.end();
});
