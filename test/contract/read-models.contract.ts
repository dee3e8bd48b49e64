import type { Test } from 'tap';
import type { IndexedFields } from '#kernel/aggregate.ts';
import type { ListFilter, ReadModels } from '#ports/read-models.ts';
import { documentOf, freshId, type Made, type Make } from './fixture.ts';

/** What every ReadModels does. */
export function readModelsContract(t: Test, make: Make<ReadModels>): void {
  const check = (name: string, body: (t: Test, store: ReadModels, made: Made<ReadModels>) => Promise<void>): void => {
    t.test(name, async (t) => {
      const made = await make();
      t.teardown(() => made.close());
      await body(t, made.store, made);
    });
  };

  check('a document is read back as it was written; an unknown one is null', async (t, store) => {
    const id = freshId();
    const indexed = { sub: 's1', clientId: 'c1', status: 'active', expiresAt: '2026-11-24T15:00:00.000Z' };
    const document = documentOf(id, 3, { scope: ['a', 'b'], code: null, nested: { text: 'é😀\u0000', count: 2 ** 53 - 1, flag: false } }, indexed);
    t.equal(await store.get('grants', id), null);
    t.equal(await store.replace('grants', document), 'written');
    t.strictSame(await store.get('grants', id), document);
    t.equal(await store.get('clients', id), null, 'collections are apart');
    t.equal(await store.get('grants', freshId()), null);
  });

  check('only a newer revision replaces a document, and all of it', async (t, store) => {
    const id = freshId();
    const first = documentOf(id, 2, { n: 1, only: 'first' }, { sub: 's1', clientId: 'c1', status: 'pending', expiresAt: '2026-11-24T15:00:00.000Z' });
    const second = { ...documentOf(id, 5, { n: 2 }, { status: 'active' }), time: '2026-11-24T14:00:01.000Z' };
    await store.replace('grants', first);
    t.equal(await store.replace('grants', documentOf(id, 2, { n: 'same' })), 'stale');
    t.equal(await store.replace('grants', documentOf(id, 1, { n: 'older' })), 'stale');
    t.strictSame(await store.get('grants', id), first);
    t.equal(await store.replace('grants', second), 'written');
    t.equal(await store.replace('grants', first), 'stale');
    t.strictSame(await store.get('grants', id), second);
    t.strictSame(await store.list('grants', { sub: 's1' }, null, 10), [], 'lists follow');
    t.strictSame(await store.list('grants', { status: 'active' }, null, 10), [second]);
  });

  check('every kind of change of the listed fields is seen', async (t, store) => {
    const id = freshId();
    const steps: Partial<IndexedFields>[] = [
      { sub: 's1', clientId: 'c1', status: 'pending' },
      { sub: 's1', clientId: 'c1', status: 'active' },
      { sub: 's1', clientId: 'c1', status: 'active', expiresAt: '2026-11-24T15:00:00.000Z' },
      { sub: 's2', clientId: 'c1', status: 'active' },
      { sub: 's2', clientId: 'c2', status: null },
      {},
    ];
    for (const [revision, indexed] of steps.entries()) {
      const document = documentOf(id, revision, { revision }, indexed);
      t.equal(await store.replace('grants', document), 'written');
      t.strictSame(await store.get('grants', id), document);
      for (const filter of [{ sub: 's1' }, { sub: 's2' }, { clientId: 'c1' }, { clientId: 'c2' }, { status: 'pending' }, { status: 'active' }, {}]) {
        const expected = Object.entries(filter).every(([name, value]) => document.indexed[name as keyof IndexedFields] === value) ? [document] : [];
        t.strictSame(await store.list('grants', filter, null, 10), expected, `${revision} by ${JSON.stringify(filter)}`);
      }
    }
  });

  check('of writers that race the newest wins, in any order', async (t, store) => {
    const id = freshId();
    const revisions = [4, 0, 9, 2, 7, 9, 1, 8, 3, 5, 6];
    const results = await Promise.all(revisions.map((revision, index) => store.replace('grants', documentOf(id, revision, { index }))));
    t.equal((await store.get('grants', id))?.revision, 9);
    t.equal(results.filter((result, index) => result === 'written' && revisions[index] === 9).length, 1, 'one of two with the same revision');
    const first = freshId();
    const parallel = await Promise.all(Array.from({ length: 20 }, (_, index) => store.replace('grants', documentOf(first, 0, { index }))));
    t.equal(parallel.filter((result) => result === 'written').length, 1);
    t.strictSame((await store.get('grants', first))?.state, { index: parallel.indexOf('written') });
  });

  check('nobody can change what others will read', async (t, store) => {
    const id = freshId();
    const state = { scope: ['a'] };
    await store.replace('grants', documentOf(id, 0, state));
    state.scope.push('b');
    const read = await store.get<{ scope: string[] }>('grants', id);
    t.strictSame(read?.state, { scope: ['a'] });
    try {
      read?.state.scope.push('c');
    } catch {
      // A frozen document is as good as a copy.
    }
    t.strictSame((await store.get('grants', id))?.state, { scope: ['a'] });
  });

  check('lists match every field of the filter, go on after an id and end at the limit', async (t, store) => {
    const documents = Array.from({ length: 24 }, (_, index) =>
      documentOf(freshId(), 0, { index }, { sub: `s${index % 2}`, clientId: index % 3 === 0 ? null : `c${index % 3}`, status: index % 4 < 2 ? 'active' : 'ended' }),
    );
    await Promise.all(documents.toReversed().map((document) => store.replace('grants', document)));
    await store.replace('clients', documentOf(freshId(), 0, {}, { sub: 's0', clientId: 'c1', status: 'active' }));
    const filters: ListFilter[] = [undefined, 's0'].flatMap((sub) =>
      [undefined, 'c1'].flatMap((clientId) => [undefined, 'active'].map((status) => ({ ...(sub && { sub }), ...(clientId && { clientId }), ...(status && { status }) }))),
    );
    t.equal(filters.length, 8);
    for (const filter of filters) {
      const expected = documents.filter(({ indexed }) => Object.entries(filter).every(([name, value]) => indexed[name as keyof ListFilter] === value));
      t.ok(expected.length >= 2);
      t.strictSame(await store.list('grants', filter, null, 100), expected, JSON.stringify(filter));
      t.strictSame(await store.list('grants', filter, null, 2), expected.slice(0, 2));
      t.strictSame(await store.list('grants', filter, expected[0]?.id ?? null, 1), expected.slice(1, 2));
      t.strictSame(await store.list('grants', filter, expected.at(-1)?.id ?? null, 100), []);
    }
    t.strictSame(await store.list('grants', { sub: 'nobody' }, null, 100), []);
  });

  check('documents are there after the store was opened again', async (t, store, { reopen }) => {
    if (reopen === undefined) return void t.comment('not run: this store keeps nothing');
    const [old, current] = [documentOf(freshId(), 0, { n: 1 }, { sub: 's1' }), documentOf(freshId(), 4, { n: 2 }, { sub: 's1' })];
    await Promise.all([store.replace('grants', old), store.replace('grants', current)]);
    const again = await reopen();
    t.strictSame(await again.get('grants', old.id), old);
    t.strictSame(await again.list('grants', { sub: 's1' }, null, 10), [old, current]);
    t.equal(await again.replace('grants', documentOf(current.id, 4, {})), 'stale', 'the guard does not depend on what was read before');
    t.equal(await again.replace('grants', documentOf(old.id, 1, {})), 'written');
  });

  check('a closed store is unavailable', async (t, store, made) => {
    await made.close();
    await t.rejects(store.get('grants', freshId()), { name: 'StoreUnavailable' });
    await t.rejects(store.list('grants', {}, null, 1), { name: 'StoreUnavailable' });
    await t.rejects(store.replace('grants', documentOf(freshId(), 0, {})), { name: 'StoreUnavailable' });
  });
}
