import type { Journal } from '#ports/journal.ts';
import { StoreUnavailable } from '#ports/store-errors.ts';
import { toRow } from './document-row.ts';
import type { Documents } from './documents.ts';
import { type EventLog, prepareAppend } from './event-log.ts';
import type { Writer } from './writer.ts';

/** Events and the document that they lead to, in one commit. */
export function createJournal(log: EventLog, documents: Documents, writer: Writer): Journal {
  return {
    record: async (entry) => {
      const prepared = prepareAppend(entry);
      const { projection } = entry;
      if (projection === null) return writer.enqueue(() => log.append(prepared));

      const { collection, document } = projection;
      const revision = entry.expectedRevision + entry.events.length;
      if (document.revision !== revision) throw new TypeError(`document ${document.id} has revision ${document.revision}, its stream ${revision}`);
      const row = toRow(document);
      return writer.enqueue(
        () => {
          const result = log.append(prepared);
          if (result.kind === 'appended' && documents.write(collection, row) === 'stale') {
            throw new StoreUnavailable(`document ${document.id} is ahead of its stream ${entry.stream}`);
          }
          return result;
        },
        (result) => {
          if (result.kind === 'appended') documents.committed(collection, row);
        },
      );
    },
  };
}
