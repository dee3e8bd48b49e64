import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { LRUCache } from 'lru-cache';
import type { Document } from '#kernel/aggregate.ts';
import type { ListFilter } from '#ports/read-models.ts';
import { type Query, prepareQuery, tableOf } from './database.ts';
import { type DocumentRow, fromRow } from './document-row.ts';

/** Documents kept in memory, over all collections: at 1 KiB of JSON each some 60 MiB when full. */
const CACHED_DOCUMENTS = 20_000;
/** Ids that are known to have no document, such as tokens that nobody revoked. */
const CACHED_ABSENCES = 20_000;

/**
 * The tables of the read models with a cache in front, which is exact because this process is the only writer. A document just written is kept as text and
 * parsed by its first reader, so what is read is in every case what the disk holds.
 */
export interface Documents {
  get(collection: string, id: string): Document | null;
  /** Writes if newer. Belongs inside the writer's commit, and after it `committed`. */
  write(collection: string, row: DocumentRow): 'written' | 'stale';
  committed(collection: string, row: DocumentRow): void;
  list(collection: string, filter: ListFilter, after: string | null, limit: number): readonly Document[];
}

interface Table {
  readonly byId: Query<DocumentRow>;
  /** From the cheapest: each touches fewer indexes than the next, and matches only if what it leaves out is unchanged. */
  readonly updates: readonly StatementSync[];
  readonly upsert: StatementSync;
  readonly lists: Map<string, Query<DocumentRow>>;
}

const COLUMNS = 'id, revision, time, sub, client_id, status, expires_at, state';
const UPDATE = 'revision = ?2, time = ?3, expires_at = ?7, state = ?8';
const NEWER = 'id = ?1 AND revision < ?2 AND sub IS ?4 AND client_id IS ?5';

export function createDocuments(database: DatabaseSync, collections: readonly string[]): Documents {
  const tables = new Map(collections.map((collection) => [collection, prepareTable(database, tableOf(collection))]));
  const cache = new LRUCache<string, { unread: DocumentRow } | { document: Document }>({ max: CACHED_DOCUMENTS });
  const absent = new LRUCache<string, true>({ max: CACHED_ABSENCES });
  const keyOf = (collection: string, id: string): string => `${collection}/${id}`;

  function tableFor(collection: string): Table {
    const table = tables.get(collection);
    if (table === undefined) throw new TypeError(`no such collection: ${collection}`);
    return table;
  }

  function read(collection: string, id: string): Document | null {
    const row = tableFor(collection).byId.get(id);
    return row === undefined ? null : fromRow(row);
  }

  return {
    get: (collection, id) => {
      const key = keyOf(collection, id);
      const cached = cache.get(key);
      if (cached !== undefined && 'document' in cached) return cached.document;
      if (cached === undefined && absent.get(key) === true) return null;
      const document = cached === undefined ? read(collection, id) : fromRow(cached.unread);
      if (document === null) absent.set(key, true);
      else cache.set(key, { document });
      return document;
    },
    write: (collection, row) => {
      const { updates, upsert } = tableFor(collection);
      const known = cache.has(keyOf(collection, row.id));
      for (const statement of known ? [...updates, upsert] : [upsert]) {
        const { id, revision, time, sub, client_id, status, expires_at, state } = row;
        if (statement.run(id, revision, time, sub, client_id, status, expires_at, state).changes === 1) return 'written';
      }
      return 'stale';
    },
    committed: (collection, row) => {
      const key = keyOf(collection, row.id);
      absent.delete(key);
      cache.set(key, { unread: row });
    },
    list: (collection, filter, after, limit) => {
      const table = tableFor(collection);
      const conditions = conditionsOf(filter);
      const shape = conditions.map(([sql]) => sql).join(' AND ');
      let query = table.lists.get(shape);
      if (query === undefined) {
        query = prepareQuery(database, `SELECT ${COLUMNS} FROM ${tableOf(collection)} WHERE ${shape} ${shape && 'AND'} id > ? ORDER BY id LIMIT ?`);
        table.lists.set(shape, query);
      }
      return query.all(...conditions.map(([, value]) => value), after ?? '', Math.max(0, limit)).map(fromRow);
    },
  };
}

function prepareTable(database: DatabaseSync, table: string): Table {
  return {
    byId: prepareQuery(database, `SELECT ${COLUMNS} FROM ${table} WHERE id = ?`),
    updates: [database.prepare(`UPDATE ${table} SET ${UPDATE} WHERE ${NEWER} AND status IS ?6`), database.prepare(`UPDATE ${table} SET ${UPDATE}, status = ?6 WHERE ${NEWER}`)],
    upsert: database.prepare(`
      INSERT INTO ${table} (${COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      ON CONFLICT (id) DO UPDATE SET ${UPDATE}, sub = ?4, client_id = ?5, status = ?6 WHERE revision < ?2`),
    lists: new Map(),
  };
}

/** One index leads: the subject's few documents, else the client's, else those of a status. The plus keeps SQLite from choosing another. */
function conditionsOf({ sub, clientId, status }: ListFilter): readonly (readonly [sql: string, value: string])[] {
  const given = Object.entries({ sub, client_id: clientId, status }).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.map(([column, value], index) => [`${index === 0 ? '' : '+'}${column} = ?`, value]);
}
