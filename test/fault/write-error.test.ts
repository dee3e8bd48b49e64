import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { CLIENTS } from '#support/server.ts';
import { startServerProcess } from '#support/process.ts';

const { web } = CLIENTS;
const AUTHORIZATION = `Basic ${btoa(`${web.client_id}:${web.client_secret}`)}`;

const ask = (url: string, path: string, body: string): Promise<Response> =>
  fetch(url + path, { method: 'POST', headers: { authorization: AUTHORIZATION, 'content-type': 'application/x-www-form-urlencoded' }, body });

/** util-linux: limits the size of files of a running process, so that a write fails for real, as on a full disk. */
const PRLIMIT = '/usr/bin/prlimit';
const noLimit = existsSync(PRLIMIT) ? false : `NO ${PRLIMIT}: the size of files cannot be limited here, so a failing write was not tested`;

t.test('a write error: nothing more is acknowledged, only health, metadata and JWK set are answered, the process exits 1 within 10 s', { skip: noLimit }, async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'grantlog-write-error-'));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const dataDir = join(base, 'data');
  const config = join(base, 'config.json');
  writeFileSync(config, JSON.stringify({ bootstrap: { clients: [web] } }));
  const server = await startServerProcess({ GRANTLOG_DATA_DIR: dataDir, GRANTLOG_CONFIG: config });
  t.teardown(() => server.kill('SIGKILL'));
  const { url } = server;
  execFileSync(PRLIMIT, [`--pid=${server.child.pid}`, '--fsize=2000000']);

  const acknowledged: string[] = [];
  let refused: Response | null = null;
  for (let n = 0; n < 5000 && refused === null; n++) {
    const response = await ask(url, '/oauth2/token', 'grant_type=client_credentials&scope=read%3Aphotos');
    if (response.status === 200) acknowledged.push(((await response.json()) as { access_token: string }).access_token);
    else refused = response;
  }
  const failedAt = Date.now();
  t.equal(refused?.status, 503);
  t.ok(refused?.headers.get('retry-after'));
  t.match(await refused?.json(), { error: 'temporarily_unavailable' });
  t.ok(acknowledged.length > 100, `${acknowledged.length} tokens were issued before`);

  t.equal((await ask(url, '/oauth2/introspect', `token=${acknowledged[0]}`)).status, 503, 'introspection too');
  t.equal((await fetch(`${url}/health/ready`)).status, 503);
  t.equal((await fetch(`${url}/health/live`)).status, 200);
  t.equal((await fetch(`${url}/oauth2/jwks`)).status, 200);
  t.equal((await fetch(`${url}/.well-known/openid-configuration`)).status, 200);
  const { code, stdout } = await server.finished;
  t.equal(code, 1);
  t.ok(Date.now() - failedAt < 10_000, 'within 10 s');
  t.match(stdout, /"level":"fatal"/);

  const again = await startServerProcess({ GRANTLOG_DATA_DIR: dataDir, GRANTLOG_CONFIG: config });
  t.teardown(() => again.kill('SIGKILL'));
  const count = Number(execFileSync(process.execPath, ['-e', `const { DatabaseSync } = require('node:sqlite'); const d = new DatabaseSync(${JSON.stringify(join(dataDir, 'grantlog.db'))}, { readOnly: true }); console.log(d.prepare("select count(*) n from events where stream like 'clientCredentials-%'").get().n)`]).toString());
  t.ok(count >= acknowledged.length, `every acknowledged fact is there after a restart (${count} of ${acknowledged.length})`);
  t.equal((await ask(again.url, '/oauth2/token', 'grant_type=client_credentials')).status, 200, 'and it goes on');
});
