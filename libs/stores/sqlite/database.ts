import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { DataDirectoryUnusable, reasonOf } from './data-directory.ts';
import { APPLICATION_ID, checkFormat, FORMAT } from './format.ts';

export const MEMORY = ':memory:';

/** How long a write waits for a lock of somebody else's tool. Nobody of ours writes on another connection. */
export const BUSY_TIMEOUT_MS = 1_000;

/** The table of a read-model collection; the prefix keeps it apart from the tables of the log. */
export const tableOf = (collection: string): string => `documents_${collection}`;

const LOG = `
  CREATE TABLE IF NOT EXISTS events (
    position INTEGER PRIMARY KEY, stream TEXT NOT NULL, revision INTEGER NOT NULL, leaf TEXT NOT NULL,
    UNIQUE (stream, revision)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS ephemeral (
    kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, expires_at REAL NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS ephemeral_expires_at ON ephemeral (expires_at);
  CREATE TABLE IF NOT EXISTS keys (id TEXT PRIMARY KEY NOT NULL, wrapped BLOB) STRICT;
`;

/** With a rowid: documents are larger than the quarter page up to which SQLite keeps a row of a WITHOUT ROWID table in one piece. */
const documents = (table: string): string => `
  CREATE TABLE IF NOT EXISTS ${table} (
    id TEXT PRIMARY KEY NOT NULL, revision INTEGER NOT NULL, time TEXT NOT NULL,
    sub TEXT, client_id TEXT, status TEXT, expires_at TEXT, state TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS ${table}_sub ON ${table} (sub, id) WHERE sub IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ${table}_client_id ON ${table} (client_id, id) WHERE client_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS ${table}_status ON ${table} (status, id) WHERE status IS NOT NULL;
`;

export interface DatabaseOptions {
  /** Path of the database file, or `:memory:`. */
  readonly file: string;
  readonly collections: readonly string[];
  /** Upper bound of the database in pages of 4 KiB. Beyond it writes fail with a real SQLITE_FULL, which ends the store. */
  readonly maxPages?: number;
}

/**
 * Opens the one read-write connection and makes what is missing. The caller holds the lock of the directory.
 * @throws DataFormatTooNew, DataDirectoryUnusable
 */
export function openDatabase(options: DatabaseOptions): DatabaseSync {
  for (const collection of options.collections) {
    if (!/^[a-z_]+$/.test(collection)) throw new TypeError(`not a collection name: ${collection}`);
  }
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(options.file, { enableForeignKeyConstraints: false, timeout: BUSY_TIMEOUT_MS });
    prepare(database, options);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof Error && 'errcode' in error) throw new DataDirectoryUnusable(options.file, reasonOf(error), { cause: error });
    throw error;
  }
}

function prepare(database: DatabaseSync, { file, collections, maxPages }: DatabaseOptions): void {
  // Again, because the header that was looked at before can be older than what the write-ahead log of a killed process holds.
  const format = numberOf(database, 'PRAGMA user_version');
  const fresh = numberOf(database, 'SELECT count(*) FROM sqlite_schema') === 0;
  if (!fresh) checkFormat(file, { format, applicationId: numberOf(database, 'PRAGMA application_id') });
  // fullfsync: on macOS a plain fsync leaves the data in the drive's cache.
  database.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA secure_delete = ON; PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY');
  if (maxPages !== undefined) database.exec(`PRAGMA max_page_count = ${Math.trunc(maxPages)}`);
  // Made in one transaction with a rollback journal, so that the main file always has a header that says what it is.
  const schema = LOG + collections.map((collection) => documents(tableOf(collection))).join('');
  const stamp = fresh ? `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${FORMAT};` : '';
  database.exec(`BEGIN IMMEDIATE; ${schema} ${stamp} COMMIT`);
  // Checkpoints are run by hand: the automatic one hides its errors. The first one removes what a killed process left.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; PRAGMA wal_checkpoint(TRUNCATE)');
}

/** The first column of the first row. */
function numberOf(database: DatabaseSync, sql: string): number {
  const value = Object.values(database.prepare(sql).get() ?? {})[0];
  return typeof value === 'number' ? value : 0;
}

/** A read statement whose columns are named in `Row`: the one place where SQLite's values are believed to be what the schema says. */
export interface Query<Row> {
  get(...parameters: SQLInputValue[]): Row | undefined;
  all(...parameters: SQLInputValue[]): Row[];
  iterate(...parameters: SQLInputValue[]): Iterable<Row>;
}

export const prepareQuery = <Row>(database: DatabaseSync, sql: string): Query<Row> => database.prepare(sql) as unknown as Query<Row>;
