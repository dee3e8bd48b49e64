import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventStore, Subscription } from '#ports/event-store.ts';
import { type EventLog, toPositioned } from './event-log.ts';
import { reading } from './sqlite-error.ts';
import type { Writer } from './writer.ts';

const BATCH = 256;

/**
 * Reads the log forward batch by batch, then sleeps until the writer has committed. An error of the handler or of a read ends it and rejects `ended`;
 * closing it, closing the store and the end of a failed writer resolve `ended`.
 */
export function subscribe(log: EventLog, writer: Writer, ...[options, handle]: Parameters<EventStore['subscribe']>): Subscription {
  const prefix = options.prefix ?? '';
  let closed = false;
  let wake = (): void => {};
  const stopListening = writer.onChange(() => wake());
  const going = (): boolean => !closed && writer.state === 'open';

  async function run(): Promise<void> {
    let after = options.after;
    // The first event comes after `subscribe` has returned.
    await nextTurn();
    while (going()) {
      const rows = reading(() => log.rowsAfter(after, BATCH));
      for (const row of rows) {
        if (!going()) return;
        if (row.stream.startsWith(prefix)) {
          const handled = handle(toPositioned(row));
          if (handled !== undefined) await handled;
        }
        after = row.position;
      }
      // Nothing is awaited between an empty read and this, so no commit is missed. A long catch-up lets others run between batches.
      if (rows.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      else await nextTurn();
    }
  }

  return {
    ended: run().finally(stopListening),
    close: () => {
      closed = true;
      wake();
    },
  };
}
