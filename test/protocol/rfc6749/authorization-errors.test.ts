import t from 'tap';
import { disableAccount } from '#account/update-account.ts';
import { disableClient, enableClient } from '#client/disable-client.ts';
import { StoreUnavailable } from '#ports/store-errors.ts';
import { formOf } from '#support/browser.ts';
import { frontOf, raw, requestOf, sentToClient, shownToPerson } from '#support/front.ts';
import { BOOTSTRAP, CLIENTS, REDIRECT_URI, startServer } from '#support/server.ts';

const machine = { client_id: 'machine', client_secret: 'machine-secret-of-forty-characters-01234', grant_types: ['client_credentials'], redirect_uris: [REDIRECT_URI], scope: 'openid' };
const server = await startServer(t, { config: { bootstrap: { ...BOOTSTRAP, clients: [...Object.values(CLIENTS), machine] } } });
const front = frontOf(server);
const { issuer } = server;
const signedIn = await front.signIn('alice');
/** A request that is answered with a code at once, but for what is changed. */
const silent = (changes: Record<string, string | null> = {}) => front.ask({ client_id: 'trusted', ...changes }, signedIn);

t.test('RFC 6749 4.1.2.1: a missing or unknown client_id is told to the person, never to the redirect URI', async (t) => {
  shownToPerson(t, await front.ask({ client_id: null }, signedIn), 'invalid_request');
  shownToPerson(t, await front.ask({ client_id: '' }, signedIn), 'invalid_request');
  for (const client_id of ['nobody', 'WEB', 'web ', 'w'.repeat(129), 'we%62', '\u{1f511}', 'web\r\nx: y', "' OR 1=1 --", '__proto__', '{"$ne":null}']) {
    shownToPerson(t, await front.ask({ client_id }, signedIn), 'invalid_client', { message: JSON.stringify(client_id) });
  }
});

t.test('RFC 6749 4.1.2.1: a redirect URI that is missing, malformed or not registered is told to the person, whatever else is wrong', async (t) => {
  for (const redirect_uri of ['https://evil.example/callback', 'javascript:alert(1)', 'data:text/html,x', '//app.example.com/callback', '/callback', 'callback', `${REDIRECT_URI}#x`]) {
    for (const more of [{}, { prompt: 'none' }, { response_type: 'token' }, { response_mode: 'form_post' }, { scope: 'nonsense' }]) {
      shownToPerson(t, await silent({ redirect_uri, ...more }), 'invalid_redirect_uri', { message: `${redirect_uri} ${JSON.stringify(more)}` });
    }
  }
  shownToPerson(t, await front.ask({ client_id: 'native', redirect_uri: null }, signedIn), 'invalid_request', { message: 'two are registered, none is named' });
});

t.test('regression: prompt=none does not skip the check of the redirect URI', async (t) => {
  shownToPerson(t, await silent({ prompt: 'none', redirect_uri: 'https://evil.example/' }), 'invalid_redirect_uri');
  shownToPerson(t, await front.ask({ prompt: 'none', redirect_uri: 'https://evil.example/' }), 'invalid_redirect_uri', { message: 'nobody signed in' });
  t.equal((await silent({ prompt: 'none' })).toClient?.searchParams.has('code'), true, 'the registered one is served');
});

t.test('RFC 6749 4.1.2.1 invalid_request: a required parameter is missing or without a value', async (t) => {
  for (const value of [null, '']) sentToClient(t, issuer, await silent({ response_type: value }), 'invalid_request', { message: `response_type ${value}` });
  for (const value of [null, '']) sentToClient(t, issuer, await silent({ code_challenge: value, code_challenge_method: value }), 'invalid_request', { message: `code_challenge ${value}` });
});

t.test('RFC 6749 3.1: a parameter that is included more than once is invalid_request, whichever it is and even with one value', async (t) => {
  const values = {
    response_type: 'code', scope: 'openid', code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256', nonce: 'n', prompt: 'none', max_age: '10', display: 'page',
    login_hint: 'x', ui_locales: 'en', id_token_hint: 'x', acr_values: 'x', claims: '{}', response_mode: 'query', request: 'x', request_uri: 'https://x.example/', registration: '{}', claims_locales: 'en',
  };
  for (const [name, value] of Object.entries(values)) {
    for (const second of [value, `${value}x`]) {
      const query = requestOf({ client_id: 'trusted', [name]: value });
      query.append(name, second);
      sentToClient(t, issuer, await front.ask(query.toString(), signedIn), 'invalid_request', { message: `${name} ${second}` });
    }
  }
  const twoStates = requestOf({ client_id: 'trusted' });
  twoStates.append('state', 'state-2');
  sentToClient(t, issuer, await front.ask(twoStates.toString(), signedIn), 'invalid_request', { state: null, message: 'no state is the state' });
  for (const [name, second] of [['client_id', 'trusted'], ['client_id', 'web'], ['redirect_uri', REDIRECT_URI], ['redirect_uri', 'https://evil.example/']] as const) {
    const query = requestOf({ client_id: 'trusted' });
    query.append(name, second);
    shownToPerson(t, await front.ask(query.toString(), signedIn), 'invalid_request', { message: `${name} ${second}` });
  }
});

