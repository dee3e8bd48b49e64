import { createHmac, createPublicKey, generateKeyPairSync, randomUUID, type KeyObject, sign } from 'node:crypto';
import { createRemoteJWKSet, customFetch, jwtVerify } from 'jose';
import t, { type Test } from 'tap';
import { directOf, jwtParts } from '#support/direct.ts';
import { BOOTSTRAP, CLIENTS, startServer } from '#support/server.ts';

const { web } = CLIENTS;
const JWT_TYPED = 'https://spring.example.com';
const server = await startServer(t, {
  config: {
    bootstrap: BOOTSTRAP,
    resources: [{ identifier: JWT_TYPED, accessTokenHeaderTyp: 'JWT' }, ...(['RS256', 'PS256', 'EdDSA', 'ES256'] as const).map((alg) => ({ identifier: `https://${alg.toLowerCase()}.example.com`, accessTokenSigningAlg: alg }))],
  },
});
const direct = directOf(server);
const encode = (value: object | string): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const tokens = await direct.tokens(web);
const { header, payload } = jwtParts(tokens.access_token);
const [head = '', body = '', signature = ''] = tokens.access_token.split('.');

/** No endpoint takes it for a token: introspection, userinfo, and revocation answers 200 without effect. */
async function deadEverywhere(t: Test, token: string, message: string): Promise<void> {
  t.equal((await direct.introspect(token)).text, '{"active":false}', `${message}: introspection`);
  const userinfo = await direct.userinfo(token);
  t.ok([400, 401].includes(userinfo.status), `${message}: userinfo ${userinfo.status}`);
  t.equal((await direct.revoke(token, web)).status, 200, `${message}: revocation`);
}

t.test('RFC 9068 2.1, 2.2: header and claims of a JWT access token', async (t) => {
  t.strictSame(Object.keys(header).sort(), ['alg', 'kid', 'typ']);
  t.match(header, { alg: 'ES256', typ: 'at+jwt' });
  const now = Math.floor(server.clock.now() / 1000);
  t.match(payload, { iss: server.issuer, aud: server.issuer, sub: 'sub-alice', client_id: 'web', scope: 'offline_access openid read:photos', acr: 'urn:grantlog:acr:single-factor', amr: ['pwd'] });
  t.ok(Math.abs(payload.iat - now) <= 5);
  t.equal(payload.exp - payload.iat, 3600);
  t.ok(payload.auth_time <= payload.iat);
  t.match(payload.jti, /^[0-9a-f-]{36}$/);
  t.notOk('name' in payload || 'email' in payload, 'nothing personal');
  const own = jwtParts((await direct.clientCredentials(web, { scope: 'read:photos' })).body.access_token);
  t.match(own.payload, { sub: 'web', client_id: 'web', scope: 'read:photos', iss: server.issuer, aud: server.issuer }, 'RFC 9068 2.2: sub of a client credentials token is the client');
  t.notOk('auth_time' in own.payload);
  const jtis = new Set((await Promise.all(Array.from({ length: 20 }, () => direct.clientCredentials(web)))).map((answer) => jwtParts(answer.body.access_token).payload.jti));
  t.equal(jtis.size, 20, 'jti is unique');
});

t.test('RFC 9068 4: a resource server verifies it with the published keys', async (t) => {
  const keys = createRemoteJWKSet(new URL(`${server.issuer}/oauth2/jwks`), { [customFetch]: (url: string) => fetch(url) });
  await t.resolves(jwtVerify(tokens.access_token, keys, { typ: 'at+jwt', issuer: server.issuer, audience: server.issuer, requiredClaims: ['exp', 'iat', 'jti', 'client_id', 'sub'] }));
  for (const alg of ['RS256', 'PS256', 'EdDSA', 'ES256']) {
    const { access_token: token } = (await direct.clientCredentials(web, { resource: `https://${alg.toLowerCase()}.example.com` })).body;
    await t.resolves(jwtVerify(token, keys, { typ: 'at+jwt', algorithms: [alg], audience: `https://${alg.toLowerCase()}.example.com` }), alg);
    t.ok(await direct.isActive(token), alg);
  }
});

