import t from 'tap';
import { ConfigError } from './config-error.ts';
import { loadConfig, resolveIssuer } from './load.ts';
import { type EndpointPaths, endpointUrl, resolvePaths, servesPage } from './paths.ts';

const load = (file: object) => loadConfig({ env: { GRANTLOG_CONFIG: 'grantlog.json' }, readFile: () => JSON.stringify(file) });

function pathsOf(file: object): EndpointPaths {
  const config = load(file);
  return resolvePaths(config.paths, config.pages, resolveIssuer(config, 3000));
}

/** The table of the contract, left column. */
const DEFAULT = {
  base: '',
  authorization: '/oauth2/authorize',
  pushedAuthorization: '/oauth2/par',
  token: '/oauth2/token',
  deviceToken: null,
  introspection: '/oauth2/introspect',
  revocation: '/oauth2/revoke',
  jwks: '/oauth2/jwks',
  deviceAuthorization: '/oauth2/device_authorization',
  userinfo: '/userinfo',
  registration: '/connect/register',
  endSession: '/connect/logout',
  signInPage: '/sign-in',
  signInAction: '/sign-in',
  consentPage: '/consent',
  consentAction: '/oauth2/consent',
  devicePage: '/device',
  deviceVerification: '/oauth2/device_verification',
  oauthMetadata: ['/.well-known/oauth-authorization-server'],
  openidMetadata: ['/.well-known/openid-configuration'],
};

/** The right column, each behind the prefix; pages at the origin. */
const BETTER_AUTH = {
  base: '',
  authorization: '/api/auth/oauth2/authorize',
  pushedAuthorization: '/api/auth/oauth2/par',
  token: '/api/auth/oauth2/token',
  deviceToken: '/api/auth/device/token',
  introspection: '/api/auth/oauth2/introspect',
  revocation: '/api/auth/oauth2/revoke',
  jwks: '/api/auth/jwks',
  deviceAuthorization: '/api/auth/device/code',
  userinfo: '/api/auth/oauth2/userinfo',
  registration: '/api/auth/oauth2/register',
  endSession: '/api/auth/oauth2/end-session',
  signInPage: '/sign-in',
  signInAction: '/api/auth/sign-in/email',
  consentPage: '/consent',
  consentAction: '/api/auth/oauth2/consent',
  devicePage: '/device',
  deviceVerification: null,
  oauthMetadata: ['/.well-known/oauth-authorization-server/api/auth', '/api/auth/.well-known/oauth-authorization-server'],
  openidMetadata: ['/.well-known/openid-configuration/api/auth', '/api/auth/.well-known/openid-configuration'],
};

t.test('the presets of the contract', (t) => {
  t.strictSame(pathsOf({}), DEFAULT);
  t.strictSame(pathsOf({ paths: 'default' }), DEFAULT);
  t.strictSame(pathsOf({ paths: 'better-auth' }), BETTER_AUTH);
  t.strictSame(pathsOf({ paths: { preset: 'better-auth' } }), BETTER_AUTH);
  t.end();
});

t.test('a third style is only configuration', (t) => {
  t.strictSame(pathsOf({ paths: { authorization: '/oauth/authorize', token: '/oauth/token' } }), { ...DEFAULT, authorization: '/oauth/authorize', token: '/oauth/token' });
  t.strictSame(pathsOf({ paths: { preset: 'better-auth', prefix: '/auth', token: '/t' } }).token, '/auth/t', 'what a map names stands behind the prefix too');
  t.equal(pathsOf({ paths: { prefix: '/as' } }).token, '/as/oauth2/token');
  t.equal(pathsOf({ paths: { prefix: '/as' } }).signInPage, '/sign-in', 'pages stay outside the prefix');
  t.equal(pathsOf({ paths: { preset: 'better-auth', prefix: '' } }).token, '/oauth2/token');
  t.match(pathsOf({ paths: { signIn: '/login', consent: '/agree' }, pages: { login: '/login', consent: '/agree', device: '/oauth2/device_verification' } }), {
    signInPage: '/login',
    signInAction: '/login',
    consentAction: '/agree',
    devicePage: '/oauth2/device_verification',
    deviceVerification: null,
  });
  t.end();
});

