import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '#ports/clock.ts';
import type { EphemeralStore } from '#ports/ephemeral-store.ts';
import type { EventStore } from '#ports/event-store.ts';
import type { Journal } from '#ports/journal.ts';
import type { KeyVault } from '#ports/key-vault.ts';
import type { ReadModels } from '#ports/read-models.ts';
import type { StoreCheck } from '#ports/store-check.ts';
import { createPrivateFile, prepareDirectory, refuseClosedFiles } from './data-directory.ts';
import { MEMORY, openDatabase } from './database.ts';
import { createDocuments } from './documents.ts';
import { createEphemeralStore } from './ephemeral-store.ts';
import { createEventLog } from './event-log.ts';
import { createEventStore } from './event-store.ts';
import { refuseForeignFile } from './format.ts';
import { createJournal } from './journal.ts';
import { createKeyVault } from './key-vault.ts';
import { type DirectoryLock, lockDirectory, lockFile } from './lock.ts';
import { createReadModels } from './read-models.ts';
import { createStoreCheck } from './store-check.ts';
import { createWriter } from './writer.ts';

export interface SqliteStoreOptions {
  /** The data directory (made with mode 0700 if it is missing), or `:memory:`. */
  readonly directory: string;
  /** Read-model collections: small letters and underscores. */
  readonly collections: readonly string[];
  readonly clock: Clock;
  /** Called once, with the first error of a write, commit or sync. Nothing is written any more; the process has to end. */
  readonly onFatal: (error: Error) => void;
  /** Upper bound of the database in pages of 4 KiB; reaching it is an error like a full disk. Tests make a store fail with it. */
  readonly maxPages?: number;
}

/** Everything the embedded topology stores: one SQLite database, one connection, one writer. */
export interface SqliteStores {
  readonly events: EventStore;
  readonly readModels: ReadModels;
  readonly journal: Journal;
  readonly ephemeral: EphemeralStore;
  readonly vault: KeyVault;
  readonly check: StoreCheck;
  /** True after a fatal error: writes are refused with StoreUnavailable, reads still show what was committed before. */
  readonly failed: boolean;
  /** Commits what is queued, ends subscriptions, closes the database and frees the directory. May be called twice. */
  close(): Promise<void>;
}

export const DATABASE_FILE = 'grantlog.db';

/** @throws DataDirectoryUnusable, DataDirectoryLocked, DataFormatTooNew: each with a message of one line, nothing written */
export function openSqliteStores({ directory, collections, clock, onFatal, maxPages }: SqliteStoreOptions): SqliteStores {
  const lock = directory === MEMORY ? null : claim(directory);
  try {
    const file = directory === MEMORY ? MEMORY : join(directory, DATABASE_FILE);
    const database = openDatabase({ file, collections, ...(maxPages === undefined ? {} : { maxPages }) });
    const writer = createWriter(database, onFatal);
    const log = createEventLog(database);
    const documents = createDocuments(database, collections);
    return {
      events: createEventStore(log, writer),
      readModels: createReadModels(documents, writer),
      journal: createJournal(log, documents, writer),
      ephemeral: createEphemeralStore(database, writer, clock),
      vault: createKeyVault(database, writer),
      check: createStoreCheck(database),
      get failed() {
        return writer.state === 'failed';
      },
      close: async () => {
        writer.close();
        lock?.release();
      },
    };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** Makes sure that the directory is usable, of a format that this version knows, and nobody else's. */
function claim(directory: string): DirectoryLock {
  prepareDirectory(directory);
  const file = join(directory, DATABASE_FILE);
  refuseClosedFiles(directory, [file, `${file}-wal`, `${file}-shm`, lockFile(directory)]);
  // Where no lock file is, nobody is running: look before even that file is made. Where one is, opening and closing the database file before
  // the lock is ours could drop the locks of another store in this process.
  if (!existsSync(lockFile(directory))) refuseForeignFile(file);
  const lock = lockDirectory(directory);
  try {
    refuseForeignFile(file);
    createPrivateFile(file);
    return lock;
  } catch (error) {
    lock.release();
    throw error;
  }
}
