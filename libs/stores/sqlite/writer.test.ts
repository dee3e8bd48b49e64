import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { systemClock } from '#ports/clock.ts';
import type { ListFilter } from '#ports/read-models.ts';
import { StoreUnavailable } from '#ports/store-errors.ts';
import { appendOf, documentOf, freshStream } from '../../../test/contract/fixture.ts';
import { openDatabase } from './database.ts';
import { createDocuments } from './documents.ts';
import { createEphemeralStore } from './ephemeral-store.ts';
import { DATABASE_FILE, openSqliteStores, type SqliteStores } from './open.ts';
import { createWriter, type Writer } from './writer.ts';

interface Bench {
  readonly writer: Writer;
  readonly database: DatabaseSync;
  /** Writes one row; for use inside works. */
  put(id: string): void;
  /** The rows that another connection sees: what is committed. */
  committed(): string[];
  readonly fatal: Error[];
}

/** The writer alone, on a database in a file that a second connection watches. */
function bench(t: Test, maxPages?: number): Bench {
  const file = join(t.testdir(), DATABASE_FILE);
  const database = openDatabase({ file, collections: ['grants'], ...(maxPages && { maxPages }) });
  const fatal: Error[] = [];
  const writer = createWriter(database, (error) => fatal.push(error));
  const watcher = new DatabaseSync(file, { readOnly: true });
  t.teardown(() => {
    watcher.close();
    writer.close();
  });
  const insert = database.prepare('INSERT INTO keys (id, wrapped) VALUES (?, ?)');
  return {
    writer,
    database,
    put: (id) => void insert.run(id, null),
    committed: () =>
      watcher
        .prepare('SELECT id FROM keys ORDER BY id')
        .all()
        .map((row) => String(row['id'])),
    fatal,
  };
}

t.test('the works of one turn are one commit, and no promise resolves before it', async (t) => {
  const { writer, put, committed } = bench(t);
  const order: string[] = [];
  const work = (id: string) => () => {
    put(id);
    order.push(`work ${id} sees ${committed()}`);
    return id;
  };
  const done = (id: string) => order.push(`committed ${id} sees ${committed()}`);
  const promises = ['a', 'b', 'c'].map((id) => writer.enqueue(work(id), done).then((value) => order.push(`resolved ${value}`)));
  t.strictSame(order, [], 'nothing runs before the turn has ended');
  await Promise.all(promises);
  t.strictSame(order, [
    ...['a', 'b', 'c'].map((id) => `work ${id} sees `),
    ...['a', 'b', 'c'].map((id) => `committed ${id} sees a,b,c`),
    ...['a', 'b', 'c'].map((id) => `resolved ${id}`),
  ]);
});

t.test('a work may queue another, which is in the next commit', async (t) => {
  const { writer, put, committed } = bench(t);
  let inner: Promise<string[]> | null = null;
  await writer.enqueue(() => {
    put('outer');
    inner ??= writer.enqueue(committed);
  });
  t.strictSame(await inner, ['outer']);
});

t.test('a work that throws leaves nothing, rejects its own promise and harms no neighbour', async (t) => {
  const { writer, put, committed, fatal } = bench(t);
  const settled = await Promise.allSettled([
    writer.enqueue(() => put('a')),
    writer.enqueue(() => {
      put('half');
      throw new RangeError('changed my mind');
    }),
    writer.enqueue(() => put('b')),
    writer.enqueue(() => {
      put('also half');
      put('a');
    }),
    writer.enqueue(
      () => put('c'),
      () => t.strictSame(committed(), ['a', 'b', 'c']),
    ),
  ]);
  t.match(settled, [{ status: 'fulfilled' }, { reason: { name: 'RangeError' } }, { status: 'fulfilled' }, { reason: { code: 'ERR_SQLITE_ERROR' } }, { status: 'fulfilled' }]);
  t.strictSame(committed(), ['a', 'b', 'c']);
  t.equal(writer.state, 'open');
  t.strictSame(fatal, []);
});

t.test('a full database ends the writer: all of the commit and all that follows is refused, once reported, never repeated', async (t) => {
  const { writer, database, put, committed, fatal } = bench(t, 40);
  const large = database.prepare('INSERT INTO keys (id, wrapped) VALUES (?, ?)');
  await writer.enqueue(() => put('before'));
  let ran = 0;
  let woken = 0;
  writer.onChange(() => woken++);
  const neighbour = writer.enqueue(() => put('neighbour'));
  const full = writer.enqueue(
    () => {
      ran++;
      large.run('large', randomBytes(200_000));
    },
    () => t.fail('it was not committed'),
  );
  const behind = writer.enqueue(() => t.fail('nothing runs after the error'));
  const settled = await Promise.allSettled([neighbour, full, behind, writer.enqueue(() => put('last'))]);
  for (const result of settled) t.match(result, { status: 'rejected', reason: { name: 'StoreUnavailable', cause: { errcode: 13 } } });
  await t.rejects(
    writer.enqueue(() => t.fail('nothing runs any more')),
    StoreUnavailable,
  );
  t.equal(writer.state, 'failed');
  t.match(fatal, [{ code: 'ERR_SQLITE_ERROR', errcode: 13 }]);
  t.equal(fatal.length, 1);
  t.equal(ran, 1);
  t.equal(woken, 1, 'who waits for commits learns of it');
  t.strictSame(committed(), ['before']);
  writer.close();
  t.equal(writer.state, 'failed', 'closing does not mend it');
});

