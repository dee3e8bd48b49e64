import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import t, { type Test } from 'tap';
import { systemClock } from '#ports/clock.ts';
import { DATABASE_FILE, openSqliteStores, type SqliteStores } from './open.ts';

const ROOT = join(import.meta.dirname, '../../..');

function open(t: Test, directory: string): SqliteStores {
  const stores = openSqliteStores({ directory, collections: ['grants'], clock: systemClock, onFatal: (error) => t.fail(error) });
  t.teardown(() => stores.close());
  return stores;
}

/** A real second process. It opens the stores of `directory`, prints `open` or the name of the error, runs `then` and stays. */
function startProcess(t: Test, directory: string, then = ''): ChildProcess {
  const source = `
    import { openSqliteStores } from '#stores/sqlite/open.ts';
    const clock = { now: () => Date.now() };
    const stay = setInterval(() => {}, 1000);
    try {
      const stores = openSqliteStores({ directory: ${JSON.stringify(directory)}, collections: ['grants'], clock, onFatal: (error) => console.log('fatal', error.errcode) });
      console.log('open');
      ${then}
    } catch (error) {
      console.log(error.name);
      clearInterval(stay);
    }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', source], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of child.stdout ?? []) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
}

const nextLine = async (lines: AsyncGenerator<string>): Promise<string> => (await lines.next()).value ?? '';

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

const snapshot = (directory: string): [string, string][] =>
  readdirSync(directory)
    .sort()
    .map((name) => [name, readFileSync(join(directory, name)).toString('hex')]);
const modeOf = (path: string): number => statSync(path).mode & 0o777;

t.test('a second process on the data directory is refused until the first one has ended, even by kill -9', async (t) => {
  const directory = t.testdir();
  const child = startProcess(
    t,
    directory,
    `
    const actor = { kind: 'system', id: null };
    const none = { correlation: null, causation: null, request: null, tenant: null, pii: null };
    const event = { id: '1', stream: 'grant-1', revision: 0, type: 'T', version: 1, time: '', actor, ...none, data: {} };
    console.log((await stores.events.append({ stream: 'grant-1', expectedRevision: -1, events: [event] })).kind);`,
  );
  const lines = linesOf(child);
  t.equal(await nextLine(lines), 'open');
  t.equal(await nextLine(lines), 'appended');
  t.throws(() => open(t, directory), { name: 'DataDirectoryLocked', message: `data directory ${directory} is in use by another process` });
  await kill(child);
  t.equal((await open(t, directory).events.readAll(-1, 10)).length, 1, 'what the killed process acknowledged is there');
});

t.test('a store in this process keeps others out, also after a refused second one in this process', async (t) => {
  const directory = t.testdir();
  const stores = open(t, directory);
  const refused = async (): Promise<string> => {
    const child = startProcess(t, directory);
    const line = await nextLine(linesOf(child));
    await kill(child);
    return line;
  };
  t.equal(await refused(), 'DataDirectoryLocked');
  t.throws(() => open(t, directory), { name: 'DataDirectoryLocked' });
  t.equal(await refused(), 'DataDirectoryLocked', 'the refused one has not dropped the locks of the first');
  await stores.close();
  await stores.close();
  t.equal(await refused(), 'open', 'closing frees the directory');
});

t.test('data of a newer format is refused before anything is written', async (t) => {
  const directory = t.testdir();
  await open(t, directory).close();
  const newer = new DatabaseSync(join(directory, DATABASE_FILE));
  newer.exec('PRAGMA user_version = 2');
  newer.close();
  const tooNew = { name: 'DataFormatTooNew', message: /^.*grantlog\.db has data format 2; this version reads up to 1: .*$/ };

  const withLock = snapshot(directory);
  t.strictSame(
    withLock.map(([name]) => name),
    [DATABASE_FILE, 'lock'],
  );
  t.throws(() => open(t, directory), tooNew);
  t.strictSame(snapshot(directory), withLock);

  rmSync(join(directory, 'lock'));
  const withoutLock = snapshot(directory);
  t.throws(() => open(t, directory), tooNew);
  t.strictSame(snapshot(directory), withoutLock, 'not even a lock file was made');
});

t.test('a newer format that only the write-ahead log of a killed process knows is refused too', async (t) => {
  const directory = t.testdir({ running: {} });
  const [running, killed] = [join(directory, 'running'), join(directory, 'killed')];
  const stores = open(t, running);
  const newer = new DatabaseSync(join(running, DATABASE_FILE));
  newer.exec('PRAGMA wal_autocheckpoint = 0; PRAGMA user_version = 2');
  // A child copies, because closing a descriptor of the database in this process would drop its locks.
  execFileSync('cp', ['-r', running, killed]);
  newer.close();
  t.throws(() => open(t, killed), { name: 'DataFormatTooNew' });
  await stores.close();
});

t.test('only files of this program are opened', async (t) => {
  const directory = t.testdir({ text: { [DATABASE_FILE]: 'this is no database' }, other: {}, empty: { [DATABASE_FILE]: '' } });
  const other = new DatabaseSync(join(directory, 'other', DATABASE_FILE));
  other.exec('CREATE TABLE other (id)');
  other.close();
  const before = snapshot(join(directory, 'other'));
  t.throws(() => open(t, join(directory, 'text')), { name: 'DataDirectoryUnusable', message: /is not an SQLite database$/ });
  t.throws(() => open(t, join(directory, 'other')), { name: 'DataDirectoryUnusable', message: /belongs to another program$/ });
  t.strictSame(snapshot(join(directory, 'other')), before);
  t.doesNotThrow(() => open(t, join(directory, 'empty')), 'an empty file is one whose making was cut short');
});

t.test('a directory that cannot be used is named in one line', async (t) => {
  const directory = t.testdir({ file: 'x', closed: {} });
  for (const path of ['file', 'file/below', 'file/below/deeper']) {
    t.throws(() => open(t, join(directory, path)), { name: 'DataDirectoryUnusable', message: /^data directory \S+ cannot be used: E\w+: [^\n]+$/ }, path);
  }
  if (process.getuid?.() === 0) return void t.comment('not run: permissions do not bind root');
  chmodSync(join(directory, 'closed'), 0o500);
  t.throws(() => open(t, join(directory, 'closed')), { name: 'DataDirectoryUnusable', message: /EACCES/ });
});

t.test('what is made is for the owner only; what is there keeps its mode', async (t) => {
  const directory = t.testdir({ mine: {} });
  const umask = process.umask(0);
  t.teardown(() => process.umask(umask));
  const made = join(directory, 'a/b');
  const stores = open(t, made);
  await stores.ephemeral.insert('k', 'a', 1, Number.MAX_SAFE_INTEGER);
  t.equal(modeOf(made), 0o700);
  const names = readdirSync(made).sort();
  t.strictSame(names, [DATABASE_FILE, `${DATABASE_FILE}-shm`, `${DATABASE_FILE}-wal`, 'lock']);
  for (const name of names) t.equal(modeOf(join(made, name)), 0o600, name);
  t.equal(statSync(join(made, 'lock')).size, 0);

  chmodSync(join(directory, 'mine'), 0o755);
  open(t, join(directory, 'mine'));
  t.equal(modeOf(join(directory, 'mine')), 0o755);
});

t.test('a closed store leaves one file that holds everything', async (t) => {
  const directory = t.testdir();
  const stores = open(t, directory);
  const pending = stores.ephemeral.insert('k', 'a', 1, Number.MAX_SAFE_INTEGER);
  await stores.close();
  t.equal(await pending, true);
  t.strictSame(readdirSync(directory).sort(), [DATABASE_FILE, 'lock']);
  mkdirSync(join(directory, 'copy'));
  writeFileSync(join(directory, 'copy', DATABASE_FILE), readFileSync(join(directory, DATABASE_FILE)));
  t.match(await open(t, join(directory, 'copy')).ephemeral.get('k', 'a'), { value: 1 });
});

t.test('collections are names of small letters and underscores', async (t) => {
  const openWith = (collections: string[]): SqliteStores => openSqliteStores({ directory: ':memory:', collections, clock: systemClock, onFatal: () => {} });
  for (const name of ['', 'Grants', 'a-b', 'a; DROP TABLE events', 'a"']) t.throws(() => openWith([name]), TypeError, basename(name));
  const stores = openWith(['events', 'keys', 'index', 'signing_keys']);
  t.teardown(() => stores.close());
  t.equal(await stores.readModels.get('keys', 'a'), null, 'no name meets a table of the log');
  await t.rejects(stores.readModels.get('unknown', 'a'), TypeError);
});

t.test('a disk that takes no more ends the store; what was acknowledged before survives', async (t) => {
  const directory = t.testdir();
  // A real error at COMMIT: the write-ahead log grows beyond the largest file that this child may write (EFBIG).
  const child = startProcess(
    t,
    directory,
    `
    let acknowledged = 0;
    try {
      for (;; acknowledged++) await stores.ephemeral.insert('k', String(acknowledged), 'x'.repeat(2000), Number.MAX_SAFE_INTEGER);
    } catch (error) {
      console.log(error.name, acknowledged, stores.failed);
    }`,
  );
  const lines = linesOf(child);
  t.equal(await nextLine(lines), 'open');
  execFileSync('prlimit', [`--pid=${child.pid}`, '--fsize=400000']);
  t.match(await nextLine(lines), /^fatal \d+$/);
  const [name, acknowledged, failed] = (await nextLine(lines)).split(' ');
  t.strictSame([name, failed], ['StoreUnavailable', 'true']);
  await kill(child);
  const stores = open(t, directory);
  const records = await Promise.all(Array.from({ length: Number(acknowledged) }, (_, index) => stores.ephemeral.get('k', String(index))));
  t.ok(records.length > 0 && records.every((record) => record !== null));
});
