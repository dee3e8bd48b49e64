import type { Test } from 'tap';
import { leafText, MAX_LEAF_BYTES } from '#audit/leaf.ts';
import { NO_STREAM, type RecordedEvent } from '#kernel/event.ts';
import type { EventStore, PositionedEvent } from '#ports/event-store.ts';
import { appendOf, eventOf, eventOfSize, freshStream, type Made, type Make } from './fixture.ts';

const TOO_LARGE = { name: 'LeafTooLarge' };
const leafBytes = (event: RecordedEvent): number => Buffer.byteLength(leafText(event));

/** What every EventStore does (appending and reading; `subscription.contract.ts` has the rest). */
export function eventStoreContract(t: Test, make: Make<EventStore>): void {
  const check = (name: string, body: (t: Test, store: EventStore, made: Made<EventStore>) => Promise<void>): void => {
    t.test(name, async (t) => {
      const made = await make();
      t.teardown(() => made.close());
      await body(t, made.store, made);
    });
  };
  const all = async (store: EventStore): Promise<readonly PositionedEvent[]> => store.readAll(-1, 1_000);

  check('an append is read back as it was written', async (t, store) => {
    const stream = freshStream();
    const pii = [{ key_id: 'subject/s1', nonce: 'bm9uY2U', ciphertext: 'Y2lwaGVy' }];
    const event = { ...eventOf(stream, 0, { z: 1, a: ['é', '\u0000', '😀', null, true, { b: -5 }], empty: {} }), tenant: 't1', request: 'r1', pii };
    t.strictSame(await store.append({ stream, expectedRevision: NO_STREAM, events: [event] }), { kind: 'appended', revision: 0 });
    t.strictSame(await store.readStream(stream), [event]);
    t.strictSame(await all(store), [{ position: 0, event }]);
  });

  check('several events of one append take the next revisions', async (t, store) => {
    const stream = freshStream();
    const first = appendOf(stream, NO_STREAM, 3);
    const second = appendOf(stream, 2, 2);
    t.strictSame(await store.append(first), { kind: 'appended', revision: 2 });
    t.strictSame(await store.append(second), { kind: 'appended', revision: 4 });
    t.strictSame(await store.readStream(stream), [...first.events, ...second.events]);
  });

  check('a stream is read from a revision on, and an unknown one is empty', async (t, store) => {
    const stream = freshStream();
    const append = appendOf(stream, NO_STREAM, 4);
    await store.append(append);
    await store.append(appendOf(`${stream}0`));
    t.strictSame(await store.readStream(stream, 2), append.events.slice(2));
    t.strictSame(await store.readStream(stream, 4), []);
    t.strictSame(await store.readStream(freshStream()), []);
  });

  check('an append on any other revision is a conflict that names the actual one and writes nothing', async (t, store) => {
    const stream = freshStream();
    t.strictSame(await store.append(appendOf(stream, 0)), { kind: 'conflict', actual: NO_STREAM }, 'the stream does not exist');
    await store.append(appendOf(stream, NO_STREAM, 2));
    const before = await all(store);
    t.strictSame(await store.append(appendOf(stream)), { kind: 'conflict', actual: 1 }, 'the stream exists');
    t.strictSame(await store.append(appendOf(stream, 0, 3)), { kind: 'conflict', actual: 1 }, 'too old');
    t.strictSame(await store.append(appendOf(stream, 2)), { kind: 'conflict', actual: 1 }, 'from the future');
    t.strictSame(await all(store), before);
    t.strictSame(await store.append(appendOf(stream, 1)), { kind: 'appended', revision: 2 });
  });

  check('of 50 appends on one revision exactly one wins', async (t, store) => {
    const stream = freshStream();
    await store.append(appendOf(stream));
    const appends = Array.from({ length: 50 }, () => appendOf(stream, 0, 2));
    const results = await Promise.all(appends.map((append) => store.append(append)));
    const winners = appends.filter((_, index) => results[index]?.kind === 'appended');
    t.equal(winners.length, 1);
    t.ok(results.every((result) => result.kind === 'appended' || result.actual === 2));
    t.strictSame((await store.readStream(stream)).slice(1), winners[0]?.events);
  });

  check('appends that fail harm none of their neighbours', async (t, store) => {
    const [good, lost, large, wrong, other] = [freshStream(), freshStream(), freshStream(), freshStream(), freshStream()];
    const settled = await Promise.allSettled([
      store.append(appendOf(good)),
      store.append(appendOf(lost, 7)),
      store.append({ stream: large, expectedRevision: NO_STREAM, events: [eventOf(large, 0), eventOf(large, 1, { padding: 'x'.repeat(70_000) })] }),
      store.append({ stream: wrong, expectedRevision: NO_STREAM, events: [eventOf(wrong, 1)] }),
      store.append(appendOf(other, NO_STREAM, 2)),
    ]);
    t.strictSame(
      settled.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'fulfilled'],
    );
    t.strictSame((await all(store)).map(({ event }) => event.stream).sort(), [good, other, other].sort());
    for (const stream of [lost, large, wrong]) t.strictSame(await store.readStream(stream), []);
  });

  check('positions are gap-free from 0, in the order of the log, whatever was refused in between', async (t, store) => {
    const streams = Array.from({ length: 5 }, () => freshStream());
    for (let revision = 0; revision < 4; revision++) {
      await Promise.all(streams.flatMap((stream) => [store.append(appendOf(stream, revision - 1)), store.append(appendOf(stream, revision + 5))]));
    }
    const log = await all(store);
    t.strictSame(
      log.map(({ position }) => position),
      Array.from({ length: 20 }, (_, index) => index),
    );
    for (const stream of streams)
      t.strictSame(
        log.filter(({ event }) => event.stream === stream).map(({ event }) => event.revision),
        [0, 1, 2, 3],
      );
  });

  check('the log is read after a position, at most as many events as asked for', async (t, store) => {
    await store.append(appendOf(freshStream(), NO_STREAM, 7));
    const positions = async (after: number, limit: number): Promise<number[]> => (await store.readAll(after, limit)).map(({ position }) => position);
    t.strictSame(await positions(-1, 3), [0, 1, 2]);
    t.strictSame(await positions(2, 3), [3, 4, 5]);
    t.strictSame(await positions(5, 3), [6]);
    t.strictSame(await positions(6, 3), []);
    t.strictSame(await positions(1_000, 3), []);
  });

  check('a leaf of 65,535 bytes is the largest', async (t, store) => {
    const [fits, tooLarge] = [freshStream(), freshStream()];
    const event = eventOfSize(fits, MAX_LEAF_BYTES, leafBytes);
    t.equal(leafBytes(event), MAX_LEAF_BYTES);
    t.match(await store.append({ stream: fits, expectedRevision: NO_STREAM, events: [event] }), { kind: 'appended' });
    t.strictSame(await store.readStream(fits), [event]);
    const larger = { ...eventOf(tooLarge, 0), data: { padding: `${event.data['padding']}x` } };
    await t.rejects(store.append({ stream: tooLarge, expectedRevision: NO_STREAM, events: [larger] }), TOO_LARGE);
    t.strictSame(await store.readStream(tooLarge), []);
  });

  check('a lone surrogate is refused in data and in the stream name', async (t, store) => {
    const stream = freshStream();
    await t.rejects(store.append({ stream, expectedRevision: NO_STREAM, events: [eventOf(stream, 0, { text: 'a\ud800' })] }));
    const broken = `${freshStream()}\udfff` as const;
    await t.rejects(store.append(appendOf(broken)));
    t.strictSame(await all(store), []);
  });

  check('an append without events, of another stream, or with a revision that does not follow is refused', async (t, store) => {
    const stream = freshStream();
    await t.rejects(store.append({ stream, expectedRevision: NO_STREAM, events: [] }), TypeError);
    await t.rejects(store.append({ stream, expectedRevision: NO_STREAM, events: [eventOf(freshStream(), 0)] }), TypeError);
    await t.rejects(store.append({ stream, expectedRevision: NO_STREAM, events: [eventOf(stream, 0), eventOf(stream, 2)] }), TypeError);
    t.strictSame(await all(store), []);
  });

  check('what was appended is there after the store was opened again', async (t, store, { reopen }) => {
    if (reopen === undefined) return void t.comment('not run: this store keeps nothing');
    const stream = freshStream();
    const append = appendOf(stream, NO_STREAM, 3);
    await Promise.all([store.append(append), store.append(appendOf(freshStream()))]);
    const log = await all(store);
    const again = await reopen();
    t.strictSame(await all(again), log);
    t.strictSame(await again.readStream(stream), append.events);
    t.strictSame(await again.append(appendOf(stream, 2)), { kind: 'appended', revision: 3 });
    t.strictSame((await all(again)).at(-1)?.position, 4, 'positions go on');
  });

  check('a closed store is unavailable', async (t, store, made) => {
    const stream = freshStream();
    const pending = store.append(appendOf(stream));
    await made.close();
    t.match(await pending, { kind: 'appended' }, 'what was under way is finished');
    await t.rejects(store.append(appendOf(stream, 0)), { name: 'StoreUnavailable' });
    await t.rejects(store.readStream(stream), { name: 'StoreUnavailable' });
    await t.rejects(store.readAll(-1, 1), { name: 'StoreUnavailable' });
  });
}
