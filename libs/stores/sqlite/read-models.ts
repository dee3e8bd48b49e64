import type { Document } from '#kernel/aggregate.ts';
import type { ListFilter, ReadModels } from '#ports/read-models.ts';
import { toRow } from './document-row.ts';
import type { Documents } from './documents.ts';
import { reading } from './sqlite-error.ts';
import type { Writer } from './writer.ts';

export function createReadModels(documents: Documents, writer: Writer): ReadModels {
  return {
    async get<State>(collection: string, id: string): Promise<Document<State> | null> {
      return reading(() => documents.get(collection, id)) as Document<State> | null;
    },
    async replace(collection: string, document: Document): Promise<'written' | 'stale'> {
      const row = toRow(document);
      return writer.enqueue(
        () => documents.write(collection, row),
        (result) => {
          if (result === 'written') documents.committed(collection, row);
        },
      );
    },
    async list<State>(collection: string, filter: ListFilter, after: string | null, limit: number): Promise<readonly Document<State>[]> {
      return reading(() => documents.list(collection, filter, after, limit)) as readonly Document<State>[];
    },
  };
}
