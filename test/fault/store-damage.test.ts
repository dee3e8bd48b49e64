import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { basic } from '#support/direct.ts';
import { snapshot, startProcess, startServerProcess, type ServerProcess } from '#support/process.ts';
import { CLIENTS, PEOPLE } from '#support/server.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SERVER = 'services/all-in-one/main.js';
const { web, post } = CLIENTS;
const OTHER_KEY = Buffer.alloc(32, 1).toString('base64url');

const base = mkdtempSync(join(tmpdir(), 'grantlog-damage-'));
t.teardown(() => rmSync(base, { recursive: true, force: true }));
const config = join(base, 'config.json');
writeFileSync(config, JSON.stringify({ bootstrap: { accounts: [PEOPLE.accounts[0]], clients: [web, { ...post, token_endpoint_auth_method: 'client_secret_basic' }] } }));
const sound = join(base, 'sound');

async function stop(server: ServerProcess): Promise<string> {
  server.kill('SIGTERM');
  return (await server.finished).stdout;
}

/** A copy of a store that was used and stopped. */
let count = 0;
function copy(): string {
  const dataDir = join(base, `copy-${count++}`);
  cpSync(sound, dataDir, { recursive: true });
  return dataDir;
}

function sql<Row>(dataDir: string, statement: string, ...parameters: (string | number)[]): Row[] {
  const database = new DatabaseSync(join(dataDir, 'grantlog.db'));
  const rows = database.prepare(statement).all(...parameters) as Row[];
  database.close();
  return rows;
}

async function refusedUntouched(t: Test, dataDir: string, says: RegExp, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const before = snapshot(dataDir);
  const { code, stderr } = await startProcess(SERVER, [], { GRANTLOG_DATA_DIR: dataDir, GRANTLOG_CONFIG: config, ...env }).finished;
  t.equal(code, 78);
  t.match(stderr, says);
  t.equal(stderr.trimEnd().split('\n').length, 1, `one line: ${stderr}`);
  const after = snapshot(dataDir);
  t.strictSame(Object.keys(after), Object.keys(before));
  t.ok(Object.entries(before).every(([name, bytes]) => after[name] === bytes), 'nothing was written');
}

const start = (dataDir: string, env: Readonly<Record<string, string>> = {}): Promise<ServerProcess> => startServerProcess({ GRANTLOG_DATA_DIR: dataDir, GRANTLOG_CONFIG: config, ...env });

async function tokenStatus({ url }: ServerProcess, { client_id, client_secret }: { readonly client_id: string; readonly client_secret: string }): Promise<number> {
  const headers = { authorization: basic(client_id, client_secret), 'content-type': 'application/x-www-form-urlencoded' };
  return (await fetch(`${url}/oauth2/token`, { method: 'POST', headers, body: 'grant_type=client_credentials&scope=read%3Aphotos' })).status;
}

t.before(async () => void (await stop(await start(sound))));

t.test('keys without their master key: no other one is made', async (t) => {
  const dataDir = copy();
  const key = Buffer.from(snapshot(dataDir)['master.key'] ?? '', 'base64').toString().trim();
  for (const name of ['master.key', 'master.check']) rmSync(join(dataDir, name));
  await refusedUntouched(t, dataDir, /^grantlog: masterKey: the store holds keys/);
  await refusedUntouched(t, dataDir, /master key does not open the keys/, { GRANTLOG_MASTER_KEY: OTHER_KEY });
  await stop(await start(dataDir, { GRANTLOG_MASTER_KEY: key }));
  t.strictSame(Object.keys(snapshot(dataDir)).sort(), ['grantlog.db', 'lock', 'master.check'], 'the right one is recognised from then on; it is not written down');
  t.equal(snapshot(dataDir)['master.check'], snapshot(sound)['master.check']);
});

t.test('a master.check without the keys: the directory has lost its database', async (t) => {
  const missing = copy();
  rmSync(join(missing, 'grantlog.db'));
  await refusedUntouched(t, missing, /^grantlog: dataDir: .*has lost its database/);
  const empty = copy();
  writeFileSync(join(empty, 'grantlog.db'), '');
  await refusedUntouched(t, empty, /has lost its database/);
  const keyless = copy();
  sql(keyless, 'DELETE FROM keys');
  await refusedUntouched(t, keyless, /has lost its database/);
});

t.test('a start cut short before the first key was in the vault is no loss', async (t) => {
  const dataDir = copy();
  for (const name of ['master.check', 'grantlog.db']) rmSync(join(dataDir, name));
  const server = await start(dataDir);
  t.equal(await tokenStatus(server, web), 200);
  await stop(server);
  t.ok(readdirSync(dataDir).includes('master.check'));
});

t.test('a document ahead of its stream: the log went back', async (t) => {
  const ahead = copy();
  sql(ahead, "UPDATE documents_clients SET revision = revision + 5 WHERE id = 'web'");
  await refusedUntouched(t, ahead, /^grantlog: the log went back: stream client-web ends at revision 1, .* revision 6;/);
  const orphan = copy();
  sql(orphan, "DELETE FROM events WHERE stream = 'account-sub-alice'");
  await refusedUntouched(t, orphan, /stream account-sub-alice ends at revision -1/);
});

