import t from 'tap';
import { formOf } from '#support/browser.ts';
import { frontOf, sentToClient } from '#support/front.ts';
import { BOOTSTRAP, startServer } from '#support/server.ts';

const ISSUERS = { default: null, 'with a path': 'http://localhost:4321/tenant-a', https: 'https://auth.example.com' };

for (const [name, configured] of Object.entries(ISSUERS)) {
  t.test(`RFC 9207 2: every authorization response names the issuer byte for byte (${name})`, async (t) => {
    const server = await startServer(t, { config: { bootstrap: BOOTSTRAP, ...(configured === null ? {} : { issuer: configured }) } });
    const front = frontOf(server);
    const { issuer } = server;
    if (configured !== null) t.equal(issuer, configured);
    const alice = await front.signIn('alice');
    const code = await front.ask({ client_id: 'trusted' }, alice);
    t.equal(code.toClient?.searchParams.get('iss'), issuer);
    t.equal(code.toClient?.searchParams.getAll('iss').length, 1);
    const page = await front.page({}, alice);
    t.equal((await front.decide(alice, page.form)).toClient?.searchParams.get('iss'), issuer, 'after consent');
    sentToClient(t, issuer, await front.decide(alice, page.form, false), 'access_denied');
    sentToClient(t, issuer, await front.ask({ prompt: 'none' }), 'login_required');
    sentToClient(t, issuer, await front.ask({ response_type: 'token', iss: 'https://evil.example' }), 'unsupported_response_type', { message: 'an iss in the request is not echoed' });
    const posted = await front.ask({ client_id: 'trusted', response_mode: 'form_post' }, alice);
    t.strictSame(formOf(posted.text).fields.filter(([field]) => field === 'iss'), [['iss', issuer]], 'form_post');
    const [metadata] = server.core.paths.openidMetadata;
    const document = (await (await fetch(`${server.url}${metadata}`)).json()) as Record<string, unknown>;
    t.equal(document['authorization_response_iss_parameter_supported'], true, 'RFC 9207 3');
    t.equal(document['issuer'], issuer, 'RFC 9207 2.4: what clients compare it with');
  });
}
