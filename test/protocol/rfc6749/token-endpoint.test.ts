import t, { type Test } from 'tap';
import { type Answer, answerOf, basic, directOf, form } from '#support/direct.ts';
import { CLIENTS, PEOPLE, startServer } from '#support/server.ts';

const { web, post, spa } = CLIENTS;
const odd = { ...web, client_id: 'odd~client', client_secret: 'percent%25plus+colon:space and-forty-characters' };
const codeOnly = { ...web, client_id: 'code-only', grant_types: ['authorization_code'] };
const machine = { client_id: 'machine', client_secret: 'machine-secret-of-forty-characters-01234', grant_types: ['client_credentials'], scope: 'read:photos' };

const server = await startServer(t, {
  config: {
    bootstrap: { ...PEOPLE, clients: [...Object.values(CLIENTS), odd, codeOnly, machine] },
    resources: [{ identifier: 'https://photos.example.com', scopes: ['read:photos', 'write:photos', 'delete:photos'], default: true }],
  },
});
const direct = directOf(server);
const endpoint = `${server.url}/oauth2/token`;
const own = { grant_type: 'client_credentials', scope: 'read:photos' };
const asWeb = { authorization: basic(web.client_id, web.client_secret) };

/** RFC 6749 5.2: JSON with the code, in ASCII without quote and backslash, kept by nobody. */
function refusedWith(t: Test, answer: Answer, status: number, error: string, message = error): void {
  t.equal(answer.status, status, `${message}: status`);
  t.equal(answer.body?.error, error, `${message}: error`);
  t.match(answer.body?.error_description, /^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/, `${message}: description`);
  t.match(answer.headers.get('content-type'), /^application\/json/, `${message}: JSON`);
  t.equal(answer.headers.get('cache-control'), 'no-store', `${message}: no-store`);
  t.equal(answer.headers.get('pragma'), 'no-cache', `${message}: no-cache`);
}

t.test('RFC 6749 5.1: the answer has access_token, token_type, expires_in as a number and always scope, and is not stored', async (t) => {
  for (const scope of ['read:photos', 'read:photos write:photos', '']) {
    const answer = await direct.clientCredentials(web, scope === '' ? {} : { scope });
    t.equal(answer.status, 200);
    t.type(answer.body.access_token, 'string');
    t.equal(answer.body.token_type, 'Bearer');
    t.equal(answer.body.expires_in, 3600);
    t.equal(answer.body.scope, scope);
    t.notOk('refresh_token' in answer.body, 'RFC 6749 4.4.3: a refresh token SHOULD NOT be included');
    t.match(answer.headers.get('content-type'), /^application\/json/);
    t.equal(answer.headers.get('cache-control'), 'no-store');
    t.equal(answer.headers.get('pragma'), 'no-cache');
  }
});

t.test('RFC 6749 5.1, 5.2: success and error are JSON whatever Accept says', async (t) => {
  for (const accept of ['text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', 'text/html', 'application/xml', 'application/jwt', '*/*', '']) {
    const headers = { ...asWeb, accept };
    const good = await form(endpoint, own, headers);
    t.equal(good.status, 200);
    t.match(good.headers.get('content-type'), /^application\/json/);
    refusedWith(t, await form(endpoint, { ...own, scope: 'nothing' }, headers), 400, 'invalid_scope', accept);
  }
});

