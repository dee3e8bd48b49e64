import type { Test } from 'tap';
import type { Clock } from '#ports/clock.ts';
import type { EphemeralStore } from '#ports/ephemeral-store.ts';
import type { Made } from './fixture.ts';

const START = Date.parse('2026-11-24T14:00:00.000Z');

/** What every EphemeralStore does. `make` opens an empty one on the given clock. */
export function ephemeralStoreContract(t: Test, make: (clock: Clock) => Promise<Made<EphemeralStore>>): void {
  interface Time {
    pass(milliseconds: number): void;
    in(milliseconds: number): number;
  }
  const check = (name: string, body: (t: Test, store: EphemeralStore, time: Time, made: Made<EphemeralStore>) => Promise<void>): void => {
    t.test(name, async (t) => {
      let now = START;
      const made = await make({ now: () => now });
      t.teardown(() => made.close());
      const time: Time = {
        pass: (milliseconds) => {
          now += milliseconds;
        },
        in: (milliseconds) => now + milliseconds,
      };
      await body(t, made.store, time, made);
    });
  };

  check('a free key is taken once', async (t, store, time) => {
    t.equal(await store.get('jti', 'a'), null);
    t.equal(await store.insert('jti', 'a', { n: 1 }, time.in(1_000)), true);
    t.equal(await store.insert('jti', 'a', { n: 2 }, time.in(9_000)), false);
    t.strictSame(await store.get('jti', 'a'), { value: { n: 1 }, expiresAt: time.in(1_000) }, 'what was there is left');
    t.equal(await store.insert('jti', 'b', 1, time.in(1_000)), true);
    t.equal(await store.insert('other', 'a', 1, time.in(1_000)), true, 'kinds are apart');
  });

  check('of 50 that insert one key one succeeds', async (t, store, time) => {
    const results = await Promise.all(Array.from({ length: 50 }, (_, index) => store.insert('jti', 'a', index, time.in(1_000))));
    t.equal(results.filter(Boolean).length, 1);
    t.equal((await store.get('jti', 'a'))?.value, results.indexOf(true));
  });

  check('every JSON value is read back', async (t, store, time) => {
    const values = [true, 0, -1.5, '', 'é😀\u0000"', [], {}, [1, [null, { a: 'b' }]], { z: 1, a: { c: null } }];
    for (const [index, value] of values.entries()) {
      await store.insert('any', `${index}`, value, time.in(1_000));
      t.strictSame(await store.get('any', `${index}`), { value, expiresAt: time.in(1_000) });
    }
    await t.rejects(store.insert('any', 'broken', '\ud800', time.in(1_000)), 'but no lone surrogate');
    t.equal(await store.get('any', 'broken'), null);
  });

  check('from its expiry on a record is as if it had never been', async (t, store, time) => {
    for (const key of ['insert', 'set', 'free', 'count', 'max', 'delete']) await store.insert('k', key, 7, time.in(1_000));
    time.pass(999);
    t.equal(await store.insert('k', 'insert', 8, time.in(1_000)), false, 'one millisecond before it is there');
    t.equal((await store.get('k', 'insert'))?.value, 7);
    time.pass(1);
    t.equal(await store.get('k', 'insert'), null);
    t.equal(await store.insert('k', 'insert', 8, time.in(500)), true);
    t.strictSame(await store.get('k', 'insert'), { value: 8, expiresAt: time.in(500) });
    t.equal(await store.compareAndSet('k', 'set', 7, 9, time.in(500)), false);
    t.equal(await store.compareAndSet('k', 'free', null, 9, time.in(500)), true);
    t.equal(await store.increment('k', 'count', 2, time.in(500)), 2);
    t.strictSame(await store.get('k', 'count'), { value: 2, expiresAt: time.in(500) });
    await store.max('k', 'max', 3, time.in(500));
    t.strictSame(await store.get('k', 'max'), { value: 3, expiresAt: time.in(500) });
    await store.delete('k', 'delete');
    t.equal(await store.get('k', 'set'), null);
  });

  check('compare and set writes only over the expected value', async (t, store, time) => {
    t.equal(await store.compareAndSet('k', 'a', 1, 2, time.in(1_000)), false, 'the key is free');
    t.equal(await store.compareAndSet('k', 'a', null, { a: 1, b: [1, { c: 2, d: 3 }] }, time.in(1_000)), true);
    t.equal(await store.compareAndSet('k', 'a', null, 2, time.in(1_000)), false, 'the key is not free');
    for (const other of [{ a: 1 }, { a: 1, b: [1, { c: 2, d: 4 }] }, { a: 1, b: [{ c: 2, d: 3 }, 1] }, { a: '1', b: [1, { c: 2, d: 3 }] }, 'x', 0]) {
      t.equal(await store.compareAndSet('k', 'a', other, 2, time.in(1_000)), false, JSON.stringify(other));
    }
    t.equal(await store.compareAndSet('k', 'a', { b: [1, { d: 3, c: 2 }], a: 1 }, { next: true }, time.in(2_000)), true, 'the order of members has no meaning');
    t.strictSame(await store.get('k', 'a'), { value: { next: true }, expiresAt: time.in(2_000) });
  });

  check('of 50 that compare and set one succeeds', async (t, store, time) => {
    await store.insert('k', 'a', 'old', time.in(1_000));
    const results = await Promise.all(Array.from({ length: 50 }, (_, index) => store.compareAndSet('k', 'a', 'old', index, time.in(1_000))));
    t.equal(results.filter(Boolean).length, 1);
    t.equal((await store.get('k', 'a'))?.value, results.indexOf(true));
  });

  check('a counter starts at 0, loses no addition, and expires when its first addition said', async (t, store, time) => {
    const first = time.in(1_000);
    t.equal(await store.increment('k', 'a', 5, first), 5);
    t.equal(await store.increment('k', 'a', -2, time.in(9_000)), 3);
    const sums = await Promise.all(Array.from({ length: 50 }, () => store.increment('k', 'a', 1, time.in(9_000))));
    t.strictSame(
      sums.toSorted((a, b) => a - b),
      Array.from({ length: 50 }, (_, index) => index + 4),
      'each gets its own sum',
    );
    t.strictSame(await store.get('k', 'a'), { value: 53, expiresAt: first });
  });

  check('a maximum keeps the larger number, and its expiry', async (t, store, time) => {
    const [early, late] = [time.in(1_000), time.in(2_000)];
    await store.max('k', 'a', 10, early);
    await store.max('k', 'a', 20, late);
    t.strictSame(await store.get('k', 'a'), { value: 20, expiresAt: late });
    await store.max('k', 'a', 15, early);
    t.strictSame(await store.get('k', 'a'), { value: 20, expiresAt: late });
    await Promise.all([31, 35, 33].map((value) => store.max('k', 'a', value, late + value)));
    t.strictSame(await store.get('k', 'a'), { value: 35, expiresAt: late + 35 });
    await store.max('k', 'negative', -5, early);
    t.equal((await store.get('k', 'negative'))?.value, -5);
  });

  check('counters and maxima refuse a record that is no number', async (t, store, time) => {
    await store.insert('k', 'a', 'text', time.in(1_000));
    const settled = await Promise.allSettled([
      store.insert('k', 'before', 1, time.in(1_000)),
      store.increment('k', 'a', 1, time.in(1_000)),
      store.max('k', 'a', 1, time.in(1_000)),
      store.insert('k', 'after', 1, time.in(1_000)),
    ]);
    t.strictSame(
      settled.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected', 'fulfilled'],
    );
    t.equal((await store.get('k', 'a'))?.value, 'text');
    t.equal((await store.get('k', 'after'))?.value, 1);
  });

  check('a deleted record is gone and its key free', async (t, store, time) => {
    await store.insert('k', 'a', 1, time.in(1_000));
    await store.insert('other', 'a', 1, time.in(1_000));
    await store.delete('k', 'a');
    await store.delete('k', 'a');
    t.equal(await store.get('k', 'a'), null);
    t.ok(await store.get('other', 'a'));
    t.equal(await store.insert('k', 'a', 2, time.in(1_000)), true);
  });

  check('records are there after the store was opened again', async (t, store, time, { reopen }) => {
    if (reopen === undefined) return void t.comment('not run: this store keeps nothing');
    await Promise.all([store.insert('jti', 'a', 1, time.in(1_000)), store.increment('k', 'n', 4, time.in(1_000)), store.insert('jti', 'b', 1, time.in(10))]);
    time.pass(10);
    const again = await reopen();
    t.equal(await again.insert('jti', 'a', 2, time.in(1_000)), false);
    t.equal(await again.insert('jti', 'b', 2, time.in(1_000)), true);
    t.equal(await again.increment('k', 'n', 1, time.in(1_000)), 5);
  });

  check('a closed store is unavailable', async (t, store, time, made) => {
    await made.close();
    await t.rejects(store.get('k', 'a'), { name: 'StoreUnavailable' });
    await t.rejects(store.insert('k', 'a', 1, time.in(1)), { name: 'StoreUnavailable' });
    await t.rejects(store.delete('k', 'a'), { name: 'StoreUnavailable' });
  });
}
