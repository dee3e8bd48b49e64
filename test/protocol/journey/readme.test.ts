import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import t from 'tap';
import { Browser, walk } from '#support/browser.ts';
import { startServer } from '#support/server.ts';

const README = readFileSync(resolve(import.meta.dirname, '../../../README.md'), 'utf8').replaceAll(/^ {4}/gm, '');

/** The first match of a pattern in the README, which says so when it is not there any more. */
function found(pattern: RegExp): string {
  const text = pattern.exec(README)?.[1];
  if (text === undefined) throw new Error(`README.md has nothing like ${pattern}`);
  return text;
}

t.test('README: the first token, as it is written there', async (t) => {
  const config = JSON.parse(found(/<<'JSON'\n([\s\S]*?)\nJSON/)) as object;
  const server = await startServer(t, { config });
  const here = (url: string): string => url.replace('http://localhost:3000', server.issuer);
  const credentials = found(/curl -s -u (\S+) /);
  const post = async (path: string, body: string) => {
    const response = await fetch(server.issuer + path, { method: 'POST', headers: { authorization: `Basic ${btoa(credentials)}`, 'content-type': 'application/x-www-form-urlencoded' }, body });
    return (await response.json()) as Record<string, unknown>;
  };

  await t.test('as the client itself', async (t) => {
    const { access_token } = await post('/oauth2/token', `${found(/-d (grant_type=client_credentials)/)}&${found(/-d (scope=\S+)/)}`);
    t.match(await post('/oauth2/introspect', `token=${access_token}`), { active: true, client_id: credentials.split(':')[0], scope: 'read:photos' });
  });

  await t.test('for a person', async (t) => {
    const answer = await walk(new Browser(server.issuer), here(found(/^(http:\/\/localhost:3000\/oauth2\/authorize\S+)$/m)));
    t.equal(answer.searchParams.get('state'), 'xyz');
    const verifier = found(/-d (code_verifier=\S+)/);
    t.match(await post('/oauth2/token', `grant_type=authorization_code&code=${answer.searchParams.get('code')}&${verifier}`), { token_type: 'Bearer', refresh_token: /^glr_/, id_token: /^ey/ });
  });
});
