import { closeSync, openSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { DataDirectoryUnusable, reasonOf } from './data-directory.ts';

/** Version of the tables in the database file (`PRAGMA user_version`). A change to them is a new number and a step that lifts older files. */
export const FORMAT = 1;
/** Marks the file as ours (`PRAGMA application_id`): "GrLg". */
export const APPLICATION_ID = 0x47724c67;

/** The data was written by a newer version of this program. Nothing was changed. */
export class DataFormatTooNew extends Error {
  constructor(file: string, format: number) {
    super(`${file} has data format ${format}; this version reads up to ${FORMAT}: use the newer version that wrote it`);
    this.name = 'DataFormatTooNew';
  }
}

const HEADER_BYTES = 100;
const MAGIC = 'SQLite format 3\0';

/**
 * Looks at the header of a database file without SQLite, which would make files beside it. A missing or empty file passes.
 * @throws DataFormatTooNew; DataDirectoryUnusable for a file that is not ours
 * @see https://www.sqlite.org/fileformat2.html#the_database_header
 */
export function refuseForeignFile(file: string): void {
  const header = readHeader(file);
  if (header.length === 0) return;
  if (header.length < HEADER_BYTES || header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new DataDirectoryUnusable(dirname(file), `${file} is not an SQLite database`);
  }
  checkFormat(file, { format: header.readInt32BE(60), applicationId: header.readInt32BE(68) });
}

/** @throws DataFormatTooNew; DataDirectoryUnusable for a database of another program */
export function checkFormat(file: string, found: { readonly format: number; readonly applicationId: number }): void {
  if (found.applicationId !== APPLICATION_ID) throw new DataDirectoryUnusable(dirname(file), `${file} belongs to another program`);
  if (found.format > FORMAT) throw new DataFormatTooNew(file, found.format);
}

function readHeader(file: string): Buffer {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw new DataDirectoryUnusable(dirname(file), reasonOf(error), { cause: error });
  }
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    return header.subarray(0, readSync(descriptor, header, 0, HEADER_BYTES, 0));
  } catch (error) {
    throw new DataDirectoryUnusable(dirname(file), reasonOf(error), { cause: error });
  } finally {
    closeSync(descriptor);
  }
}