t.test('interface.md: accessTokenHeaderTyp JWT is for resource servers that refuse at+jwt; such a token is an access token here too, an ID token is none', async (t) => {
  const typed = await direct.tokens(web, { parameters: { resource: JWT_TYPED } });
  t.equal(jwtParts(typed.access_token).header.typ, 'JWT');
  t.ok(await direct.isActive(typed.access_token));
  t.equal((await direct.userinfo(typed.access_token)).status, 200);
  t.equal(jwtParts(typed.id_token).header.typ, 'JWT');
  await deadEverywhere(t, typed.id_token, 'ID token');
});

t.test('RFC 8725 3.2: no truncation of a token is one, and no change of a single bit', async (t) => {
  const own = (await direct.clientCredentials(web, { resource: 'https://eddsa.example.com' })).body.access_token;
  for (const token of [tokens.access_token, own]) {
    const altered: string[] = [];
    for (let length = 1; length < token.length; length++) altered.push(token.slice(0, length));
    for (let index = 0; index < token.length; index++) {
      for (const bit of [0, 1, 2, 3, 4, 5, 6]) altered.push(token.slice(0, index) + String.fromCharCode(token.charCodeAt(index) ^ (1 << bit)) + token.slice(index + 1));
    }
    const { jwts } = server.core;
    const accepted = [];
    for (const text of altered) if ((await jwts.verify(text)) !== null) accepted.push(text);
    t.same(accepted, [], `${altered.length} of them at the verifier`);
    for (let index = 0; index < altered.length; index += 97) {
      const text = altered[index] ?? '';
      t.equal((await direct.introspect(text)).text, '{"active":false}', 'some of them at introspection');
      if (/^[\x21-\x7e]+$/.test(text)) t.ok([400, 401].includes((await direct.userinfo(text)).status), 'and at userinfo');
    }
  }
  t.ok(await direct.isActive(tokens.access_token), 'the token itself is alive all the time');
});

t.test('RFC 7515 5.2: a segment that is spelled differently but decodes to the same bytes is refused', async (t) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const twin = (segment: string): string[] => [...alphabet].map((last) => segment.slice(0, -1) + last).filter((other) => other !== segment && Buffer.from(other, 'base64url').equals(Buffer.from(segment, 'base64url')));
  const spellings = [
    ...twin(signature).map((other) => `${head}.${body}.${other}`),
    ...twin(head).map((other) => `${other}.${body}.${signature}`),
    `${head}.${body}.${signature}=`, `${head}.${body}.${signature}==`, `${head}=.${body}.${signature}`, `${head}.${body}=.${signature}`,
    `${head}.${body}.${Buffer.from(signature, 'base64url').toString('base64')}`,
    `${head}.${body}.${signature}.`, `.${head}.${body}.${signature}`, `${head}..${body}.${signature}`, `${head}.${body}`, `${head}.${body}.`, `${head}.${body}.${signature}.${signature}`,
  ];
  t.ok(twin(signature).length > 0);
  for (const token of spellings) await deadEverywhere(t, token, token.slice(-8));
  t.ok(await direct.isActive(tokens.access_token));
});

const signES256 = (key: KeyObject, signed: string): string => sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');

