import { exportJWK, generateKeyPair, type JWK } from 'jose';
import * as oauth from 'oauth4webapi';
import * as openid from 'openid-client';
import t, { type Test } from 'tap';
import { Browser, walk } from '#support/browser.ts';
import { BOOTSTRAP, CLIENTS, REDIRECT_URI, startServer } from '#support/server.ts';

const { web, post, spa } = CLIENTS;
const SCOPE = 'openid profile email offline_access read:photos';
const insecure = { [oauth.allowInsecureRequests]: true } as const;
const algorithms = ['ES256', 'PS256', 'EdDSA', 'RS256'] as const;

interface Party {
  readonly client_id: string;
  readonly method: string;
  readonly secret: string;
  readonly key: CryptoKey | null;
}
const parties: Party[] = [
  { client_id: 'web', method: 'client_secret_basic', secret: web.client_secret, key: null },
  { client_id: 'post', method: 'client_secret_post', secret: post.client_secret, key: null },
  { client_id: 'spa', method: 'none', secret: '', key: null },
];
const jwtClients = [];
for (const alg of algorithms) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid: alg, alg };
  const client_id = `jwt-${alg.toLowerCase()}`;
  jwtClients.push({ ...web, client_id, client_secret: undefined, token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: alg, id_token_signed_response_alg: alg, jwks: { keys: [jwk] } });
  parties.push({ client_id, method: 'private_key_jwt', secret: alg, key: privateKey });
}
const server = await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, clients: [...BOOTSTRAP.clients, ...jwtClients] } } });
const issuer = new URL(server.issuer);
const browser = new Browser(server.issuer);

/** WebCrypto key and kid, as both libraries take them. */
const signing = ({ key, secret }: Party): oauth.PrivateKey => {
  if (key === null) throw new Error('no key');
  return { key, kid: secret };
};

function strictAuthentication(party: Party): oauth.ClientAuth {
  if (party.method === 'client_secret_basic') return oauth.ClientSecretBasic(party.secret);
  if (party.method === 'client_secret_post') return oauth.ClientSecretPost(party.secret);
  return party.method === 'none' ? oauth.None() : oauth.PrivateKeyJwt(signing(party));
}

async function strictJourney(t: Test, party: Party): Promise<void> {
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  const client: oauth.Client = { client_id: party.client_id, ...(party.key === null ? {} : { id_token_signed_response_alg: party.secret }) };
  const authentication = strictAuthentication(party);
  const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
  const url = new URL(as.authorization_endpoint ?? '');
  const request = { response_type: 'code', client_id: party.client_id, redirect_uri: REDIRECT_URI, scope: SCOPE, state, nonce, code_challenge: await oauth.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' };
  for (const [name, value] of Object.entries(request)) url.searchParams.set(name, value);
  const parameters = oauth.validateAuthResponse(as, client, await walk(browser, url.href), state);
  const tokenResponse = await oauth.authorizationCodeGrantRequest(as, client, authentication, parameters, REDIRECT_URI, verifier, insecure);
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, tokenResponse, { expectedNonce: nonce, requireIdToken: true });
  await oauth.validateApplicationLevelSignature(as, tokenResponse, insecure);
  t.equal(oauth.getValidatedIdTokenClaims(tokens)?.sub, 'sub-alice', 'ID token validated, its signature against the JWK set');
  t.equal(tokens.expires_in, 3600);
  const userinfo = await oauth.processUserInfoResponse(as, client, 'sub-alice', await oauth.userInfoRequest(as, client, tokens.access_token, insecure));
  t.match(userinfo, { name: 'Alice Example', email: 'alice@example.com' });
  const asResource = new Request('https://api.example.com/', { headers: { authorization: `Bearer ${tokens.access_token}` } });
  t.match(await oauth.validateJwtAccessToken(as, asResource, server.issuer, insecure), { sub: 'sub-alice', client_id: party.client_id }, 'RFC 9068 at a resource server');
  const refreshed = await oauth.processRefreshTokenResponse(as, client, await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token ?? '', insecure));
  t.ok(refreshed.refresh_token !== undefined && refreshed.refresh_token !== tokens.refresh_token, 'rotated');
  if (party.method === 'none') {
    await t.rejects(oauth.introspectionRequest(as, client, authentication, tokens.access_token, insecure).then((response) => oauth.processIntrospectionResponse(as, client, response)), 'no introspection for a public client');
  } else {
    const inspected = await oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, authentication, refreshed.access_token, insecure));
    t.match(inspected, { active: true, client_id: party.client_id, sub: 'sub-alice' });
    const own = await oauth.processClientCredentialsResponse(as, client, await oauth.clientCredentialsGrantRequest(as, client, authentication, { scope: 'read:photos' }, insecure));
    t.match(own, { token_type: 'bearer', scope: 'read:photos', expires_in: 3600 });
    const bare = await oauth.processClientCredentialsResponse(as, client, await oauth.clientCredentialsGrantRequest(as, client, authentication, {}, insecure));
    t.equal(bare.scope, '', 'an empty scope is understood');
    t.match(await oauth.processIntrospectionResponse(as, client, await oauth.introspectionRequest(as, client, authentication, own.access_token, insecure)), { active: true, sub: party.client_id });
  }
  await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, authentication, refreshed.refresh_token ?? '', insecure));
  const refusal = await oauth.refreshTokenGrantRequest(as, client, authentication, refreshed.refresh_token ?? '', insecure).then((response) => oauth.processRefreshTokenResponse(as, client, response)).catch((error: unknown) => error);
  t.match(refusal, { name: 'ResponseBodyError', error: 'invalid_grant', status: 400 });
  await t.rejects(oauth.userInfoRequest(as, client, refreshed.access_token, insecure).then((response) => oauth.processUserInfoResponse(as, client, 'sub-alice', response)), { name: 'WWWAuthenticateChallengeError' });
}

