import { StoreUnavailable } from '#ports/store-errors.ts';

export const SQLITE_BUSY = 5;
const SQLITE_TOOBIG = 18;
const SQLITE_CONSTRAINT = 19;
const SQLITE_MISMATCH = 20;
const SQLITE_RANGE = 25;

/** Errors that a statement brings on itself and that leave the database whole. Every other one is about the database or the disk. */
const OWN_FAULT: ReadonlySet<number> = new Set([SQLITE_TOOBIG, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_RANGE]);

/**
 * The primary result code of an SQLite error; null for any other value.
 * @see https://www.sqlite.org/rescode.html
 */
export function sqliteErrorCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode & 0xff;
}

/** Whether an error thrown inside a transaction says that nothing can be relied on any more. */
export function isStoreFailure(error: unknown): boolean {
  const code = sqliteErrorCode(error);
  return code !== null && !OWN_FAULT.has(code);
}

/** Runs a read. @throws StoreUnavailable when SQLite cannot answer or the store is closed */
export function reading<T>(query: () => T): T {
  try {
    return query();
  } catch (error) {
    if (sqliteErrorCode(error) !== null || isClosed(error)) throw new StoreUnavailable('the embedded store cannot be read', { cause: error });
    throw error;
  }
}

const isClosed = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ERR_INVALID_STATE';
