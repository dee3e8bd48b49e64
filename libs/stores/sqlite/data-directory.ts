import { accessSync, closeSync, constants, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The data directory cannot be used; the message is one line and says why. */
export class DataDirectoryUnusable extends Error {
  constructor(directory: string, reason: string, options?: ErrorOptions) {
    super(`data directory ${directory} cannot be used: ${reason}`, options);
    this.name = 'DataDirectoryUnusable';
  }
}

/**
 * Makes the data directory (0700) if it is missing and checks that this process may read and write it. The mode of one that is there is left alone.
 * @throws DataDirectoryUnusable
 */
export function prepareDirectory(directory: string): void {
  try {
    const made = mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) syncDirectory(dirname(made));
    if (!statSync(directory).isDirectory()) throw new Error('it is not a directory');
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new DataDirectoryUnusable(directory, reasonOf(error), { cause: error });
  }
}

/**
 * Checks that this process may read and write those of the files that are there: SQLite would open one that is read-only without a word, and
 * fail at the first write. Nothing is opened.
 * @throws DataDirectoryUnusable
 */
export function refuseClosedFiles(directory: string, files: readonly string[]): void {
  for (const file of files) {
    if (!existsSync(file)) continue;
    try {
      accessSync(file, constants.R_OK | constants.W_OK);
    } catch (error) {
      throw new DataDirectoryUnusable(directory, reasonOf(error), { cause: error });
    }
  }
}

/**
 * Makes an empty file that only its owner can read (0600) unless it is there. SQLite gives the files beside it the same mode.
 * One that is there is not even opened: closing it would drop the POSIX locks that this process holds on it.
 * @throws DataDirectoryUnusable
 */
export function createPrivateFile(file: string): void {
  if (existsSync(file)) return;
  try {
    closeSync(openSync(file, 'a', 0o600));
    syncDirectory(dirname(file));
  } catch (error) {
    throw new DataDirectoryUnusable(dirname(file), reasonOf(error), { cause: error });
  }
}

/** A new name survives a power loss only once its directory is on disk. */
function syncDirectory(directory: string): void {
  const descriptor = openSync(resolve(directory), 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The system's reason as one line: `EACCES: permission denied, access '/data'`. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ');