t.test('stores on a full disk: nothing unacknowledged is ever read, all that was acknowledged stays', async (t) => {
  const directory = t.testdir();
  const fatal: Error[] = [];
  const open = (maxPages?: number): SqliteStores => {
    const limit = maxPages === undefined ? {} : { maxPages };
    return openSqliteStores({ directory, collections: ['grants'], clock: systemClock, onFatal: (error) => fatal.push(error), ...limit });
  };
  const stores = open(60);
  const subscription = stores.events.subscribe({ after: -1 }, () => {});
  const stream = freshStream();
  let revision = -1;
  const record = (revision: number) => {
    const document = documentOf('g1', revision, { padding: 'x'.repeat(2_000), revision });
    return stores.journal.record({ ...appendOf(stream, revision - 1), projection: { collection: 'grants', document } });
  };
  const others = () => [stores.vault.create(`k${revision}`, randomBytes(1_000)), stores.ephemeral.increment('k', 'n', 1, 9e15)];
  for (let turn = 0; turn < 8; turn++) await Promise.all([record(++revision), ...others()]);
  const last = await Promise.allSettled([record(revision + 1), ...others(), stores.vault.create('large', randomBytes(300_000)), stores.vault.destroy('k0')]);
  for (const result of last) t.match(result, { status: 'rejected', reason: { name: 'StoreUnavailable' } });
  t.equal(stores.failed, true);
  t.equal(fatal.length, 1);
  await subscription.ended;
  t.equal((await stores.readModels.get('grants', 'g1'))?.revision, revision, 'a document that was not committed is not shown from memory');
  t.equal((await stores.events.readStream(stream)).length, revision + 1);
  await t.rejects(stores.events.append(appendOf(freshStream())), StoreUnavailable);
  await t.rejects(stores.ephemeral.delete('k', 'n'), StoreUnavailable);
  await t.rejects(stores.vault.destroy('k0'), StoreUnavailable);
  t.match(await stores.vault.read('k0'), { status: 'live' });
  await stores.close();
  t.equal(stores.failed, true);

  const again = open();
  t.equal((await again.readModels.get('grants', 'g1'))?.revision, revision);
  t.strictSame(
    (await again.events.readAll(-1, 1_000)).map(({ position }) => position),
    Array.from({ length: revision + 1 }, (_, index) => index),
  );
  t.match(await again.ephemeral.get('k', 'n'), { value: revision + 1 });
  await again.close();
});

t.test('a document ahead of its stream is not overwritten: the log went back, so nothing is recorded', async (t) => {
  const stores = openSqliteStores({ directory: ':memory:', collections: ['grants'], clock: systemClock, onFatal: (error) => t.fail(error) });
  t.teardown(() => stores.close());
  const stream = freshStream();
  await stores.readModels.replace('grants', documentOf('g1', 5, { from: 'a longer log' }));
  const entry = { ...appendOf(stream), projection: { collection: 'grants', document: documentOf('g1', 0, {}) } };
  const [ahead, neighbour] = await Promise.allSettled([stores.journal.record(entry), stores.events.append(appendOf(freshStream()))]);
  t.match(ahead, { status: 'rejected', reason: { name: 'StoreUnavailable', message: /ahead of its stream/ } });
  t.match(neighbour, { status: 'fulfilled' });
  t.strictSame(await stores.events.readStream(stream), []);
  t.equal((await stores.events.readAll(-1, 10)).length, 1);
});

t.test('a leaf that is not JSON any more denies its stream and no other', async (t) => {
  const directory = t.testdir();
  const open = (): SqliteStores => openSqliteStores({ directory, collections: ['grants'], clock: systemClock, onFatal: (error) => t.fail(error) });
  const [spoilt, whole] = [freshStream(), freshStream()];
  const stores = open();
  for (const stream of [spoilt, whole]) await stores.events.append(appendOf(stream));
  await stores.close();
  const database = new DatabaseSync(join(directory, DATABASE_FILE));
  database.prepare('UPDATE events SET leaf = substr(leaf, 2) WHERE stream = ?').run(spoilt);
  database.close();
  const again = open();
  t.teardown(() => again.close());
  await t.rejects(again.events.readStream(spoilt), { name: 'StreamDenied', stream: spoilt });
  t.equal((await again.events.readStream(whole)).length, 1);
  await t.rejects(again.events.subscribe({ after: -1 }, () => {}).ended, { name: 'StreamDenied', stream: spoilt });
});

