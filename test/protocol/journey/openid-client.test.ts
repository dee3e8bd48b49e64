import * as client from 'openid-client';
import t from 'tap';
import { Browser, walk } from '#support/browser.ts';
import { BOOTSTRAP, CLIENTS, REDIRECT_URI, startServer } from '#support/server.ts';

t.test('openid-client goes from discovery to tokens, userinfo, refresh, introspection and revocation', async (t) => {
  const server = await startServer(t, { config: { bootstrap: BOOTSTRAP } });
  const issuer = new URL(server.issuer);
  const { web } = CLIENTS;
  const configuration = await client.discovery(issuer, web.client_id, undefined, client.ClientSecretBasic(web.client_secret), { execute: [client.allowInsecureRequests] });
  const verifier = client.randomPKCECodeVerifier();
  const state = client.randomState();
  const nonce = client.randomNonce();
  const url = client.buildAuthorizationUrl(configuration, {
    redirect_uri: REDIRECT_URI,
    scope: 'openid profile email offline_access read:photos',
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  });
  const answer = await walk(new Browser(server.issuer), url.href);
  t.equal(answer.searchParams.get('iss'), server.issuer);
  const tokens = await client.authorizationCodeGrant(configuration, answer, { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce });
  t.equal(tokens.token_type, 'bearer');
  t.equal(tokens.expires_in, 3600);
  t.equal(tokens.claims()?.sub, 'sub-alice');
  const userinfo = await client.fetchUserInfo(configuration, tokens.access_token, 'sub-alice');
  t.match(userinfo, { sub: 'sub-alice', name: 'Alice Example', email: 'alice@example.com', email_verified: true });
  t.notOk('address' in userinfo, 'claims of a scope that was not granted stay out');
  t.match(await client.tokenIntrospection(configuration, tokens.access_token), { active: true, sub: 'sub-alice', client_id: 'web' });
  const refreshed = await client.refreshTokenGrant(configuration, tokens.refresh_token ?? '');
  t.not(refreshed.refresh_token, tokens.refresh_token);
  await client.tokenRevocation(configuration, refreshed.refresh_token ?? '');
  t.same(await client.tokenIntrospection(configuration, refreshed.access_token), { active: false });
  const own = await client.clientCredentialsGrant(configuration, { scope: 'read:photos' });
  t.match(await client.tokenIntrospection(configuration, own.access_token), { active: true, sub: 'web', scope: 'read:photos' });
});
