import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EVENT_CATALOGS } from '#audit/catalogs.ts';
import type { RecordedEvent } from '#kernel/event.ts';
import { decodeEvent, type EventCatalog } from '#kernel/event-catalog.ts';
import { categoryOf } from '#kernel/stream-name.ts';
import { DATABASE_FILE } from '#stores/sqlite/open.ts';

const catalogs: { readonly [category: string]: EventCatalog } = EVENT_CATALOGS;

/** Every event that a running or stopped embedded server has in its log, in order, each checked against its schema. */
export function recordedEvents(dataDir: string): readonly RecordedEvent[] {
  const database = new DatabaseSync(join(dataDir, DATABASE_FILE), { readOnly: true });
  try {
    const rows = database.prepare('SELECT leaf FROM events ORDER BY position').all();
    return rows.map(({ leaf }) => {
      const event = JSON.parse(String(leaf)) as RecordedEvent;
      return decodeEvent(catalogs[categoryOf(event.stream)] ?? {}, event);
    });
  } finally {
    database.close();
  }
}
