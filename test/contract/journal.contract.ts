import type { Test } from 'tap';
import { NO_STREAM } from '#kernel/event.ts';
import { idOf, type StreamName } from '#kernel/stream-name.ts';
import type { EventStore } from '#ports/event-store.ts';
import type { Entry, Journal } from '#ports/journal.ts';
import type { ReadModels } from '#ports/read-models.ts';
import { appendOf, documentOf, eventOf, freshStream, type Made, type Make } from './fixture.ts';

export interface JournalStores {
  readonly journal: Journal;
  readonly events: EventStore;
  readonly readModels: ReadModels;
}

/** What every Journal does. */
export function journalContract(t: Test, make: Make<JournalStores>): void {
  const check = (name: string, body: (t: Test, stores: JournalStores, made: Made<JournalStores>) => Promise<void>): void => {
    t.test(name, async (t) => {
      const made = await make();
      t.teardown(() => made.close());
      await body(t, made.store, made);
    });
  };

  function entryOf(stream: StreamName, expectedRevision = NO_STREAM, length = 1): Entry {
    const document = documentOf(idOf(stream), expectedRevision + length, { writer: eventOf(stream, 0).id }, { sub: 's1' });
    return { ...appendOf(stream, expectedRevision, length), projection: { collection: 'grants', document } };
  }

  check('a fact is in the log and in the read model when it is recorded', async (t, { journal, events, readModels }) => {
    const stream = freshStream();
    for (const entry of [entryOf(stream), entryOf(stream, 0, 3), entryOf(stream, 3)]) {
      const revision = entry.expectedRevision + entry.events.length;
      t.strictSame(await journal.record(entry), { kind: 'appended', revision });
      t.strictSame(await events.readStream(stream, entry.expectedRevision + 1), entry.events);
      t.strictSame(await readModels.get('grants', idOf(stream)), entry.projection?.document);
      t.strictSame(await readModels.list('grants', { sub: 's1' }, null, 10), [entry.projection?.document]);
    }
  });

  check('a stream without a document is only appended to', async (t, { journal, events, readModels }) => {
    const stream = freshStream();
    t.strictSame(await journal.record({ ...appendOf(stream), projection: null }), { kind: 'appended', revision: 0 });
    t.equal((await events.readStream(stream)).length, 1);
    t.equal(await readModels.get('grants', idOf(stream)), null);
  });

  check('a conflict writes neither events nor document', async (t, { journal, events, readModels }) => {
    const stream = freshStream();
    const first = entryOf(stream);
    await journal.record(first);
    t.strictSame(await journal.record(entryOf(stream, NO_STREAM, 2)), { kind: 'conflict', actual: 0 });
    t.strictSame(await journal.record(entryOf(stream, 5)), { kind: 'conflict', actual: 0 });
    t.strictSame(await events.readAll(-1, 10), [{ position: 0, event: first.events[0] }]);
    t.strictSame(await readModels.get('grants', idOf(stream)), first.projection?.document);
    const unborn = freshStream();
    t.strictSame(await journal.record(entryOf(unborn, 0)), { kind: 'conflict', actual: NO_STREAM });
    t.equal(await readModels.get('grants', idOf(unborn)), null);
  });

  check('of 50 entries on one revision one wins, with its document', async (t, { journal, events, readModels }) => {
    const stream = freshStream();
    const entries = Array.from({ length: 50 }, () => entryOf(stream));
    const results = await Promise.all(entries.map((entry) => journal.record(entry)));
    const winners = entries.filter((_, index) => results[index]?.kind === 'appended');
    t.equal(winners.length, 1);
    t.strictSame(await events.readStream(stream), winners[0]?.events);
    t.strictSame(await readModels.get('grants', idOf(stream)), winners[0]?.projection?.document);
  });

  check('an entry that is refused leaves nothing and harms no neighbour', async (t, { journal, events, readModels }) => {
    const [before, large, after] = [freshStream(), freshStream(), freshStream()];
    const refused: Entry = { ...entryOf(large), events: [eventOf(large, 0, { padding: 'x'.repeat(70_000) })] };
    const settled = await Promise.allSettled([journal.record(entryOf(before)), journal.record(refused), journal.record(entryOf(after))]);
    t.match(settled, [{ value: { kind: 'appended' } }, { status: 'rejected', reason: { name: 'LeafTooLarge' } }, { value: { kind: 'appended' } }]);
    t.equal(await readModels.get('grants', idOf(large)), null);
    t.strictSame(await events.readStream(large), []);
    t.equal((await readModels.list('grants', {}, null, 10)).length, 2);
  });

  check('a document whose revision is not that of the last event is refused before anything is written', async (t, { journal, events }) => {
    const stream = freshStream();
    const wrong: Entry = { ...appendOf(stream), projection: { collection: 'grants', document: documentOf(idOf(stream), 1, {}) } };
    await t.rejects(journal.record(wrong), TypeError);
    t.strictSame(await events.readStream(stream), []);
  });

  check('both are there after the stores were opened again', async (t, { journal }, { reopen }) => {
    if (reopen === undefined) return void t.comment('not run: these stores keep nothing');
    const stream = freshStream();
    const entries = [entryOf(stream), entryOf(stream, 0, 2)];
    for (const entry of entries) await journal.record(entry);
    const again = await reopen();
    t.strictSame(
      await again.events.readStream(stream),
      entries.flatMap((entry) => entry.events),
    );
    t.strictSame(await again.readModels.get('grants', idOf(stream)), entries[1]?.projection?.document);
  });

  check('a closed store is unavailable', async (t, { journal }, made) => {
    await made.close();
    await t.rejects(journal.record(entryOf(freshStream())), { name: 'StoreUnavailable' });
  });
}