t.test('regression: a duplicate parameter is not read differently because it is spelled differently', async (t) => {
  for (const again of ['scop%65=openid', 'scope=+openid', '%73cope=openid', 'scope=openid&scope=']) {
    const answer = await front.ask(`${requestOf({ client_id: 'trusted', scope: 'openid' })}&${again}`, signedIn);
    sentToClient(t, issuer, answer, 'invalid_request', { message: again });
  }
  for (const array of ['scope[]=admin', 'scope%5B0%5D=admin', 'scope.x=admin', 'SCOPE=admin']) {
    const answer = await front.ask(`${requestOf({ client_id: 'trusted', scope: 'openid' })}&${array}`, signedIn);
    t.equal(answer.toClient?.searchParams.has('code'), true, `${array} is an unknown parameter, not a scope`);
  }
});

t.test('RFC 6749 3.1: a parameter without a value is treated as if it were omitted, an unknown one is ignored', async (t) => {
  const names = ['scope', 'state', 'nonce', 'prompt', 'max_age', 'login_hint', 'ui_locales', 'id_token_hint', 'response_mode', 'request', 'request_uri', 'registration', 'resource', 'claims', 'acr_values', 'display'];
  for (const name of names) {
    const answer = await silent({ [name]: '' });
    t.equal(answer.toClient?.searchParams.has('code'), true, `${name}= : ${answer.location}`);
    t.equal(answer.toClient?.searchParams.get('state'), name === 'state' ? null : 'state-1');
  }
  const query = `${requestOf({ client_id: 'trusted' })}&foo=bar&=x&exp&sig=1&constructor=1&__proto__=1&state=&error=access_denied&code=x&iss=https://evil.example&flag`;
  const answer = await front.ask(query, signedIn);
  t.strictSame([...(answer.toClient?.searchParams.keys() ?? [])].sort(), ['code', 'iss', 'state']);
  t.equal(answer.toClient?.searchParams.get('iss'), issuer);
  t.not(answer.toClient?.searchParams.get('code'), 'x');
});

t.test('RFC 6749 4.1.2.1 unsupported_response_type: implicit and hybrid ones are refused by name', async (t) => {
  for (const response_type of ['token', 'id_token', 'id_token token', 'code token', 'code id_token', 'code id_token token', 'none', 'CODE', 'code code', ' code', 'codex', '<script>']) {
    const answer = await silent({ response_type });
    sentToClient(t, issuer, answer, 'unsupported_response_type', { message: response_type });
    t.match(answer.toClient?.searchParams.get('error_description'), /implicit/);
    t.equal(answer.toClient?.hash, '');
  }
});

t.test('RFC 6749 4.1.2.1 unauthorized_client: the client is not registered for the grant', async (t) => {
  sentToClient(t, issuer, await front.ask({ client_id: 'machine', scope: 'openid' }, signedIn), 'unauthorized_client');
});

t.test('RFC 6749 4.1.2.1 access_denied: the person says no', async (t) => {
  const page = await front.page({}, signedIn);
  sentToClient(t, issuer, await front.decide(signedIn, page.form, false), 'access_denied');
});

t.test('RFC 6749 4.1.2.1 server_error, temporarily_unavailable: a failure of ours is told to the client once it is known to be one', async (t) => {
  const keys = server.core.credentialKeys as { active: unknown };
  const { active } = keys;
  t.teardown(() => {
    keys.active = active;
  });
  keys.active = () => Promise.reject(new StoreUnavailable('the disk is full of secrets'));
  const unavailable = await silent();
  sentToClient(t, issuer, unavailable, 'temporarily_unavailable');
  t.notMatch(unavailable.location, /disk|secrets/);
  keys.active = () => Promise.reject(new Error('stack and secrets'));
  const failed = await silent();
  sentToClient(t, issuer, failed, 'server_error');
  t.notMatch(failed.location, /stack|secrets/);
  const page = await front.page({}, signedIn);
  sentToClient(t, issuer, await front.decide(signedIn, page.form), 'server_error', { message: 'from the consent form too' });
});

