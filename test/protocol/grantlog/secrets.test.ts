import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import t from 'tap';
import { disableAccount } from '#account/update-account.ts';
import { retireSecret, rotateSecret } from '#client/rotate-secret.ts';
import { clients as clientAggregate } from '#client/projection.ts';
import { consentIdOf } from '#consent/give-consent.ts';
import { withdrawConsent } from '#consent/withdraw-consent.ts';
import { rotateKeys } from '#signing-key/rotate-keys.ts';
import { authorizeUrl, Browser, formOf, pkce, walk } from '#support/browser.ts';
import { basic, directOf, form, jwtParts } from '#support/direct.ts';
import { recordedEvents } from '#support/recorded-events.ts';
import { CLIENTS, REDIRECT_URI, startServer } from '#support/server.ts';

const SYSTEM = { actor: { kind: 'system', id: null }, request: null } as const;
const ADDRESSES = ['203.0.113.77', '2001:db8:77:1:2:3:4:5'] as const;
const OPAQUE = 'https://opaque.example.com';
const person = {
  username: 'Zanzibar.Quux',
  password: 'quite a long passphrase of Zanzibar',
  sub: 'sub-person',
  claims: { name: 'Zaphod Zanzibar Quux', email: 'zquux@mail.example.net', email_verified: true, phone_number: '+31611223344', address: { street_address: 'Kerkstraat 4711' } },
};
const pair = await generateKeyPair('ES256', { extractable: true });
const { kty, crv, x, y } = await exportJWK(pair.publicKey);
const jwtClient = { client_id: 'jwt', token_endpoint_auth_method: 'private_key_jwt', grant_types: ['client_credentials'], jwks: { keys: [{ kty, crv, x, y, kid: 'k' }] } };
const { web, post, api } = CLIENTS;
const contacted = { ...web, contacts: ['operations.quux@mail.example.net'] };

