import t from 'tap';
import { CHALLENGE, frontOf, sentToClient } from '#support/front.ts';
import { BOOTSTRAP, startServer } from '#support/server.ts';

const server = await startServer(t, { config: { bootstrap: BOOTSTRAP } });
const front = frontOf(server);
const { issuer } = server;
const signedIn = await front.signIn('alice');
const PKCE_CLIENTS = ['trusted', 'spa'];

t.test('RFC 7636 4.4.1, OAuth 2.1 7.5: every client must use PKCE; the error says what to switch on', async (t) => {
  for (const client_id of PKCE_CLIENTS) {
    const answer = await front.ask({ client_id, code_challenge: null, code_challenge_method: null }, signedIn);
    sentToClient(t, issuer, answer, 'invalid_request', { message: client_id });
    t.match(answer.toClient?.searchParams.get('error_description'), /PKCE.*Spring.*passport.*pkceForConfidentialClients/);
  }
  sentToClient(t, issuer, await front.ask({ client_id: 'trusted', code_challenge: null }, signedIn), 'invalid_request', { message: 'a method without a challenge' });
});

t.test('RFC 7636 7.2, protocol.md: plain is refused by name, also as the default of a challenge without a method', async (t) => {
  for (const code_challenge_method of ['plain', null, '', 'PLAIN', 's256', 'S256 ', 'S512', 'none']) {
    const answer = await front.ask({ client_id: 'trusted', code_challenge_method }, signedIn);
    sentToClient(t, issuer, answer, 'invalid_request', { message: String(code_challenge_method) });
    t.match(answer.toClient?.searchParams.get('error_description'), /plain is refused/);
  }
});

t.test('RFC 7636 4.2: a challenge of S256 is 43 characters of base64url and nothing else', async (t) => {
  for (const code_challenge of ['x', CHALLENGE.slice(1), `${CHALLENGE}x`, `${CHALLENGE}=`, CHALLENGE.replaceAll('-', '+'), ` ${CHALLENGE.slice(1)}`, `${CHALLENGE.slice(1)}.`, `${CHALLENGE.slice(1)}é`, `${CHALLENGE}\n`, 'a'.repeat(128)]) {
    sentToClient(t, issuer, await front.ask({ client_id: 'trusted', code_challenge }, signedIn), 'invalid_request', { message: code_challenge });
  }
  t.equal((await front.ask({ client_id: 'trusted' }, signedIn)).toClient?.searchParams.has('code'), true);
});

t.test('interface.md: policy.pkceForConfidentialClients optional frees clients that authenticate, and no others', async (t) => {
  const loose = await startServer(t, { config: { bootstrap: BOOTSTRAP, policy: { pkceForConfidentialClients: 'optional' } } });
  const looseFront = frontOf(loose);
  const browser = await looseFront.signIn('alice');
  const ask = (changes: Record<string, string | null>) => looseFront.ask(changes, browser);
  t.equal((await ask({ client_id: 'trusted', code_challenge: null, code_challenge_method: null })).toClient?.searchParams.has('code'), true);
  t.equal((await ask({ client_id: 'trusted' })).toClient?.searchParams.has('code'), true, 'who uses it may go on');
  sentToClient(t, loose.issuer, await ask({ client_id: 'spa', code_challenge: null, code_challenge_method: null }), 'invalid_request', { message: 'public client' });
  sentToClient(t, loose.issuer, await ask({ client_id: 'trusted', code_challenge_method: 'plain' }), 'invalid_request', { message: 'plain' });
  sentToClient(t, loose.issuer, await ask({ client_id: 'trusted', code_challenge: null }), 'invalid_request', { message: 'a method without a challenge is a client that believes it uses PKCE' });
  sentToClient(t, loose.issuer, await ask({ client_id: 'trusted', code_challenge: 'short' }), 'invalid_request', { message: 'malformed' });
});