t.test('the bytes of a destroyed key are in no file', async (t) => {
  const directory = t.testdir();
  const stores = openSqliteStores({ directory, collections: ['grants'], clock: systemClock, onFatal: (error) => t.fail(error) });
  t.teardown(() => stores.close());
  const keys = Array.from({ length: 400 }, (_, index) => ({ id: `subject/${(index * 7919) % 400}`, wrapped: randomBytes(120) }));
  // Many commits, so that pages are split and moved in between; a long one does not fit its page.
  for (const { id, wrapped } of keys) await stores.vault.create(id, wrapped);
  const long = { id: 'subject/long', wrapped: randomBytes(9_000) };
  await stores.vault.create(long.id, long.wrapped);
  // A child reads, because closing a descriptor of the database in this process would drop its locks.
  const stored = (): string => execFileSync('sh', ['-c', `cat "${directory}"/*`], { maxBuffer: 1e9 }).toString('latin1');
  const partsOf = (wrapped: Buffer): string[] => Array.from({ length: Math.floor(wrapped.length / 16) }, (_, index) => wrapped.toString('latin1', index * 16, index * 16 + 16));
  const before = stored();
  t.ok(
    [...keys, long].every(({ wrapped }) => partsOf(wrapped).some((part) => before.includes(part))),
    'they were',
  );

  const [erased, kept] = [keys.filter((_, index) => index % 2 === 0), keys.filter((_, index) => index % 2 === 1)];
  await Promise.all([...erased, long].map(({ id }) => stores.vault.destroy(id)));
  const after = stored();
  t.strictSame(
    [...erased, long].filter(({ wrapped }) => partsOf(wrapped).some((part) => after.includes(part))).map(({ id }) => id),
    [],
  );
  t.ok(
    kept.every(({ wrapped }) => partsOf(wrapped).every((part) => after.includes(part))),
    'and the others are',
  );
});

t.test('a reader in the way of the scrubbing delays it, no more', async (t) => {
  const { writer, put, database } = bench(t);
  const file = database.location() ?? '';
  await writer.enqueue(() => put('a'));
  const reader = new DatabaseSync(file, { readOnly: true });
  reader.exec('BEGIN');
  reader.prepare('SELECT * FROM keys').all();
  await writer.enqueue(() => put('b'), writer.scrub);
  t.ok(statSync(`${file}-wal`).size > 0);
  reader.close();
  while (statSync(`${file}-wal`).size > 0) await nextTurn();
  t.equal(writer.state, 'open');
});

t.test('the write-ahead log is moved into the database at 4,096 pages, and then written over', async (t) => {
  const { writer, database } = bench(t);
  const file = database.location() ?? '';
  const insert = database.prepare('INSERT INTO keys (id, wrapped) VALUES (?, ?)');
  const before = statSync(file).size;
  const sizes: number[] = [];
  for (let commit = 0; commit < 9; commit++) {
    await writer.enqueue(() => void insert.run(`k${commit}`, randomBytes(4_096_000)));
    sizes.push(statSync(file).size);
  }
  t.strictSame(sizes.map((size) => size > before), [false, false, false, false, true, true, true, true, true]);
  t.ok(statSync(`${file}-wal`).size < 6_000 * 4_096);
});

t.test('expired records are deleted little by little, live ones never', async (t) => {
  const { writer, database } = bench(t);
  let now = 1_000;
  const store = createEphemeralStore(database, writer, { now: () => now });
  const count = (): number => Number(database.prepare('SELECT count(*) AS n FROM ephemeral').get()?.['n']);
  for (let index = 0; index < 300; index++) void store.insert('old', `${index}`, index, 2_000);
  await store.insert('live', 'a', 1, 1e9);
  t.equal(count(), 301);
  now = 2_000;
  await Promise.all(Array.from({ length: 32 }, () => store.increment('live', 'n', 1, 1e9)));
  t.equal(count(), 302 - 64, 'a bounded number at once');
  for (let index = 0; index < 320; index++) void store.increment('live', 'n', 1, 1e9);
  await store.increment('live', 'n', 1, 1e9);
  t.equal(count(), 2);
  t.ok(await store.get('live', 'a'));
});

t.test('lists are answered from one index, in order', async (t) => {
  const { database } = bench(t);
  const prepare = database.prepare.bind(database);
  const prepared: string[] = [];
  database.prepare = (sql) => {
    prepared.push(sql);
    return prepare(sql);
  };
  const documents = createDocuments(database, ['grants']);
  const planOf = (filter: ListFilter): string => {
    documents.list('grants', filter, null, 10);
    return prepare(`EXPLAIN QUERY PLAN ${prepared.at(-1)}`)
      .all()
      .map((row) => row['detail'])
      .join('; ');
  };
  t.equal(planOf({ status: 'x', sub: 'x', clientId: 'x' }), 'SEARCH documents_grants USING INDEX documents_grants_sub (sub=? AND id>?)');
  t.equal(planOf({ status: 'x', clientId: 'x' }), 'SEARCH documents_grants USING INDEX documents_grants_client_id (client_id=? AND id>?)');
  t.equal(planOf({ status: 'x' }), 'SEARCH documents_grants USING INDEX documents_grants_status (status=? AND id>?)');
  t.equal(planOf({}), 'SEARCH documents_grants USING INDEX sqlite_autoindex_documents_grants_1 (id>?)');
});
