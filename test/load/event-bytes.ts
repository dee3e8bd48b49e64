import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface LogSize {
  readonly events: number;
  readonly bytes: number;
}

/** How many events a data directory holds, and the bytes of their leaves. Read beside the running server; nothing is written. */
export function logSize(dataDir: string | null): LogSize {
  const file = join(dataDir ?? '', 'grantlog.db');
  if (dataDir === null || !existsSync(file)) return { events: 0, bytes: 0 };
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const row = database.prepare('SELECT count(*) AS events, coalesce(sum(octet_length(leaf)), 0) AS bytes FROM events').get();
    return { events: Number(row?.['events']), bytes: Number(row?.['bytes']) };
  } finally {
    database.close();
  }
}
