import { createHash } from 'node:crypto';
import t from 'tap';
import { Browser, walk } from '#support/browser.ts';
import { directOf, type TestClient } from '#support/direct.ts';
import { BOOTSTRAP, CLIENTS, REDIRECT_URI, startServer } from '#support/server.ts';

const { web, post, spa } = CLIENTS;
const server = await startServer(t, { config: { bootstrap: BOOTSTRAP } });
const direct = directOf(server);
const refused = { status: 400, body: { error: 'invalid_grant' } };

t.test('regression: PKCE skipped when the verifier is omitted', async (t) => {
  for (const client of [web, spa]) {
    const { code_verifier, ...without } = await direct.code(client);
    t.match(await direct.redeem(client, without), refused, client.client_id);
    t.match(await direct.redeem(client, { ...without, code_verifier: '' }), refused, 'empty is omitted');
    t.equal((await direct.redeem(client, { ...without, code_verifier })).status, 200, 'and the code is not burnt');
  }
});

t.test('RFC 7636 4.6: a verifier whose hash is not the challenge is invalid_grant, burns nothing and revokes nothing', async (t) => {
  for (const client of [web, spa]) {
    const issued = await direct.code(client);
    const { code_verifier: verifier } = issued;
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const wrong = ['a'.repeat(43), challenge, verifier.slice(1), `${verifier}a`, verifier.toUpperCase(), verifier.slice(0, -1), (await direct.code(client)).code_verifier];
    for (const code_verifier of wrong) t.match(await direct.redeem(client, { ...issued, code_verifier }), refused, code_verifier);
    const answer = await direct.redeem(client, issued);
    t.equal(answer.status, 200);
    for (const code_verifier of wrong) t.match(await direct.redeem(client, { ...issued, code_verifier }), refused);
    t.ok(await direct.isActive(answer.body.access_token));
  }
});

t.test('RFC 7636 4.1: a verifier is 43 to 128 unreserved characters', async (t) => {
  const redeemWith = async (code_verifier: string, client: TestClient = web) => {
    const code_challenge = createHash('sha256').update(code_verifier).digest('base64url');
    const request = new URLSearchParams({ response_type: 'code', client_id: client.client_id, redirect_uri: REDIRECT_URI, scope: 'read:photos', code_challenge, code_challenge_method: 'S256' });
    const answer = await walk(browser, `${server.url}/oauth2/authorize?${request}`);
    return direct.redeem(client, { code: answer.searchParams.get('code') ?? '', code_verifier });
  };
  const browser = new Browser(server.url);
  for (const verifier of ['a'.repeat(43), 'Z9-._~'.repeat(8).slice(0, 43), 'x'.repeat(128)]) t.equal((await redeemWith(verifier)).status, 200, verifier);
  for (const verifier of ['a'.repeat(42), 'x'.repeat(129), `${'a'.repeat(43)}+`, `${'a'.repeat(43)} `, `${'a'.repeat(43)}é`, `${'a'.repeat(43)}=`, `${'a'.repeat(43)}\n`]) t.match(await redeemWith(verifier), refused, JSON.stringify(verifier));
});

t.test('OAuth 2.1 4.1.3: a verifier without a challenge is refused, where a switch lets confidential clients go without PKCE', async (t) => {
  const lax = await startServer(t, { config: { bootstrap: BOOTSTRAP, policy: { pkceForConfidentialClients: 'optional' } } });
  const other = directOf(lax);
  const browser = new Browser(lax.url);
  const codeWithout = async (client: TestClient): Promise<string> => {
    const request = new URLSearchParams({ response_type: 'code', client_id: client.client_id, redirect_uri: REDIRECT_URI, scope: 'read:photos' });
    return (await walk(browser, `${lax.url}/oauth2/authorize?${request}`)).searchParams.get('code') ?? '';
  };
  const code = await codeWithout(web);
  t.match(await other.redeem(web, { code, code_verifier: 'a'.repeat(43) }), refused, 'RFC 9700 2.1.1: else PKCE could be taken out of a request (downgrade)');
  t.equal((await other.redeem(web, { code })).status, 200);
  t.equal((await other.redeem(post, { code: await codeWithout(post) })).status, 200);
  t.equal(await codeWithout(spa), '', 'a public client never');
  const issued = await other.code(web);
  t.match(await other.redeem(web, { code: issued.code }), refused, 'a challenge that was sent counts here too');
});