t.test('RFC 6749 5.2: every error code of the token endpoint has its status', async (t) => {
  const code = { grant_type: 'authorization_code', code: 'glc_no', code_verifier: 'v'.repeat(43) };
  refusedWith(t, await form(endpoint, { scope: 'read:photos' }, asWeb), 400, 'invalid_request', 'no grant_type');
  refusedWith(t, await form(endpoint, { grant_type: 'authorization_code' }, asWeb), 400, 'invalid_request', 'no code');
  refusedWith(t, await form(endpoint, { grant_type: 'refresh_token' }, asWeb), 400, 'invalid_request', 'no refresh_token');
  refusedWith(t, await form(endpoint, own, { authorization: basic('web', 'wrong') }), 401, 'invalid_client');
  refusedWith(t, await form(endpoint, code, asWeb), 400, 'invalid_grant', 'code');
  refusedWith(t, await form(endpoint, { grant_type: 'refresh_token', refresh_token: 'glr_no' }, asWeb), 400, 'invalid_grant', 'refresh token');
  refusedWith(t, await direct.clientCredentials(codeOnly), 400, 'unauthorized_client');
  refusedWith(t, await form(endpoint, { grant_type: 'urn:example:no' }, asWeb), 400, 'unsupported_grant_type');
  refusedWith(t, await direct.clientCredentials(web, { scope: 'read:nothing' }), 400, 'invalid_scope', 'unknown');
  refusedWith(t, await direct.clientCredentials(web, { scope: 'delete:photos' }), 400, 'invalid_scope', 'known, not registered');
  refusedWith(t, await direct.clientCredentials(web, { scope: 'openid' }), 400, 'invalid_scope', 'about a person');
  refusedWith(t, await direct.clientCredentials(web, { scope: 'read:photos offline_access' }), 400, 'invalid_scope', 'about a person');
  refusedWith(t, await direct.clientCredentials(web, { scope: 'read"photos' }), 400, 'invalid_scope', 'characters');
  refusedWith(t, await direct.clientCredentials(web, { resource: 'https://other.example.com' }), 400, 'invalid_target', 'RFC 8707 2');
});

t.test('RFC 6749 5.2, 4.4: a client gets no grant that it is not registered for, a public one never client_credentials', async (t) => {
  for (const grant of ['client_credentials', 'refresh_token']) refusedWith(t, await direct.token(codeOnly, { grant_type: grant, refresh_token: 'glr_x' }), 400, 'unauthorized_client', grant);
  refusedWith(t, await direct.token(machine, { grant_type: 'authorization_code', code: 'glc_x' }), 400, 'unauthorized_client');
  refusedWith(t, await direct.clientCredentials(spa), 400, 'unauthorized_client', 'public');
});

t.test('RFC 9700 2.4, OAuth 2.1 10: grants that are not served are refused by name', async (t) => {
  for (const grant of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:saml2-bearer', 'urn:ietf:params:oauth:grant-type:token-exchange', '__proto__', 'constructor', 'toString', 'Client_Credentials', 'client_credentials ']) {
    refusedWith(t, await form(endpoint, { grant_type: grant, username: 'alice', password: 'correct horse battery staple' }, asWeb), 400, 'unsupported_grant_type', grant);
  }
});

t.test('RFC 6749 3.2: parameters MUST NOT be included more than once', async (t) => {
  for (const name of ['grant_type', 'scope', 'client_id', 'client_secret', 'code', 'unknown']) {
    for (const second of ['', '2']) {
      const body = `grant_type=client_credentials&scope=read:photos&client_id=post&client_secret=${post.client_secret}&code=x&unknown=1&${name}=${second === '' ? 'client_credentials' : second}`;
      refusedWith(t, await form(endpoint, body), 400, 'invalid_request', `${name} twice`);
    }
  }
  refusedWith(t, await form(endpoint, 'grant_type=client_credentials&resource=https://photos.example.com&resource=https://photos.example.com', asWeb), 400, 'invalid_target', 'RFC 8707: one token, one resource');
});

t.test('regression: duplicate parameters read differently (query and body, arrays, brackets)', async (t) => {
  const query = (search: string, body: string, headers: Record<string, string> = asWeb) => form(`${endpoint}?${search}`, body, headers);
  refusedWith(t, await query('grant_type=refresh_token', 'grant_type=client_credentials'), 400, 'invalid_request', 'in query and body');
  refusedWith(t, await query('grant_type=client_credentials', 'grant_type=client_credentials'), 400, 'invalid_request', 'the same in query and body');
  refusedWith(t, await query('scope=read:photos', 'grant_type=client_credentials&scope=write:photos'), 400, 'invalid_request', 'scope');
  refusedWith(t, await query('grant_type=client_credentials', 'scope=read:photos'), 400, 'invalid_request', 'the query string is no place for grant_type');
  for (const body of ['grant_type[]=client_credentials', 'grant_type[0]=client_credentials', 'grant_type%5B%5D=client_credentials', 'grant_type.x=client_credentials', 'grant_type[$ne]=x']) {
    refusedWith(t, await form(endpoint, body, asWeb), 400, 'invalid_request', body);
  }
  refusedWith(t, await form(endpoint, 'grant_type=refresh_token&refresh_token[$ne]=x', asWeb), 400, 'invalid_request', 'an operator object is a name like any other');
});