t.test('regression: algorithm confusion: alg none, HS256 with the public key, another algorithm for the kid, keys brought along (jwk, jku, x5u), unknown crit', async (t) => {
  const { keys } = (await direct.get('/oauth2/jwks')).body;
  const jwk = keys.find(({ kid }: { kid: string }) => kid === header.kid);
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const forged = encode({ ...payload, sub: 'sub-root', scope: 'openid clients:write' });
  const hmac = (secret: string | Buffer, newHead: string) => `${newHead}.${forged}.${createHmac('sha256', secret).update(`${newHead}.${forged}`).digest('base64url')}`;
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ownJwk = own.publicKey.export({ format: 'jwk' });
  const signedByOwn = (changes: object) => {
    const newHead = encode({ ...header, ...changes });
    return `${newHead}.${forged}.${signES256(own.privateKey, `${newHead}.${forged}`)}`;
  };
  const rsa = keys.find(({ alg }: { alg: string }) => alg === 'RS256');
  const forgeries: Record<string, string> = {
    'alg none': `${encode({ alg: 'none', typ: 'at+jwt' })}.${forged}.`,
    'alg None': `${encode({ ...header, alg: 'None' })}.${forged}.`,
    'alg none with the old signature': `${encode({ ...header, alg: 'none' })}.${body}.${signature}`,
    'payload changed': `${head}.${forged}.${signature}`,
    'no signature': `${head}.${forged}.`,
    'signature of zeros (CVE-2022-21449)': `${head}.${forged}.${Buffer.alloc(64).toString('base64url')}`,
    'HS256 with the public key as PEM': hmac(publicKey.export({ type: 'spki', format: 'pem' }), encode({ ...header, alg: 'HS256' })),
    'HS256 with the public key as DER': hmac(publicKey.export({ type: 'spki', format: 'der' }), encode({ ...header, alg: 'HS256' })),
    'HS256 with the JWK': hmac(JSON.stringify(jwk), encode({ ...header, alg: 'HS256' })),
    'HS256 with a client secret': hmac(web.client_secret, encode({ ...header, alg: 'HS256' })),
    'own key under our kid': signedByOwn({}),
    'own key, jwk': signedByOwn({ jwk: ownJwk }),
    'own key, jwk, no kid': signedByOwn({ jwk: ownJwk, kid: undefined }),
    'own key, jku': signedByOwn({ jku: 'https://attacker.example.com/jwks' }),
    'own key, x5u': signedByOwn({ x5u: 'https://attacker.example.com/cert' }),
    'own key, x5c': signedByOwn({ x5c: ['MIIB'] }),
    'kid of a path': signedByOwn({ kid: '../../../../dev/null' }),
    'kid of another algorithm': `${encode({ ...header, kid: rsa.kid })}.${body}.${signature}`,
    'alg of another kind': `${encode({ ...header, alg: 'RS256' })}.${body}.${signature}`,
    'alg and kid of another key': `${encode({ ...header, alg: 'RS256', kid: rsa.kid })}.${body}.${signature}`,
    'unknown crit': signedByOwn({ crit: ['exp'], exp: 1 }),
    'b64 false': signedByOwn({ crit: ['b64'], b64: false }),
    'another typ': `${encode({ ...header, typ: 'JWT' })}.${body}.${signature}`,
    'a header that is a list': `${encode('[]')}.${body}.${signature}`,
    'a payload that is a text': `${head}.${encode('"x"')}.${signature}`,
    'alg a list': `${encode({ ...header, alg: ['ES256'] })}.${body}.${signature}`,
    'prototype': `${encode('{"__proto__":{"alg":"ES256"}}')}.${body}.${signature}`,
  };
  for (const [name, token] of Object.entries(forgeries)) await deadEverywhere(t, token, name);
  t.ok(await direct.isActive(tokens.access_token), 'the revocation of none of them hit the token that they were made from');
});

t.test('regression: header members that we never write (crit, jwk, jku, x5u), even under our own signature', async (t) => {
  const { key, kid } = await server.core.keys.signer('ES256');
  const resigned = (changes: object) => {
    const signed = `${encode({ alg: 'ES256', typ: 'at+jwt', kid, ...changes })}.${encode({ ...payload, jti: randomUUID() })}`;
    return `${signed}.${signES256(key, signed)}`;
  };
  t.ok(await direct.isActive(resigned({})), 'the way these are made is good');
  for (const changes of [{ crit: ['exp'] }, { jwk: {} }, { jku: 'https://x' }, { x5u: 'https://x' }, { x5c: [] }, { b64: true }, { cty: 'JWT' }, { zip: 'DEF' }, { typ: undefined }, { typ: 'logout+jwt' }, { kid: undefined }, { kid: 1 }]) await deadEverywhere(t, resigned(changes), JSON.stringify(changes));
});

t.test('regression: missing aud, exp, iat accepted', async (t) => {
  const { key, kid } = await server.core.keys.signer('ES256');
  const withClaims = (claims: object): string => {
    const signed = `${encode({ alg: 'ES256', typ: 'at+jwt', kid })}.${encode(claims)}`;
    return `${signed}.${signES256(key, signed)}`;
  };
  t.ok(await direct.isActive(withClaims({ ...payload, jti: randomUUID() })), 'the way these are made is good');
  for (const name of ['iss', 'aud', 'exp', 'iat', 'jti', 'client_id', 'scope', 'sub']) await deadEverywhere(t, withClaims({ ...payload, jti: randomUUID(), [name]: undefined }), `without ${name}`);
  for (const changes of [{ exp: '9999999999' }, { exp: null }, { iss: `${server.issuer}/` }, { iss: 'https://other.example.com' }, { iss: [server.issuer] }, { aud: [] }, { jti: 1 }, { sub: null }]) await deadEverywhere(t, withClaims({ ...payload, jti: randomUUID(), ...changes }), JSON.stringify(changes));
});
