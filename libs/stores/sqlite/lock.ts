import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { createPrivateFile, DataDirectoryUnusable, reasonOf } from './data-directory.ts';
import { sqliteErrorCode, SQLITE_BUSY } from './sqlite-error.ts';

/** Another process works on this data directory. */
export class DataDirectoryLocked extends Error {
  constructor(directory: string) {
    super(`data directory ${directory} is in use by another process`);
    this.name = 'DataDirectoryLocked';
  }
}

/** Held for the life of the process. The operating system lets go of it when the process ends, however it ends. */
export interface DirectoryLock {
  release(): void;
}

export const lockFile = (directory: string): string => join(directory, 'lock');

/**
 * Takes the data directory for this process: an exclusive transaction on an empty SQLite file of its own, because Node has no file locks.
 * Never read that file from this process: POSIX drops the locks of a file whenever any descriptor of it is closed.
 * @throws DataDirectoryLocked; DataDirectoryUnusable
 */
export function lockDirectory(directory: string): DirectoryLock {
  const file = lockFile(directory);
  createPrivateFile(file);
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    // No journal file beside it: nothing is ever committed, the file stays empty. Of a file that is read-only BEGIN EXCLUSIVE takes a shared lock
    // and says nothing; a write, even one that is never committed, is refused.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE; PRAGMA user_version = 0');
  } catch (error) {
    database?.close();
    if (sqliteErrorCode(error) === SQLITE_BUSY) throw new DataDirectoryLocked(directory);
    throw new DataDirectoryUnusable(directory, reasonOf(error), { cause: error });
  }
  const held = database;
  return {
    release: () => {
      if (held.isOpen) held.close();
    },
  };
}