t.test('RFC 6749 2.3.1, OAuth 2.1 2.4.1: credentials MUST NOT be in the request URI', async (t) => {
  for (const name of ['client_secret', 'client_assertion', 'code', 'code_verifier', 'refresh_token', 'token', 'password', 'access_token']) {
    refusedWith(t, await form(`${endpoint}?${name}=x`, own, asWeb), 400, 'invalid_request', name);
    refusedWith(t, await form(`${endpoint}?%${name.charCodeAt(0).toString(16)}${name.slice(1)}=x`, own, asWeb), 400, 'invalid_request', `${name}, spelled differently`);
  }
  refusedWith(t, await form(`${endpoint}?client_id=post&client_secret=${post.client_secret}`, own), 400, 'invalid_request', 'a secret in the query authenticates nobody');
  t.equal((await form(`${endpoint}?utm_source=x&client_secret=`, own, asWeb)).status, 200, 'others, and those without a value, are ignored');
});

t.test('RFC 6749 3.2: the parameters are in application/x-www-form-urlencoded, nothing else is read', async (t) => {
  const text = new URLSearchParams(own).toString();
  const send = async (body: string | Uint8Array<ArrayBuffer>, contentType: string | null) =>
    answerOf(await fetch(endpoint, { method: 'POST', body: typeof body === 'string' ? new TextEncoder().encode(body) : body, headers: { ...asWeb, ...(contentType === null ? {} : { 'content-type': contentType }) } }));
  t.equal((await send(text, 'application/x-www-form-urlencoded; charset=UTF-8')).status, 200);
  t.equal((await send(text, 'Application/X-WWW-Form-Urlencoded')).status, 200);
  for (const type of ['text/plain', 'text/plain; charset=utf-8', 'multipart/form-data; boundary=x', 'application/xml', 'application/octet-stream', null, 'application/x-www-form-urlencoded-not', '; ']) {
    refusedWith(t, await send(text, type), 400, 'invalid_request', `${type}`);
  }
  refusedWith(t, await send(JSON.stringify(own), 'application/json'), 400, 'invalid_request', 'JSON');
  t.match((await send(JSON.stringify(own), 'application/json')).body.error_description, /application\/x-www-form-urlencoded/, 'the refusal says what is wanted');
  refusedWith(t, await send('{"grant_type":', 'application/json'), 400, 'invalid_request', 'broken JSON');
  refusedWith(t, await send('{"__proto__":{"grant_type":"client_credentials"}}', 'application/json'), 400, 'invalid_request', 'a poisoned prototype');
  refusedWith(t, await send('', 'application/x-www-form-urlencoded'), 400, 'invalid_request', 'nothing at all');
  refusedWith(t, await send(new Uint8Array([...new TextEncoder().encode(`${text}&x=`), 0xff, 0xfe]), 'application/x-www-form-urlencoded'), 400, 'invalid_request', 'bytes that are not UTF-8');
  refusedWith(t, await answerOf(await fetch(endpoint, { method: 'POST', headers: asWeb })), 400, 'invalid_request', 'no body');
  refusedWith(t, await send(`${text}&x=${'a'.repeat(70_000)}`, 'application/x-www-form-urlencoded'), 413, 'invalid_request', 'a body without end');
  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    const answer = await answerOf(await fetch(`${endpoint}?${text}`, { method, headers: { ...asWeb, accept: 'application/json' } }));
    t.ok(answer.status === 404 || answer.status === 405, `RFC 6749 3.2: the client MUST use POST, not ${method}`);
  }
});

t.test('RFC 6749 3.2: broken percent-encoding, NUL and text that is not UTF-8 are invalid_request', async (t) => {
  for (const part of ['scope=%', 'scope=%zz', 'scope=%ff', 'scope=%c3%28', 'scope=%ed%a0%80', 'scope=read%00photos', 'sco%00pe=x', '%=x', 'x=%E0%A4%A']) {
    refusedWith(t, await form(endpoint, `grant_type=client_credentials&${part}`, asWeb), 400, 'invalid_request', part);
  }
});

