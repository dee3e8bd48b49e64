import { connect } from 'node:net';
import { once } from 'node:events';
import t from 'tap';
import { authorizeUrl, Browser, errorOf, pkce, walk } from '#support/browser.ts';
import { recordedEvents } from '#support/recorded-events.ts';
import { BOOTSTRAP, REDIRECT_URI, startServer } from '#support/server.ts';

/** Sends bytes as they are: no client library lets these out. */
async function raw(url: string, text: string): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk;
  });
  socket.write(text);
  await once(socket, 'close');
  return answer;
}

t.test('odd requests', async (t) => {
  const lines: string[] = [];
  const server = await startServer(t, { config: { bootstrap: BOOTSTRAP }, log: { write: (line: string) => void lines.push(line) } });
  const url = authorizeUrl('/oauth2/authorize', { client_id: 'web', redirect_uri: REDIRECT_URI, scope: 'openid', code_challenge: pkce().challenge, code_challenge_method: 'S256' });

  await t.test('HEAD at the authorization endpoint issues nothing; of a public document it is a GET without its body', async (t) => {
    const browser = new Browser(server.issuer);
    await walk(browser, url);
    const before = recordedEvents(server.dataDir).length;
    const head = await browser.fetch(url, { method: 'HEAD' });
    t.equal(head.status, 404);
    t.equal(head.headers.get('location'), null);
    t.equal(recordedEvents(server.dataDir).length, before);
    t.equal((await browser.fetch('/.well-known/openid-configuration', { method: 'HEAD' })).status, 200);
  });

  await t.test('a path spelled with escapes is the same page, errors included', async (t) => {
    const response = await fetch(`${server.url}/oauth2/%61uthorize?client_id=nobody`);
    t.equal(errorOf(await response.text()), 'invalid_client');
  });

  await t.test('a path that cannot be read is an error of ours, without a word of the framework', async (t) => {
    const response = await fetch(`${server.url}/%zz`);
    t.equal(response.status, 400);
    t.same(await response.json(), { error: 'invalid_request', error_description: 'the request cannot be read' });
  });

  await t.test('what is behind the path stays out of the log, however it is written', async (t) => {
    for (const tail of ['?client_secret=S3CRET', '#client_secret=S3CRET', ';client_secret=S3CRET']) {
      await raw(server.url, `POST /oauth2/token${tail} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    }
    t.ok(lines.some((line) => line.includes('/oauth2/token')));
    t.notOk(lines.some((line) => line.includes('S3CRET')));
  });
});