t.test('documents that are behind or missing are folded again', async (t) => {
  const dataDir = copy();
  const rows = (): unknown[] =>
    sql<{ state: string }>(dataDir, 'SELECT * FROM documents_clients UNION ALL SELECT * FROM documents_accounts ORDER BY id').map(({ state, ...rest }) => ({ ...rest, state: JSON.parse(state) }));
  const before = rows();
  // Behind by its second event: what the document was after the first one alone.
  const second = sql<{ position: number; revision: number; leaf: string }>(dataDir, "SELECT position, revision, leaf FROM events WHERE stream = 'client-web' AND revision = 1")[0];
  t.ok(second, 'the stream has two events');
  sql(dataDir, "DELETE FROM events WHERE stream = 'client-web' AND revision = 1");
  sql(dataDir, "DELETE FROM documents_clients WHERE id = 'web'");
  await stop(await startServerProcess({ GRANTLOG_DATA_DIR: dataDir }));
  sql(dataDir, "INSERT INTO events (position, stream, revision, leaf) VALUES ((SELECT max(position) + 1 FROM events), 'client-web', 1, ?)", second?.leaf ?? '');
  t.strictSame(sql<{ revision: number }>(dataDir, "SELECT revision FROM documents_clients WHERE id = 'web'").map(({ revision }) => revision), [0]);
  sql(dataDir, 'DELETE FROM documents_accounts');
  const server = await start(dataDir);
  t.equal(await tokenStatus(server, web), 200);
  const stdout = await stop(server);
  const warnings = stdout.split('\n').filter((line) => line.includes('folded again'));
  t.equal(warnings.length, 1);
  t.match(JSON.parse(warnings[0] ?? '{}'), { level: 'warn', documents: 2 });
  t.strictSame(rows(), before);
  t.notMatch(await stop(await start(dataDir)), /folded again/, 'once');
});

for (const [name, leafOf] of [
  ['of a type nobody knows', (leaf: string, revision: number) => JSON.stringify({ ...JSON.parse(leaf), revision, type: 'ClientBlessed', data: { secret: 'hush' } })],
  ['that is not JSON', () => 'hush'],
  ['that is no object', () => 'null'],
] as const) {
  t.test(`an event ${name}, behind which the document stayed: its stream is denied, others go on`, async (t) => {
    const dataDir = copy();
    const [last] = sql<{ leaf: string; revision: number }>(dataDir, "SELECT leaf, revision FROM events WHERE stream = 'client-web' ORDER BY revision DESC LIMIT 1");
    const revision = (last?.revision ?? 0) + 1;
    const [{ position }] = sql<{ position: number }>(dataDir, 'SELECT max(position) + 1 AS position FROM events') as [{ position: number }];
    sql(dataDir, "INSERT INTO events (position, stream, revision, leaf) VALUES (?, 'client-web', ?, ?)", position, revision, leafOf(last?.leaf ?? '', revision));
    const server = await start(dataDir);
    t.equal(await tokenStatus(server, web), 503);
    t.equal(await tokenStatus(server, post), 200);
    const stdout = await stop(server);
    const alarms = stdout.split('\n').filter((line) => line.includes('a stream is denied'));
    t.equal(alarms.length, 1);
    t.match(JSON.parse(alarms[0] ?? '{}'), { level: 'error', stream: 'client-web', revision, position, err: { type: 'StreamDenied', cause: { message: new RegExp(`event ${revision} of stream client-web`) } } });
    t.notMatch(stdout, /hush/);
  });
}

const NOBODY = 65534;
const SETPRIV = ['/usr/bin/setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', process.execPath];
/** Runs Node with permissions that bind: as it is, or for root as nobody. */
const asNobody = (args: readonly string[], env: Record<string, string> = {}) => {
  const [command = '', ...rest] = [...(process.getuid?.() === 0 ? SETPRIV : [process.execPath]), ...args];
  return spawnSync('/usr/bin/env', ['-i', 'PORT=0', ...Object.entries(env).map(([name, value]) => `${name}=${value}`), command, ...rest], { cwd: ROOT, encoding: 'utf8', timeout: 20_000 });
};
const canTest = asNobody(['-e', `require('node:fs').readFileSync(${JSON.stringify(join(ROOT, SERVER))})`]).status === 0;

t.test('files of the data directory that are read-only', { skip: canTest ? false : 'NO setpriv, or nobody cannot read the checkout: permissions do not bind root, so read-only files were not tested' }, async (t) => {
  chmodSync(base, 0o755);
  chmodSync(config, 0o644);
  function readOnly(name: string): string {
    const dataDir = copy();
    for (const path of [dataDir, ...readdirSync(dataDir).map((file) => join(dataDir, file))]) if (process.getuid?.() === 0) chownSync(path, NOBODY, NOBODY);
    chmodSync(join(dataDir, name), 0o400);
    return dataDir;
  }
  for (const name of ['grantlog.db', 'lock']) {
    const { status, stderr } = asNobody([SERVER], { GRANTLOG_DATA_DIR: readOnly(name), GRANTLOG_CONFIG: config });
    t.equal(status, 78, name);
    t.match(stderr, new RegExp(`^grantlog: data directory .* cannot be used: EACCES: .*${name}'\n$`));
  }
  const source = `import { lockDirectory } from '#stores/sqlite/lock.ts';
    try { lockDirectory(${JSON.stringify(readOnly('lock'))}); console.log('held'); } catch (error) { console.log(error.name); }`;
  t.equal(asNobody(['--input-type=module', '--eval', source]).stdout, 'DataDirectoryUnusable\n', 'a shared lock does not count as the lock');
});