t.test('RFC 6749 3.1, 3.2: a parameter without a value is treated as if it were omitted, an unknown one is ignored', async (t) => {
  for (const rest of ['scope=', 'scope', '&&', 'resource=', 'client_secret=', 'client_assertion=&client_assertion_type=', 'client_id=', 'unknown=1', 'username=alice&password=x', 'redirect_uri=javascript:alert(1)', 'scope=&scope=']) {
    const answer = await form(endpoint, `grant_type=client_credentials&${rest}`, asWeb);
    t.equal(answer.status, 200, rest);
    t.equal(answer.body?.scope, '', rest);
  }
  refusedWith(t, await form(endpoint, 'grant_type=&scope=read:photos', asWeb), 400, 'invalid_request', 'grant_type without a value');
  t.equal((await form(endpoint, 'grant_type=client_credentials&scope=+read%3Aphotos++write:photos+', asWeb)).body.scope, 'read:photos write:photos', 'spaces between and around scope tokens');
});

t.test('RFC 6749 2.3.1: in HTTP Basic both halves are form-urlencoded first', async (t) => {
  t.equal((await form(endpoint, own, { authorization: basic(odd.client_id, odd.client_secret) })).status, 200, 'encoded');
  const header = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  t.equal((await form(endpoint, own, header(`odd%7Eclient:${encodeURIComponent(odd.client_secret)}`))).status, 200, 'more encoded than it must be');
  refusedWith(t, await form(endpoint, own, header(`${odd.client_id}:${odd.client_secret}`)), 401, 'invalid_client', 'not encoded: %25 is read as %');
  t.equal((await form(endpoint, own, header(`web:${web.client_secret}`))).status, 200, 'what needs no encoding works without');
  t.equal((await form(endpoint, own, { authorization: `basic  ${Buffer.from(`web:${web.client_secret}`).toString('base64')}` })).status, 200, 'RFC 7235 2.1: the scheme is case-insensitive');
});