t.test('architecture.md, never in an event: after a full journey no secret, token, code, password, name, e-mail or caller’s address is in clear in any file or in the log', async (t) => {
  let log = '';
  const server = await startServer(t, {
    config: {
      issuer: 'https://auth.example.com',
      trustedProxies: ['127.0.0.1', '::1'],
      bootstrap: { accounts: [person], clients: [contacted, post, api, CLIENTS.spa, jwtClient] },
      resources: [{ identifier: OPAQUE, accessTokenFormat: 'opaque' }],
    },
    log: { write: (line: string) => { log += line; } },
    logLevel: 'trace',
  });
  const direct = directOf(server);
  const secrets = new Map<string, string>();
  const keep = (name: string, value: string | null | undefined): string => {
    if (typeof value !== 'string' || value.length < 8) throw new Error(`nothing to look for: ${name}`);
    secrets.set(`${name} ${secrets.size}`, value);
    return value;
  };
  for (const [name, value] of Object.entries({ password: person.password, 'user name': person.username, 'folded user name': person.username.toLowerCase(), name: person.claims.name, 'e-mail': person.claims.email, phone: person.claims.phone_number, address: person.claims.address.street_address, contact: contacted.contacts[0] })) keep(name, value);
  for (const client of [web, post, api]) keep('client secret', client.client_secret);
  for (const address of ADDRESSES) keep('caller', address);
  const userAgent = keep('user agent', 'Quuxfox/4711 (rare)');

  for (const [index, address] of ADDRESSES.entries()) {
    const forwarded = { 'x-forwarded-for': address, 'user-agent': userAgent };
    const browser = new Browser(server.url, forwarded);
    // Failures of every kind first.
    const page = await (await browser.fetch('/sign-in')).text();
    const wrong = { username: keep('unknown user', `nobody-at-all-${index}`), password: keep('wrong password', `this is not it ${index}`) };
    const { action, fields } = formOf(page);
    await browser.post(action, [...fields, ...Object.entries(wrong)]);
    await browser.post(action, [...fields, ['username', person.username], ['password', wrong.password]]);
    const wrongSecret = keep('wrong secret', `wrong-secret-${randomUUID()}`);
    await form(`${server.url}/oauth2/token`, { grant_type: 'client_credentials' }, { ...forwarded, authorization: basic('web', wrongSecret) });
    await form(`${server.url}/oauth2/token`, { grant_type: 'client_credentials', client_id: 'post', client_secret: wrongSecret }, forwarded);
    await form(`${server.url}/oauth2/token?client_secret=${wrongSecret}&code=${wrongSecret}`, { grant_type: 'client_credentials' }, forwarded);
    await fetch(`${server.url}/userinfo?access_token=${wrongSecret}`, { headers: forwarded });
    await fetch(`${server.url}/userinfo`, { headers: { ...forwarded, authorization: `Bearer ${wrongSecret}` } });

    // Then a whole journey for each form of token.
    for (const parameters of [{}, { resource: OPAQUE }] as Record<string, string>[]) {
      const { verifier, challenge } = pkce();
      const url = authorizeUrl(`${server.url}/oauth2/authorize`, { client_id: 'web', redirect_uri: REDIRECT_URI, scope: 'openid profile email offline_access read:photos', state: 'state', login_hint: person.username, code_challenge: challenge, code_challenge_method: 'S256', ...parameters });
      const answer = await walk(browser, url, person);
      const code = keep('code', answer.searchParams.get('code'));
      const redeem = () => direct.token(web, { grant_type: 'authorization_code', code, code_verifier: keep('verifier', verifier), redirect_uri: REDIRECT_URI }, forwarded);
      await direct.token(web, { grant_type: 'authorization_code', code, code_verifier: 'a'.repeat(43) }, forwarded);
      const { body: first } = await redeem();
      const { body: second } = await direct.token(web, { grant_type: 'refresh_token', refresh_token: first.refresh_token }, forwarded);
      for (const tokens of [first, second]) for (const name of ['access_token', 'refresh_token', 'id_token']) keep(name, tokens[name]);
      await direct.introspect(second.access_token);
      await direct.introspect(second.refresh_token, web);
      await direct.userinfo(second.access_token, forwarded);
      await form(`${server.url}/userinfo`, { access_token: second.access_token }, forwarded);
      await direct.revoke(second.access_token, web);
      server.clock.advance(60);
      // A replay of each kind: of the refresh token for one grant, of the code for the other.
      if ('resource' in parameters) await redeem();
      else await direct.token(web, { grant_type: 'refresh_token', refresh_token: first.refresh_token }, forwarded);
      const { body: own } = await direct.token(web, { grant_type: 'client_credentials', scope: 'read:photos', ...parameters }, forwarded);
      await direct.revoke(keep('own access token', own.access_token), web);
      keep('private claims', jwtParts(first.id_token).payload.at_hash);
    }
    keep('session cookie', browser.cookie('__Host-grantlog-session')?.split('.').at(-1));
    keep('browser cookie', browser.cookie('__Host-grantlog-browser'));
  }
  const jti = keep('jti of an assertion', randomUUID());
  const now = Math.floor(server.clock.now() / 1000);
  const assertion = keep('assertion', await new SignJWT({ iss: 'jwt', sub: 'jwt', aud: server.issuer, exp: now + 60, jti }).setProtectedHeader({ alg: 'ES256', kid: 'k' }).sign(pair.privateKey));
  const present = () => form(`${server.url}/oauth2/token`, { grant_type: 'client_credentials', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion });
  t.equal((await present()).status, 200);
  t.equal((await present()).status, 401);

  // And what administrators do.
  const { secret } = await rotateSecret(server.core, 'web', 3600, SYSTEM);
  keep('new secret', secret);
  const { state } = (await server.core.commands.load(clientAggregate, 'web')) ?? {};
  await retireSecret(server.core, 'web', state?.secrets[0]?.secretId ?? '', SYSTEM);
  await rotateKeys(server.core, true, SYSTEM);
  await withdrawConsent(server.core, await consentIdOf(server.core, person.sub, 'web'), 'test', SYSTEM);
  await disableAccount(server.core, person.sub, 'test', SYSTEM);

  const types = new Set(recordedEvents(server.dataDir).map(({ type }) => type));
  for (const type of ['AccountRegistered', 'ClientRegistered', 'SignInFailed', 'ClientAuthenticationFailed', 'SessionStarted', 'ConsentGranted', 'AuthorizationCodeRedeemed', 'AuthorizationCodeReplayed', 'RefreshTokenRotated', 'RefreshTokenReplayed', 'AccessTokenRevoked', 'ClientCredentialsIssued', 'ClientSecretAdded']) t.ok(types.has(type), `the journey has come by ${type}`);

  /** The name of every secret of which the whole, or a part that would be enough to recognise it, stands in the bytes. */
  const foundIn = (bytes: Buffer): string[] => [...secrets].filter(([, value]) => [value, value.slice(0, 40), encodeURIComponent(value), Buffer.from(value).toString('base64url').slice(0, -2), JSON.stringify(value).slice(1, -1)].some((text) => text.length >= 8 && bytes.includes(text))).map(([name]) => name);
  const look = (when: string): void => {
    const files = readdirSync(server.dataDir, { recursive: true, encoding: 'utf8' }).filter((file) => statSync(join(server.dataDir, file)).isFile());
    t.ok(files.some((file) => file.endsWith('.db')));
    for (const file of files) t.same(foundIn(readFileSync(join(server.dataDir, file))), [], `${file} ${when}`);
    t.same(foundIn(Buffer.from(log)), [], `log ${when}`);
  };
  t.ok(log.includes('"path":"/oauth2/token"'), 'the log was written');
  look('while it runs');
  await server.stop();
  look('after it has stopped');
  t.same(foundIn(Buffer.from([...secrets.values()].join('\n'))).length, secrets.size, 'the search finds what is there');
});