t.test('RFC 6749 4.1.2.1: while nothing proves that the address is the client’s, a failure of ours is a page', async (t) => {
  const core = server.core as { commands: typeof server.core.commands };
  const { commands } = core;
  t.teardown(() => {
    core.commands = commands;
  });
  core.commands = { ...commands, load: () => Promise.reject(new StoreUnavailable('x')) };
  const unavailable = await front.ask({});
  shownToPerson(t, unavailable, 'temporarily_unavailable', { status: 503 });
  t.match(unavailable.headers.get('retry-after'), /^\d+$/);
  core.commands = { ...commands, load: () => Promise.reject(new Error('x')) };
  shownToPerson(t, await front.ask({}), 'server_error', { status: 500 });
});

t.test('OAuth 2.0 Multiple Response Types 2.1: response_mode query is served, an unknown one refused', async (t) => {
  t.equal((await silent({ response_mode: 'query' })).toClient?.searchParams.has('code'), true);
  for (const response_mode of ['fragment', 'jwt', 'query.jwt', 'form_post.jwt', 'web_message', 'QUERY', 'nonsense']) sentToClient(t, issuer, await silent({ response_mode }), 'unsupported_response_mode', { message: response_mode });
});

t.test('OpenID Connect Core 3.1.2.6: request, request_uri and registration are refused by their own codes', async (t) => {
  sentToClient(t, issuer, await silent({ request: 'eyJhbGciOiJub25lIn0.e30.' }), 'request_not_supported');
  sentToClient(t, issuer, await silent({ request_uri: 'https://app.example.com/request.jwt' }), 'request_uri_not_supported');
  sentToClient(t, issuer, await silent({ registration: '{}' }), 'registration_not_supported');
  for (const response_type of [null, 'token']) sentToClient(t, issuer, await silent({ request: 'x', response_type }), 'request_not_supported', { message: 'before what the request object would have said' });
});

t.test('RFC 6749 3.1: GET and POST are served; a POST is asked again as a GET, since no cookie of ours comes with it from another site', async (t) => {
  const fields = Object.fromEntries(requestOf({ client_id: 'trusted', state: 'a b+c&d=ü' }));
  const again = await front.post(signedIn, front.paths.authorization, fields);
  t.equal(again.status, 303);
  t.ok(again.location?.startsWith(`${front.paths.authorization}?`));
  const answer = await front.follow(signedIn, again);
  t.equal(answer.toClient?.searchParams.has('code'), true);
  t.equal(answer.toClient?.searchParams.get('state'), 'a b+c&d=ü');
  const refused = await front.follow(signedIn, await front.post(signedIn, front.paths.authorization, { ...fields, response_type: 'token' }));
  sentToClient(t, issuer, refused, 'unsupported_response_type', { state: 'a b+c&d=ü' });
});

t.test('RFC 6749 3.1: parameters of a POST that are in query and body count as given twice', async (t) => {
  const body = requestOf({ client_id: 'trusted' });
  const split = await front.follow(signedIn, await front.post(signedIn, `${front.paths.authorization}?state=state-2`, Object.fromEntries(body)));
  sentToClient(t, issuer, split, 'invalid_request', { state: null });
  const client = await front.follow(signedIn, await front.post(signedIn, `${front.paths.authorization}?client_id=web`, Object.fromEntries(body)));
  shownToPerson(t, client, 'invalid_request');
});

t.test('RFC 6749 3.1: a POST that is no form, or no form we can read, is refused and not redirected', async (t) => {
  const post = (body: string, contentType: string) => signedIn.fetch(front.paths.authorization, { method: 'POST', body, headers: { 'content-type': contentType } });
  for (const [body, contentType] of [
    [JSON.stringify(Object.fromEntries(requestOf())), 'application/json'],
    [requestOf().toString(), 'text/plain'],
    ['--x\r\n\r\n--x--', 'multipart/form-data; boundary=x'],
    ['<a/>', 'application/xml'],
    ['client_id=%zz', 'application/x-www-form-urlencoded'],
    ['client_id=%ff', 'application/x-www-form-urlencoded'],
    ['client_id=web%00', 'application/x-www-form-urlencoded'],
  ] as const) {
    const response = await post(body, contentType);
    t.equal(response.status, 400, `${contentType} ${body.slice(0, 20)}`);
    t.equal(response.headers.get('location'), null);
  }
  for (const query of ['client_id=%zz', 'client_id=%ff', `${requestOf()}&x=%`, 'client_id=web%00']) shownToPerson(t, await front.ask(query, signedIn), 'invalid_request', { message: query.slice(-20) });
});