t.test('RFC 6749 5.2: invalid_client is 401, with WWW-Authenticate: Basic exactly where the Authorization header was tried', async (t) => {
  const header = (text: string) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` });
  const tries: readonly (readonly [string, Record<string, string>])[] = [
    ['wrong secret', header('web:wrong')],
    ['empty secret', header('web:')],
    ['secret of another client', header(`web:${post.client_secret}`)],
    ['unknown client', header('nobody:secret')],
    ['no client_id', header(`:${web.client_secret}`)],
    ['no colon', header('web')],
    ['not base64', { authorization: 'Basic !!!' }],
    ['nothing', { authorization: 'Basic' }],
    ['broken percent-encoding', header('web:%zz')],
    ['NUL', header(`web\0:${web.client_secret}`)],
    ['another scheme', { authorization: 'Bearer abc' }],
    ['a very long client_id', header(`${'w'.repeat(5000)}:x`)],
    ['a public client has no secret', header('spa:')],
    ['registered for client_secret_post', header(`post:${post.client_secret}`)],
    ['prototype', header('__proto__:x')],
  ];
  for (const [what, headers] of tries) {
    const answer = await form(endpoint, own, headers);
    refusedWith(t, answer, 401, 'invalid_client', what);
    t.match(answer.headers.get('www-authenticate'), /^Basic realm="grantlog"/, what);
  }
  const bodies: readonly (readonly [string, string])[] = [
    ['wrong secret', 'client_id=post&client_secret=wrong'],
    ['secret of another client', `client_id=post&client_secret=${web.client_secret}`],
    ['no secret', 'client_id=post'],
    ['unknown client', 'client_id=nobody&client_secret=secret'],
    ['unknown public client', 'client_id=nobody'],
    ['nobody at all', ''],
    ['a secret of nobody', `client_secret=${post.client_secret}`],
    ['registered for client_secret_basic', `client_id=web&client_secret=${web.client_secret}`],
    ['a public client has no secret', 'client_id=spa&client_secret=secret'],
    ['a very long secret', `client_id=post&client_secret=${'x'.repeat(20_000)}`],
  ];
  for (const [what, body] of bodies) {
    const answer = await form(endpoint, `grant_type=client_credentials&${body}`);
    refusedWith(t, answer, 401, 'invalid_client', what);
    t.equal(answer.headers.get('www-authenticate'), null, what);
  }
  const known = (await form(endpoint, own, header('web:wrong'))).body;
  t.same((await form(endpoint, own, header('nobody:wrong'))).body, known, 'an unknown client looks like a wrong secret');
});

t.test('RFC 6749 2.3: the client MUST NOT use more than one authentication method in each request', async (t) => {
  const { client_secret: secret } = post;
  const assertion = { client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: 'a.b.c' };
  refusedWith(t, await form(endpoint, { ...own, client_id: 'web', client_secret: web.client_secret }, asWeb), 400, 'invalid_request', 'Basic and body');
  refusedWith(t, await form(endpoint, { ...own, ...assertion }, asWeb), 400, 'invalid_request', 'Basic and assertion');
  refusedWith(t, await form(endpoint, { ...own, client_id: 'post', client_secret: secret, ...assertion }), 400, 'invalid_request', 'body and assertion');
  refusedWith(t, await form(endpoint, { ...own, client_id: 'post' }, asWeb), 400, 'invalid_request', 'another client_id beside Basic');
  t.equal((await form(endpoint, { ...own, client_id: 'web' }, asWeb)).status, 200, 'client_id beside Basic is no method');
  t.equal((await form(endpoint, `grant_type=client_credentials&client_id=web&client_secret=`, asWeb)).status, 200, 'nor is an empty client_secret');
  refusedWith(t, await form(endpoint, { ...own, client_assertion: 'a.b.c' }), 400, 'invalid_request', 'an assertion of no type');
  refusedWith(t, await form(endpoint, { ...own, client_assertion_type: assertion.client_assertion_type }), 400, 'invalid_request', 'a type of no assertion');
  refusedWith(t, await form(endpoint, { ...own, ...assertion, client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer' }), 400, 'invalid_request', 'SAML');
});

t.test('RFC 6749 4.1.3: a failed client authentication, whatever it was, burns neither code nor refresh token', async (t) => {
  const issued = await direct.code(web);
  refusedWith(t, await form(endpoint, { grant_type: 'authorization_code', ...issued, client_id: 'web', client_secret: web.client_secret }), 401, 'invalid_client', 'the body, where Basic is registered');
  refusedWith(t, await form(endpoint, { grant_type: 'authorization_code', ...issued, client_id: 'web' }), 401, 'invalid_client', 'none');
  refusedWith(t, await form(endpoint, { grant_type: 'authorization_code', ...issued }, { authorization: basic('web', 'wrong') }), 401, 'invalid_client', 'wrong secret');
  const redeemed = await direct.redeem(web, issued);
  t.equal(redeemed.status, 200, 'clients that guess the method get there');
  refusedWith(t, await form(endpoint, { grant_type: 'refresh_token', refresh_token: redeemed.body.refresh_token }, { authorization: basic('web', 'wrong') }), 401, 'invalid_client');
  t.equal((await direct.refresh(web, redeemed.body.refresh_token)).status, 200);
});

t.test('regression: markup in an echoed parameter', async (t) => {
  const markup = '<script>alert(1)</script>"\\\r\n\u{1F4A9}';
  const twice = new URLSearchParams([['grant_type', 'client_credentials'], [markup, '1'], [markup, '2']]);
  for (const accept of ['text/html', '*/*']) {
    const answer = await form(endpoint, twice.toString(), { ...asWeb, accept });
    refusedWith(t, answer, 400, 'invalid_request');
    t.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  }
  refusedWith(t, await direct.clientCredentials(web, { scope: '<b>x</b>' }), 400, 'invalid_scope');
});

t.test('RFC 6749 Appendix A: characters outside the grammar end in an error of 5.2, never in a failure', async (t) => {
  const wild = ['\u0001', '\u{1F600}', 'é', ' ', '\n', '%', '../../etc/passwd', "' OR 1=1 --", '{"$ne":null}', 'x'.repeat(30_000)];
  for (const value of wild) {
    for (const name of ['grant_type', 'client_id', 'client_secret', 'code', 'code_verifier', 'redirect_uri', 'scope', 'resource']) {
      const fields = { grant_type: 'authorization_code', code: 'x', client_id: 'post', client_secret: post.client_secret, [name]: value };
      const answer = await form(endpoint, fields);
      t.ok(answer.status >= 400 && answer.status < 500, `${name}=${value.slice(0, 20)} ${answer.status}`);
      t.type(answer.body?.error, 'string');
    }
  }
});
