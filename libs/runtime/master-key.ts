import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createKeyring, masterKeyCheck } from '#credentials/keyring.ts';
import type { KeyVault } from '#ports/key-vault.ts';
import type { Random } from '#ports/random.ts';
import type { StoreCheck } from '#ports/store-check.ts';
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

/** What a data directory and the configuration say before the store is opened. */
export interface FoundMasterKey {
  /** Null when there is none: one may be made if the vault is empty. */
  readonly key: Buffer | null;
  /** Whether the directory holds the check of a key: then there is a store with keys in it, or was. */
  readonly isChecked: boolean;
}

/**
 * The master key that a data directory goes with: the configured one, else the one in the directory. Reads only.
 * @throws ConfigError when the key is not the one that the directory was made with
 */
export function findMasterKey(dataDir: string, configured: Uint8Array | null): FoundMasterKey {
  const stored = readIfThere(join(dataDir, KEY_FILE));
  const check = readIfThere(join(dataDir, CHECK_FILE));
  const key = configured !== null ? Buffer.from(configured) : stored !== null ? Buffer.from(stored, 'base64url') : null;
  if (key === null && check !== null) throw new ConfigError('masterKey', 'the data directory was made with a master key that is neither configured nor in it', EXAMPLE);
  if (key !== null && key.length !== 32) throw new ConfigError('masterKey', `${JSON.stringify(join(dataDir, KEY_FILE))} does not hold 32 bytes in base64url`, EXAMPLE);
  if (key !== null && check !== null && check !== masterKeyCheck(key)) throw new ConfigError('masterKey', 'is not the key that the data directory was made with', EXAMPLE);
  return { key, isChecked: check !== null };
}

/** The data directory was in use, but its database is not there or has no keys: starting would begin a second history. */
export const databaseLost = (dataDir: string): ConfigError =>
  new ConfigError('dataDir', `${JSON.stringify(dataDir)} has lost its database (${CHECK_FILE} is there, the keys are not); restore it, or name another directory`, './data');

/**
 * The key to open a store with: the one found, or for a vault that never held a key a new one. Opens one key of the vault to see. Writes nothing.
 * @throws ConfigError, WrongMasterKey
 */
export async function chooseMasterKey(dataDir: string, { key, isChecked }: FoundMasterKey, { check, vault }: { readonly check: StoreCheck; readonly vault: KeyVault }, random: Random): Promise<Buffer> {
  const { isUsed, liveKey } = check.vault();
  if (isChecked && !isUsed) throw databaseLost(dataDir);
  if (key === null && isUsed) throw new ConfigError('masterKey', 'the store holds keys of a master key that is neither configured nor in the data directory', EXAMPLE);
  if (key === null) return random.bytes(32);
  if (liveKey !== null) await createKeyring(vault, key, random).existing(liveKey);
  return key;
}

/** Leaves a key that was made for the directory in it; before anything is wrapped by it. */
export function keepMasterKey(dataDir: string, key: Buffer): void {
  writePrivate(join(dataDir, KEY_FILE), `${key.toString('base64url')}\n`);
}

/** Leaves what recognises the key; not before the vault holds a key that it opens, so that a check without keys means that they were lost. */
export function keepMasterKeyCheck(dataDir: string, key: Buffer): void {
  writePrivate(join(dataDir, CHECK_FILE), `${masterKeyCheck(key)}\n`);
}
