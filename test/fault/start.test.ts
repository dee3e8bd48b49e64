import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { type Finished, snapshot, startProcess, startServerProcess } from '#support/process.ts';

const SERVER = 'services/all-in-one/main.js';
const base = mkdtempSync(join(tmpdir(), 'grantlog-start-'));
t.teardown(() => rmSync(base, { recursive: true, force: true }));

let count = 0;
const freshDirectory = (): string => join(base, `data-${count++}`);
const writeConfig = (config: unknown): string => {
  const path = join(base, `config-${count++}.json`);
  writeFileSync(path, typeof config === 'string' ? config : JSON.stringify(config));
  return path;
};

function refused(t: Test, { code, stdout, stderr }: Finished, exit: number, says: RegExp): void {
  t.equal(code, exit, `exit ${exit}`);
  t.match(stderr, says);
  t.equal(stderr.trimEnd().split('\n').length, 1, `one line: ${stderr}`);
  t.notMatch(stdout, /"msg":"ready"/);
  t.notMatch(stderr, /\n\s+at /, 'no stack trace');
}

t.test('a bad configuration never starts half: one line, exit 78, nothing written', async (t) => {
  const cases: readonly (readonly [string, Readonly<Record<string, string>>, RegExp])[] = [
    ['unknown key', { GRANTLOG_CONFIG: writeConfig({ lifetime: {} }) }, /lifetime/],
    ['bad duration', { GRANTLOG_CONFIG: writeConfig({ lifetimes: { accessToken: 'soon' } }) }, /lifetimes\.accessToken.*for example/],
    ['not JSON', { GRANTLOG_CONFIG: writeConfig('{ "port": ') }, /not valid JSON/],
    ['no such file', { GRANTLOG_CONFIG: join(base, 'nowhere.json') }, /GRANTLOG_CONFIG.*ENOENT/],
    ['plain http issuer', { GRANTLOG_ISSUER: 'http://auth.example.com' }, /GRANTLOG_ISSUER/],
    ['port out of range', { PORT: '70000' }, /PORT/],
    ['master key of the wrong length', { GRANTLOG_MASTER_KEY: 'c2hvcnQ' }, /GRANTLOG_MASTER_KEY/],
    ['one store of two', { EVENTSTORE_URL: 'esdb://127.0.0.1:2113' }, /both or neither/],
    ['stores of a later release', { EVENTSTORE_URL: 'esdb://127.0.0.1:2113', MONGO_URL: 'mongodb://127.0.0.1/grantlog', GRANTLOG_MASTER_KEY: Buffer.alloc(32, 7).toString('base64url') }, /stores\.events.*not part of this release/],
    ['unreadable certificate', { GRANTLOG_CONFIG: writeConfig({ tls: { cert: join(base, 'no.crt'), key: join(base, 'no.key') } }) }, /tls\.cert.*ENOENT/],
  ];
  for (const [name, env, says] of cases) {
    await t.test(name, async (t) => {
      const dataDir = freshDirectory();
      refused(t, await startProcess(SERVER, [], { GRANTLOG_DATA_DIR: dataDir, ...env }).finished, 78, says);
      t.throws(() => statSync(dataDir), { code: 'ENOENT' });
    });
  }
  const secret = 'a-secret-nobody-may-see';
  const config = writeConfig({ bootstrap: { clients: [{ client_id: 'x', client_secret: secret, redirect_uris: 'https://a.example' }] } });
  const { stderr } = await startProcess(SERVER, [], { GRANTLOG_DATA_DIR: freshDirectory(), GRANTLOG_CONFIG: config }).finished;
  t.notMatch(stderr, secret, 'secrets of the file are not repeated');
});

t.test('a taken port is one line and exit 1, nothing written', async (t) => {
  const occupant = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => occupant.once('listening', resolve));
  t.teardown(() => occupant.close());
  const dataDir = freshDirectory();
  const finished = await startProcess(SERVER, [], { GRANTLOG_DATA_DIR: dataDir, PORT: String((occupant.address() as AddressInfo).port) }).finished;
  refused(t, finished, 1, /the port is taken/);
  t.throws(() => statSync(dataDir), { code: 'ENOENT' });
});

t.test('a data directory that cannot be one is refused: exit 78', async (t) => {
  const file = join(base, 'a-file');
  writeFileSync(file, 'not a directory');
  for (const dataDir of [file, join(file, 'below')]) {
    refused(t, await startProcess(SERVER, [], { GRANTLOG_DATA_DIR: dataDir }).finished, 78, /data ?dir/i);
  }
});