t.test('with a path in the issuer everything lies below it', (t) => {
  const paths = pathsOf({ issuer: 'https://example.com/tenant/one' });
  t.strictSame(paths.oauthMetadata, ['/.well-known/oauth-authorization-server/tenant/one', '/tenant/one/.well-known/oauth-authorization-server'], 'RFC 8414 3: inserted, and appended');
  t.strictSame(paths.openidMetadata, ['/.well-known/openid-configuration/tenant/one', '/tenant/one/.well-known/openid-configuration']);
  const { oauthMetadata, openidMetadata, base, ...others } = paths;
  t.equal(base, '/tenant/one');
  for (const [name, path] of Object.entries(others)) if (path !== null) t.match(path, /^\/tenant\/one\//, name);
  t.equal(endpointUrl('https://example.com/tenant/one', paths.token), 'https://example.com/tenant/one/oauth2/token');
  t.end();
});

t.test('better-auth: endpoints stay at origin + prefix and pages at the origin, whatever the issuer', (t) => {
  t.strictSame({ ...pathsOf({ issuer: 'https://auth.example.com', paths: 'better-auth' }), oauthMetadata: 0, openidMetadata: 0 }, { ...BETTER_AUTH, oauthMetadata: 0, openidMetadata: 0 });
  t.strictSame(pathsOf({ issuer: 'https://auth.example.com', paths: 'better-auth' }).oauthMetadata, DEFAULT.oauthMetadata);
  const paths = pathsOf({ issuer: 'https://auth.example.com/tenant', paths: 'better-auth' });
  t.match(paths, { base: '', token: '/api/auth/oauth2/token', signInPage: '/sign-in' });
  t.strictSame(paths.openidMetadata, ['/.well-known/openid-configuration/tenant', '/tenant/.well-known/openid-configuration']);
  t.end();
});

t.test("pages of the user's own are URLs, and Grantlog serves none there", (t) => {
  const paths = pathsOf({ issuer: 'https://auth.example.com/t', pages: { login: 'https://www.example.com/login', device: 'https://example.com/device' } });
  t.match(paths, { signInPage: 'https://www.example.com/login', signInAction: '/t/sign-in', consentPage: '/t/consent', devicePage: 'https://example.com/device', deviceVerification: '/t/oauth2/device_verification' });
  t.equal(servesPage(paths.signInPage), false);
  t.equal(servesPage(paths.consentPage), true);
  t.equal(endpointUrl('https://auth.example.com/t', paths.devicePage), 'https://example.com/device');
  t.end();
});

t.test('the issuer follows the port that was taken, unless it is set', (t) => {
  const issuerOf = (file: object, port: number) => resolveIssuer(load(file), port);
  t.equal(issuerOf({}, 3000), 'http://localhost:3000');
  t.equal(issuerOf({ port: 0 }, 43210), 'http://localhost:43210');
  t.equal(issuerOf({ port: 80 }, 80), 'http://localhost', 'in its normal form');
  t.equal(issuerOf({ port: 0, paths: 'better-auth' }, 43210), 'http://localhost:43210/api/auth');
  t.equal(issuerOf({ paths: { preset: 'better-auth', prefix: '/iam' } }, 1), 'http://localhost:1/iam');
  t.equal(issuerOf({ paths: { prefix: '/iam' } }, 1), 'http://localhost:1', 'only better-auth puts the prefix into the issuer');
  t.equal(issuerOf({ tls: { cert: 'a', key: 'b' } }, 8443), 'https://localhost:8443');
  t.equal(issuerOf({ issuer: 'https://auth.example.com', port: 0, paths: 'better-auth' }, 43210), 'https://auth.example.com');
  t.end();
});

t.test('two things at one path are an error that names a key somebody wrote', (t) => {
  const collisions: readonly (readonly [object, string])[] = [
    [{ paths: { token: '/oauth2/authorize' } }, 'paths.token'],
    [{ paths: { authorization: '/oauth2/token' } }, 'paths.authorization'],
    [{ paths: { userinfo: '/consent' } }, 'paths.userinfo'],
    [{ paths: { token: '/device' } }, 'paths.token'],
    [{ paths: { token: '/oauth2/device_verification' } }, 'paths.token'],
    [{ paths: { preset: 'better-auth', userinfo: '/device/token' } }, 'paths.userinfo'],
    [{ pages: { login: '/oauth2/token' } }, 'pages.login'],
    [{ pages: { login: '/device' } }, 'pages.login'],
    [{ pages: { login: '/consent' } }, 'pages.login'],
    [{ paths: { signIn: '/consent' } }, 'paths.signIn'],
    [{ paths: { token: '/health' } }, 'paths.token'],
    [{ paths: { token: '/health/ready' } }, 'paths.token'],
    [{ paths: { jwks: '/.well-known/jwks.json' } }, 'paths.jwks'],
    [{ paths: { token: '/admin/v1/clients' } }, 'paths.token'],
    [{ pages: { login: '/account' } }, 'pages.login'],
    [{ issuer: 'https://example.com/tenant', paths: { token: '/account' } }, 'paths.token'],
    [{ issuer: 'https://example.com/health' }, 'issuer'],
  ];
  for (const [file, key] of collisions) {
    const name = JSON.stringify(file);
    try {
      load(file);
      t.fail(name);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      t.equal(error.key, key, name);
      t.match(error.message, /is taken.*; for example "/);
    }
  }
  t.doesNotThrow(() => load({ issuer: 'https://example.com/tenant', paths: { token: '/health' } }), '/health is at the root only');
  t.end();
});
