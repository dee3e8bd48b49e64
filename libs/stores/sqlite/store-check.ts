import type { DatabaseSync } from 'node:sqlite';
import type { Position } from '#ports/event-store.ts';
import type { Misfit, StoreCheck } from '#ports/store-check.ts';
import { prepareQuery, tableOf } from './database.ts';
import { reading } from './sqlite-error.ts';

/**
 * Reads the documents in their own order and asks the index of the events for each head (200 ms for 100,000 documents of 1 KiB); the second
 * half reads two indexes alone (60 ms). Grouping the events by stream and joining that takes half as long again.
 * ?1 is `<category>-`, ?2 the least text after all that start with it.
 */
const misfitsOf = (table: string): string => `
  SELECT id, revision AS document, coalesce((SELECT max(revision) FROM events WHERE stream = ?1 || id), -1) AS head FROM ${table}
  WHERE revision IS NOT (SELECT revision FROM events WHERE stream = ?1 || id ORDER BY revision DESC LIMIT 1)
  UNION ALL
  SELECT substr(stream, length(?1) + 1), -1, (SELECT max(revision) FROM events WHERE stream = first.stream) FROM events AS first
  WHERE stream >= ?1 AND stream < ?2 AND revision = 0 AND substr(stream, length(?1) + 1) NOT IN (SELECT id FROM ${table})`;

export function createStoreCheck(database: DatabaseSync): StoreCheck {
  return {
    misfits: (category, collection) => reading(() => prepareQuery<Misfit>(database, misfitsOf(tableOf(collection))).all(`${category}-`, `${category}.`)),
    positionOf: (stream, revision) =>
      reading(() => prepareQuery<{ position: Position }>(database, 'SELECT position FROM events WHERE stream = ? AND revision = ?').get(stream, revision))?.position ?? null,
    vault: () => {
      const sql = 'SELECT EXISTS (SELECT 1 FROM keys) AS used, (SELECT id FROM keys WHERE wrapped IS NOT NULL LIMIT 1) AS live';
      const row = reading(() => prepareQuery<{ used: number; live: string | null }>(database, sql).get());
      return { isUsed: row?.used === 1, liveKey: row?.live ?? null };
    },
  };
}
