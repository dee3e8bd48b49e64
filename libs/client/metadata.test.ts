import t from 'tap';
import { z } from 'zod';
import type { JsonObject } from '#kernel/json.ts';
import { type ClientMetadata, clientId, clientMetadata, parseClientMetadata } from './metadata.ts';

const web = { redirect_uris: ['https://app.example.com/callback'] };
const key = { kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0', kid: '1', use: 'sig' };

function accepted(input: unknown): ClientMetadata {
  const result = parseClientMetadata(input);
  if ('problem' in result) throw new Error(result.problem.description);
  return result.metadata;
}

t.test('RFC 7591 2: what is left out has its default', (t) => {
  const metadata: JsonObject = accepted(web);
  t.strictSame(metadata, {
    redirect_uris: ['https://app.example.com/callback'],
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code'],
    response_types: ['code'],
    post_logout_redirect_uris: [],
    id_token_signed_response_alg: 'RS256',
    require_auth_time: false,
    subject_type: 'public',
    application_type: 'web',
    skip_consent: false,
    enable_end_session: false,
    first_party: false,
    introspects: [],
    allowed_cors_origins: [],
    id_token_claims_by_scope: false,
  });
  t.end();
});

t.test('every member is kept, and a parsed value parses to itself', (t) => {
  const full = {
    redirect_uris: ['https://app.example.com/callback', 'com.example.app:/callback', 'http://127.0.0.1/cb'],
    token_endpoint_auth_method: 'private_key_jwt',
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code', 'password'],
    response_types: ['code'],
    client_name: 'Photo Print',
    'client_name#zh': '照片打印',
    'client_name#de-CH': 'Fotodruck',
    client_uri: 'https://app.example.com',
    logo_uri: 'https://app.example.com/logo.png',
    tos_uri: 'https://app.example.com/terms',
    'tos_uri#zh': 'https://app.example.com/terms/zh',
    policy_uri: 'http://app.example.com/privacy',
    contacts: ['ops@app.example.com'],
    scope: 'openid read:photos email',
    jwks: { keys: [key, { kty: 'RSA', n: 'x'.repeat(342), e: 'AQAB', x5c: ['MII'] }, { kty: 'OKP', crv: 'Ed25519', x: 'x' }] },
    software_id: 'x',
    software_version: '1',
    post_logout_redirect_uris: ['https://app.example.com/signed-out'],
    id_token_signed_response_alg: 'ES256',
    token_endpoint_auth_signing_alg: 'PS256',
    default_max_age: 0,
    require_auth_time: true,
    default_acr_values: ['urn:grantlog:acr:multi-factor'],
    initiate_login_uri: 'https://app.example.com/login',
    subject_type: 'public',
    application_type: 'native',
    skip_consent: true,
    enable_end_session: false,
    first_party: true,
    introspects: ['*'],
    allowed_cors_origins: ['https://spa.example.com', 'http://localhost:5173', 'https://spa.example.com:8443'],
    id_token_claims_by_scope: true,
  };
  t.strictSame(accepted(full), full);
  for (const input of [web, full, { ...web, post_logout_redirect_uris: ['https://app.example.com/out'] }, { grant_types: ['client_credentials'] }])
    t.strictSame(accepted(accepted(input)), accepted(input));
  t.end();
});

t.test('defaults that follow other members', (t) => {
  const out = { ...web, post_logout_redirect_uris: ['https://app.example.com/out'] };
  t.equal(accepted(out).enable_end_session, true, 'sign-out URIs are registered');
  t.equal(accepted({ ...out, enable_end_session: false }).enable_end_session, false, 'said otherwise');
  t.equal(accepted({ ...web, enable_end_session: true }).enable_end_session, true);
  t.strictSame(accepted({ grant_types: ['client_credentials'] }).response_types, [], 'RFC 7591 2.1: no response type without the code grant');
  t.strictSame(accepted({ grant_types: ['client_credentials'], response_types: ['code'] }).response_types, []);
  t.strictSame(accepted({ ...web, response_types: [] }).response_types, ['code']);
  t.strictSame(accepted({ ...web, grant_types: ['authorization_code', 'authorization_code'] }).grant_types, ['authorization_code'], 'repeats are dropped');
  t.equal(accepted({ ...web, scope: ' b  a b ' }).scope, 'b a');
  t.end();
});

t.test('what is refused, with the error code of RFC 7591 3.2.2', (t) => {
  const redirect = 'invalid_redirect_uri';
  const other = 'invalid_client_metadata';
  const jwt = { ...web, token_endpoint_auth_method: 'private_key_jwt' };
  const refused: readonly (readonly [unknown, string, RegExp])[] = [
    [{}, redirect, /^redirect_uris: at least one is required/],
    [{ redirect_uris: [] }, redirect, /^redirect_uris: at least one/],
    [{ redirect_uris: 'https://app.example.com/callback' }, redirect, /^redirect_uris: .*expected array/],
    [{ redirect_uris: [1] }, redirect, /^redirect_uris\[0\]: /],
    [{ redirect_uris: ['https://app.example.com/a', 'https://app.example.com/b#c'] }, redirect, /^redirect_uris\[1\]: contains a fragment/],
    [{ redirect_uris: ['http://app.example.com/cb'] }, redirect, /plain http/],
    [{ redirect_uris: ['https://*.example.com/cb'] }, redirect, /wildcard/],
    [{ ...web, post_logout_redirect_uris: ['javascript:alert(1)'] }, other, /^post_logout_redirect_uris\[0\]: /],
    [null, other, /^client metadata: /],
    [[], other, /^client metadata: /],
    [{ ...web, grant_types: ['implicit'] }, other, /implicit is refused.*authorization_code with PKCE/],
    [{ ...web, grant_types: ['constructor'] }, other, /^grant_types\[0\]: /],
    [{ ...web, response_types: ['token'] }, other, /^response_types\[0\]: only the response type code/],
    [{ ...web, response_types: ['code id_token'] }, other, /implicit and hybrid/],
    [{ ...web, token_endpoint_auth_method: 'client_secret_jwt' }, other, /client_secret_jwt is refused.*private_key_jwt/],
    [{ ...web, token_endpoint_auth_method: 'tls_client_auth' }, other, /^token_endpoint_auth_method: /],
    [{ ...web, grant_types: ['authorization_code', 'password'] }, other, /password is refused but for clients with first_party/],
    [{ token_endpoint_auth_method: 'none', grant_types: ['client_credentials'] }, other, /client_credentials needs a client that authenticates/],
    [jwt, other, /^jwks: jwks or jwks_uri is required/],
    [{ ...jwt, jwks: { keys: [key] }, jwks_uri: 'https://app.example.com/jwks' }, other, /exclude each other/],
    [{ ...jwt, jwks_uri: 'http://app.example.com/jwks' }, other, /^jwks_uri: expected an absolute https URL/],
    [{ ...jwt, jwks_uri: 'https://user@app.example.com/jwks' }, other, /^jwks_uri: /],
    [{ ...jwt, jwks: { keys: [] } }, other, /^jwks\.keys: /],
    [{ ...jwt, jwks: { keys: [{ ...key, d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI' }] } }, other, /^jwks\.keys\[0\]\.d: is a private/],
    [{ ...jwt, jwks: { keys: [{ kty: 'RSA', n: 'x', e: 'AQAB', p: 'x' }] } }, other, /^jwks\.keys\[0\]\.p: is a private/],
    [{ ...jwt, jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } }, other, /^jwks\.keys\[0\]\.k: is a private or symmetric/],
    [{ ...jwt, jwks: { keys: [{ kty: 'oct' }] } }, other, /^jwks\.keys\[0\]\.kty: /],
    [{ ...jwt, jwks: { keys: [{ kty: 'RSA', e: 'AQAB' }] } }, other, /^jwks\.keys\[0\]\.n: is a required member/],
    [{ ...jwt, jwks: { keys: [{ kty: 'RSA', n: 'x'.repeat(171), e: 'AQAB' }] } }, other, /^jwks\.keys\[0\]\.n: is shorter than 2048 bits/],
    [{ ...web, id_token_signed_response_alg: 'none' }, other, /none is refused/],
    [{ ...web, id_token_signed_response_alg: 'HS256' }, other, /HS256 is refused/],
    [{ ...web, subject_type: 'pairwise' }, other, /pairwise is not served yet/],
    [{ ...web, logo_uri: 'javascript:alert(1)' }, other, /^logo_uri: /],
    [{ ...web, client_uri: 'https:app.example.com' }, other, /^client_uri: /],
    [{ ...web, client_name: 'Photo\u202ePrint' }, other, /^client_name: contains control characters/],
    [{ ...web, client_name: '' }, other, /^client_name: /],
    [{ ...web, 'client_name#zh': 5 }, other, /^client_name#zh: expected a name/],
    [{ ...web, 'logo_uri#zh': 'javascript:alert(1)' }, other, /^logo_uri#zh: /],
    [{ ...web, 'client_name#': 'x' }, other, /is not a known member/],
    [{ ...web, 'scope#zh': 'x' }, other, /is not a known member/],
    [{ ...web, scope: 'a\tb' }, other, /^scope: expected scope tokens/],
    [{ ...web, initiate_login_uri: 'http://localhost/login' }, other, /^initiate_login_uri: /],
    [{ ...web, default_max_age: -1 }, other, /^default_max_age: /],
    [{ ...web, default_max_age: '60' }, other, /^default_max_age: /],
    [{ ...web, skip_consent: 'true' }, other, /^skip_consent: /],
    [{ ...web, backchannel_logout_uri: 'https://app.example.com/out' }, other, /^backchannel_logout_uri: is not a known member/],
    [{ ...web, client_secret: 'hunter2' }, other, /^client_secret: is not a known member/],
    [{ ...web, 'a"b\\c\né': 1 }, other, /^a'b\?c\?\?: is not a known member/],
    ...['*', 'null', 'https://spa.example.com/', 'https://spa.example.com/x', 'http://spa.example.com', 'http://127.example.com', 'https://SPA.example.com', 'https://spa.example.com:443', 'https://u@spa.example.com'].map(
      (origin) => [{ ...web, allowed_cors_origins: [origin] }, other, /^allowed_cors_origins\[0\]: expected an origin/] as const,
    ),
  ];
  for (const [input, code, description] of refused) {
    const result = parseClientMetadata(input);
    const problem = 'problem' in result ? result.problem : null;
    t.equal(problem?.code, code, JSON.stringify(input).slice(0, 200));
    t.match(problem?.description, description);
    t.match(problem?.description, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, 'RFC 6749 5.2 characters');
    t.notMatch(problem?.description, /hunter2|jpsQnn|c2VjcmV0/, 'no value is repeated');
  }
  t.end();
});

t.test('a client_id is 3 to 128 unreserved characters', (t) => {
  for (const id of ['abc', 'A.b_c~d-9', 'x'.repeat(128)]) t.ok(clientId.safeParse(id).success, id);
  for (const id of ['', 'ab', 'x'.repeat(129), 'a b c', 'a/b', 'a:b', 'abc\n', 'äbc']) t.notOk(clientId.safeParse(id).success, JSON.stringify(id));
  t.end();
});

t.test('the schema describes every member', (t) => {
  const schema = z.toJSONSchema(clientMetadata, { io: 'input' });
  t.equal(schema.additionalProperties, false);
  for (const [name, member] of Object.entries(schema.properties ?? {})) t.match(member, { description: /\.$/ }, name);
  t.end();
});
