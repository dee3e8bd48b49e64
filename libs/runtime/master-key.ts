import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { masterKeyCheck } from '#credentials/keyring.ts';
import type { Random } from '#ports/random.ts';
import { ConfigError } from './config/config-error.ts';

const KEY_FILE = 'master.key';
const CHECK_FILE = 'master.check';
const EXAMPLE = 'GRANTLOG_MASTER_KEY=<the 43 characters this data directory was made with>';

/** Written beside and moved into place, so that a file is there whole or not at all. Mode 0600. */
function writePrivate(path: string, text: string): void {
  const beside = `${path}.new`;
  const file = openSync(beside, 'w', 0o600);
  writeSync(file, text);
  fsyncSync(file);
  closeSync(file);
  renameSync(beside, path);
}

function readIfThere(path: string): string | null {
  try {
    return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new ConfigError('dataDir', `cannot read ${JSON.stringify(path)} (${code})`, './data');
  }
}

/**
 * The master key that a data directory goes with: the configured one, else the one in the directory. Reads only.
 * @returns null when there is neither: one may be made, by `keepMasterKey`
 * @throws ConfigError when the key is not the one that the directory was made with
 */
export function findMasterKey(dataDir: string, configured: Uint8Array | null): Buffer | null {
  const stored = readIfThere(join(dataDir, KEY_FILE));
  const check = readIfThere(join(dataDir, CHECK_FILE));
  const key = configured !== null ? Buffer.from(configured) : stored !== null ? Buffer.from(stored, 'base64url') : null;
  if (key === null && check !== null) throw new ConfigError('masterKey', 'the data directory was made with a master key that is neither configured nor in it', EXAMPLE);
  if (key !== null && key.length !== 32) throw new ConfigError('masterKey', `${JSON.stringify(join(dataDir, KEY_FILE))} does not hold 32 bytes in base64url`, EXAMPLE);
  if (key !== null && check !== null && check !== masterKeyCheck(key)) throw new ConfigError('masterKey', 'is not the key that the data directory was made with', EXAMPLE);
  return key;
}

/** Leaves in the directory what recognises the key, and a key that was made for it. */
export function keepMasterKey(dataDir: string, found: Buffer | null, random: Random): Buffer {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const key = found ?? random.bytes(32);
  if (found === null) writePrivate(join(dataDir, KEY_FILE), `${key.toString('base64url')}\n`);
  const checkFile = join(dataDir, CHECK_FILE);
  if (!existsSync(checkFile)) writePrivate(checkFile, `${masterKeyCheck(key)}\n`);
  return key;
}
