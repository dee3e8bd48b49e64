import type { DatabaseSync } from 'node:sqlite';
import type { KeyVault } from '#ports/key-vault.ts';
import { prepareQuery } from './database.ts';
import { reading } from './sqlite-error.ts';
import type { Writer } from './writer.ts';

interface Row {
  readonly wrapped: Uint8Array | null;
}

/** Wrapped keys; a destroyed one is a row without its key. */
export function createKeyVault(database: DatabaseSync, writer: Writer): KeyVault {
  const byId = prepareQuery<Row>(database, 'SELECT wrapped FROM keys WHERE id = ?');
  const from = prepareQuery<{ id: string }>(database, 'SELECT id FROM keys WHERE id >= ? AND wrapped IS NOT NULL ORDER BY id');
  const insert = database.prepare('INSERT INTO keys (id, wrapped) VALUES (?, ?)');
  // PRAGMA secure_delete fills with zeros what this frees.
  const destroy = database.prepare('INSERT INTO keys (id, wrapped) VALUES (?, NULL) ON CONFLICT (id) DO UPDATE SET wrapped = NULL');

  return {
    create: (id, wrapped) =>
      writer.enqueue(() => {
        const row = byId.get(id);
        if (row !== undefined) return row.wrapped === null ? 'destroyed' : 'exists';
        insert.run(id, wrapped);
        return 'created';
      }),
    read: async (id) => {
      const row = reading(() => byId.get(id));
      if (row === undefined) return null;
      return row.wrapped === null ? { status: 'destroyed' } : { status: 'live', wrapped: row.wrapped };
    },
    destroy: (id) =>
      writer.enqueue(() => {
        destroy.run(id);
      }, writer.scrub),
    list: async (prefix) =>
      reading(() => {
        const ids: string[] = [];
        for (const { id } of from.iterate(prefix)) {
          if (!id.startsWith(prefix)) break;
          ids.push(id);
        }
        return ids;
      }),
  };
}