t.test('RFC 6749 3.1: characters of a POST that were not encoded are encoded in the GET, and no line can be broken off', async (t) => {
  const body = requestOf({ client_id: 'trusted', state: null });
  for (const state of ['😀', 'naïve', '"<x>\\#', 'a\r\nset-cookie: x=1', '状态']) {
    const response = await raw(server, { method: 'POST', path: front.paths.authorization, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `${body}&state=${state}` });
    t.equal(response.status, 303, state);
    t.equal(response.headers['set-cookie'], undefined);
    const answer = await front.get(signedIn, String(response.headers['location']));
    t.equal(answer.toClient?.searchParams.get('state'), state);
  }
});

t.test('interface.md: an authorization request over 8,192 characters is 414, as a POST 413, with a page and without a redirect', async (t) => {
  const base = requestOf({ client_id: 'trusted', state: null }).toString();
  const ofLength = (length: number) => `${base}&state=${'s'.repeat(length - base.length - 7)}`;
  t.equal((await front.ask(ofLength(8192), signedIn)).toClient?.searchParams.has('code'), true);
  shownToPerson(t, await front.ask(ofLength(8193), signedIn), 'invalid_request', { status: 414 });
  shownToPerson(t, await front.ask(ofLength(14_000), signedIn), 'invalid_request', { status: 414 });
  shownToPerson(t, await front.ask(ofLength(30_000), signedIn), 'invalid_request', { status: 414 });
  const post = (length: number) => front.post(signedIn, front.paths.authorization, Object.fromEntries(new URLSearchParams(ofLength(length))));
  t.equal((await front.follow(signedIn, await post(8192))).toClient?.searchParams.has('code'), true);
  for (const length of [8193, 40_000, 200_000]) shownToPerson(t, await post(length), 'invalid_request', { status: 413, message: `POST of ${length}` });
});

t.test('interface.md: a request of the greatest length goes through sign-in and consent', async (t) => {
  const base = requestOf({ state: null }).toString();
  const state = 's~'.repeat(200) + 's'.repeat(8192 - base.length - 7 - 400);
  const page = await front.page(`${base}&state=${state}`);
  const consent = await front.follow(page.browser, await front.signInOn(page.browser, page.form, 'bob'));
  t.equal(consent.status, 200);
  const answer = await front.decide(page.browser, formOf(consent.text));
  t.equal(answer.toClient?.searchParams.has('code'), true);
  t.equal(answer.toClient?.searchParams.get('state'), state);
});

t.test('RFC 6749 5.2, A.7: error_description has only the characters that are allowed, whatever name is echoed', async (t) => {
  const name = '"\\\u{1f600}\r\n<b>é';
  const query = `${requestOf({ client_id: 'trusted' })}&${encodeURIComponent(name)}=1&${encodeURIComponent(name)}=2`;
  sentToClient(t, issuer, await front.ask(query, signedIn), 'invalid_request');
});

t.test('regression: a deactivated client or person is not served by the authorization endpoint', async (t) => {
  const origin = { actor: { kind: 'system' as const, id: null }, request: null };
  const bob = await front.signIn('bob');
  t.equal((await front.ask({ client_id: 'trusted', prompt: 'none' }, bob)).toClient?.searchParams.has('code'), true);
  const opened = await front.page({ prompt: 'consent', client_id: 'trusted' }, bob);
  await disableClient(server.core, 'trusted', origin);
  shownToPerson(t, await front.ask({ client_id: 'trusted', prompt: 'none' }, bob), 'invalid_client');
  shownToPerson(t, await front.decide(bob, opened.form), 'invalid_client', { message: 'consent page that was open' });
  await enableClient(server.core, 'trusted', origin);
  const again = await front.page({ prompt: 'consent', client_id: 'trusted' }, bob);
  await disableAccount(server.core, 'sub-bob', 'test', origin);
  sentToClient(t, issuer, await front.ask({ client_id: 'trusted', prompt: 'none' }, bob), 'login_required');
  const after = await front.decide(bob, again.form);
  t.equal(after.toClient, null, 'consent of a disabled person gives no code');
  const refused = await front.page({}).then((page) => front.signInOn(page.browser, page.form, 'bob'));
  t.equal(refused.status, 401);
  t.equal(refused.headers.getSetCookie().some((cookie) => cookie.includes('session')), false);
});