t.test('a data directory in use', async (t) => {
  const dataDir = freshDirectory();
  const first = await startServerProcess({ GRANTLOG_DATA_DIR: dataDir });
  t.equal((statSync(join(dataDir, 'master.key')).mode & 0o777).toString(8), '600');
  t.equal((statSync(join(dataDir, 'control.sock')).mode & 0o777).toString(8), '600');

  await t.test('refuses a second process: one line, exit 1, as for a taken port', async (t) => {
    refused(t, await startProcess(SERVER, [], { GRANTLOG_DATA_DIR: dataDir }).finished, 1, /in use by another process/);
    t.equal((await fetch(`${first.url}/health/ready`)).status, 200, 'the first goes on');
  });

  await t.test('after kill -9 it starts again', async (t) => {
    first.kill('SIGKILL');
    t.match(await first.finished, { signal: 'SIGKILL' });
    const second = await startServerProcess({ GRANTLOG_DATA_DIR: dataDir });
    t.equal((await fetch(`${second.url}/health/ready`)).status, 200);
    second.kill('SIGTERM');
    t.match(await second.finished, { code: 0 }, 'SIGTERM: exit 0');
  });

  await t.test('a wrong master key: exit 78, nothing written', async (t) => {
    const before = snapshot(dataDir);
    refused(t, await startProcess(SERVER, [], { GRANTLOG_DATA_DIR: dataDir, GRANTLOG_MASTER_KEY: Buffer.alloc(32, 1).toString('base64url') }).finished, 78, /is not the key/);
    t.same(snapshot(dataDir), before);
  });

  await t.test('a missing master key is not made anew over data that had one: exit 78, nothing written', async (t) => {
    const keyFile = join(dataDir, 'master.key');
    const { 'master.key': kept } = snapshot(dataDir);
    rmSync(keyFile);
    const before = snapshot(dataDir);
    refused(t, await startProcess(SERVER, [], { GRANTLOG_DATA_DIR: dataDir }).finished, 78, /master key/);
    t.same(snapshot(dataDir), before);
    writeFileSync(keyFile, Buffer.from(kept ?? '', 'base64'), { mode: 0o600 });
  });

  await t.test('a directory of a newer version: exit 78, nothing written', async (t) => {
    const database = new DatabaseSync(join(dataDir, 'grantlog.db'));
    database.exec('PRAGMA user_version = 2; PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    const before = snapshot(dataDir);
    refused(t, await startProcess(SERVER, [], { GRANTLOG_DATA_DIR: dataDir }).finished, 78, /newer/);
    t.same(snapshot(dataDir), before);
  });
});

t.test('SIGTERM and SIGINT: work in flight is finished, exit 0', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const server = await startServerProcess({ GRANTLOG_DATA_DIR: freshDirectory() });
    const slow = fetch(`${server.url}/.well-known/openid-configuration`);
    await slow;
    server.kill(signal);
    const { code, stdout } = await server.finished;
    t.equal(code, 0, signal);
    t.match(stdout, /"msg":"stopped"/);
    await t.rejects(fetch(`${server.url}/health/live`), 'no new connections');
  }
});

t.test('npm start hands SIGTERM on: nothing is left behind', async (t) => {
  const npm = spawn('npm', ['start', '--silent'], { cwd: resolve(import.meta.dirname, '../..'), env: { PATH: process.env['PATH'] ?? '', HOME: base, PORT: '0', GRANTLOG_DATA_DIR: freshDirectory() }, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  npm.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    output += chunk;
  });
  while (!output.includes('"msg":"ready"')) await once(npm.stdout, 'data');
  const url = /"url":"([^"]+)"/.exec(output)?.[1] ?? '';
  npm.kill('SIGTERM');
  await once(npm, 'close');
  t.match(output, /"msg":"stopped"/);
  await t.rejects(fetch(`${url}/health/live`));
});

t.test('the port answers 503 until everything is ready, and ready names url and issuer', async (t) => {
  const server = await startServerProcess({ GRANTLOG_DATA_DIR: freshDirectory(), GRANTLOG_ISSUER: 'https://auth.example.com/tenant' });
  t.equal(server.issuer, 'https://auth.example.com/tenant');
  t.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  t.equal((await fetch(`${server.url}/health/ready`)).status, 200, 'health is at the root');
  t.equal((await fetch(`${server.url}/tenant/oauth2/jwks`)).status, 200);
  t.equal((await fetch(`${server.url}/oauth2/jwks`)).status, 404, 'everything else lies below the issuer');
  server.kill('SIGTERM');
  await server.finished;
});
