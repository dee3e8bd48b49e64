import type { EventStore } from '#ports/event-store.ts';
import { type EventLog, prepareAppend, toPositioned } from './event-log.ts';
import { reading } from './sqlite-error.ts';
import { subscribe } from './subscription.ts';
import type { Writer } from './writer.ts';

export function createEventStore(log: EventLog, writer: Writer): EventStore {
  return {
    append: async (append) => {
      const prepared = prepareAppend(append);
      return writer.enqueue(() => log.append(prepared));
    },
    readStream: async (stream, from = 0) => reading(() => log.readStream(stream, from)),
    readAll: async (after, limit) => reading(() => log.rowsAfter(after, limit)).map(toPositioned),
    subscribe: (options, handle) => subscribe(log, writer, options, handle),
  };
}