function openidAuthentication(party: Party): openid.ClientAuth {
  if (party.method === 'client_secret_basic') return openid.ClientSecretBasic(party.secret);
  if (party.method === 'client_secret_post') return openid.ClientSecretPost(party.secret);
  return party.method === 'none' ? openid.None() : openid.PrivateKeyJwt(signing(party));
}

async function openidJourney(t: Test, party: Party): Promise<void> {
  const metadata = party.key === null ? undefined : { id_token_signed_response_alg: party.secret };
  const configuration = await openid.discovery(issuer, party.client_id, metadata, openidAuthentication(party), { execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks] });
  const [verifier, state, nonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()];
  const url = openid.buildAuthorizationUrl(configuration, { redirect_uri: REDIRECT_URI, scope: SCOPE, state, nonce, code_challenge: await openid.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
  const tokens = await openid.authorizationCodeGrant(configuration, await walk(browser, url.href), { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: 3600, idTokenExpected: true });
  t.equal(tokens.claims()?.sub, 'sub-alice');
  t.match(await openid.fetchUserInfo(configuration, tokens.access_token, 'sub-alice'), { email: 'alice@example.com' });
  const refreshed = await openid.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
  t.not(refreshed.refresh_token, tokens.refresh_token);
  if (party.method !== 'none') {
    t.match(await openid.tokenIntrospection(configuration, refreshed.access_token), { active: true, client_id: party.client_id });
    const own = await openid.clientCredentialsGrant(configuration, { scope: 'read:photos' });
    t.match(await openid.tokenIntrospection(configuration, own.access_token), { active: true, sub: party.client_id });
    await openid.tokenRevocation(configuration, own.access_token);
    t.same(await openid.tokenIntrospection(configuration, own.access_token), { active: false });
  }
  await openid.tokenRevocation(configuration, refreshed.refresh_token ?? '', { token_type_hint: 'refresh_token' });
  t.match(await openid.refreshTokenGrant(configuration, refreshed.refresh_token ?? '').catch((error: unknown) => error), { name: 'ResponseBodyError', error: 'invalid_grant' });
}

for (const party of parties) {
  const name = `${party.method}${party.key === null ? '' : ` ${party.secret}`}`;
  t.test(`oauth4webapi (strict) goes from discovery through code with PKCE, ID token, userinfo, refresh, introspection, client credentials and revocation with ${name}`, (t) => strictJourney(t, party));
  t.test(`openid-client does the same with ${name}`, (t) => openidJourney(t, party));
}

t.test('a client that was registered for another method is refused as the libraries expect', async (t) => {
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  const response = await oauth.clientCredentialsGrantRequest(as, { client_id: spa.client_id }, oauth.ClientSecretBasic('x'), {}, insecure);
  await t.rejects(oauth.processClientCredentialsResponse(as, { client_id: spa.client_id }, response), { name: 'WWWAuthenticateChallengeError' });
});
