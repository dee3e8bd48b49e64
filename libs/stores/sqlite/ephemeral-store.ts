import type { DatabaseSync } from 'node:sqlite';
import canonicalize from 'canonicalize';
import type { Json } from '#kernel/json.ts';
import type { Clock } from '#ports/clock.ts';
import type { EphemeralRecord, EphemeralStore } from '#ports/ephemeral-store.ts';
import { prepareQuery } from './database.ts';
import { reading } from './sqlite-error.ts';
import type { Writer } from './writer.ts';

/** Every so many writes at most so many expired records are deleted: faster than they can come, and never much at once. */
const TIDY_EVERY = 32;
const TIDY_AT_MOST = 64;

/** A record as its table holds it: canonical JSON, so that equal values are equal texts whatever the order of members was. */
interface Row {
  readonly value: string;
  readonly expires_at: number;
}

/** A record is live before `expiresAt`; from then on every call treats it as absent, whether it was deleted or not. */
export function createEphemeralStore(database: DatabaseSync, writer: Writer, clock: Clock): EphemeralStore {
  const live = prepareQuery<Row>(database, 'SELECT value, expires_at FROM ephemeral WHERE kind = ? AND key = ? AND expires_at > ?');
  const put = database.prepare('INSERT OR REPLACE INTO ephemeral (kind, key, value, expires_at) VALUES (?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM ephemeral WHERE kind = ? AND key = ?');
  const tidy = database.prepare(`
    DELETE FROM ephemeral WHERE (kind, key) IN (SELECT kind, key FROM ephemeral WHERE expires_at <= ? ORDER BY expires_at LIMIT ${TIDY_AT_MOST})`);
  let writes = 0;

  /** One atomic step on one record: `next` sees the live record and answers what to put in its place; null leaves it. */
  const step = (kind: string, key: string, next: (present: Row | undefined) => Row | null): Promise<Row | null> =>
    writer.enqueue(() => {
      const now = clock.now();
      const row = next(live.get(kind, key, now));
      if (row !== null) put.run(kind, key, row.value, row.expires_at);
      if (++writes % TIDY_EVERY === 0) tidy.run(now);
      return row;
    });

  return {
    insert: async (kind, key, value, expiresAt) => {
      const row = toRow(value, expiresAt);
      return (await step(kind, key, (present) => (present === undefined ? row : null))) !== null;
    },
    async get<Value extends Json>(kind: string, key: string): Promise<EphemeralRecord<Value> | null> {
      const row = reading(() => live.get(kind, key, clock.now()));
      return row === undefined ? null : { value: JSON.parse(row.value), expiresAt: row.expires_at };
    },
    compareAndSet: async (kind, key, expected, next, expiresAt) => {
      const row = toRow(next, expiresAt);
      const wanted = expected === null ? undefined : toText(expected);
      return (await step(kind, key, (present) => (present?.value === wanted ? row : null))) !== null;
    },
    increment: async (kind, key, by, expiresAt) => {
      const row = await step(kind, key, (present) => toRow(numberOf(kind, present, 0) + by, present?.expires_at ?? expiresAt));
      return Number(row?.value);
    },
    max: async (kind, key, value, expiresAt) => {
      const row = toRow(value, expiresAt);
      await step(kind, key, (present) => (numberOf(kind, present, Number.NEGATIVE_INFINITY) < value ? row : null));
    },
    delete: (kind, key) =>
      writer.enqueue(() => {
        remove.run(kind, key);
      }),
  };
}

/** @throws Error for what JSON cannot hold, a lone surrogate included */
function toText(value: Json): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('not a JSON value');
  return text;
}

const toRow = (value: Json, expiresAt: number): Row => ({ value: toText(value), expires_at: expiresAt });

function numberOf(kind: string, row: Row | undefined, absent: number): number {
  if (row === undefined) return absent;
  const value: unknown = JSON.parse(row.value);
  if (typeof value !== 'number') throw new TypeError(`an ephemeral record of kind ${kind} is no number`);
  return value;
}
