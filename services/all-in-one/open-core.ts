import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '#ports/clock.ts';
import type { Random } from '#ports/random.ts';
import { applyBootstrap } from '#runtime/bootstrap.ts';
import { findBehind, repairDocuments } from '#runtime/check-store.ts';
import { ConfigError } from '#runtime/config/config-error.ts';
import type { Config } from '#runtime/config/schema.ts';
import type { Core } from '#runtime/core.ts';
import { AGGREGATES, algorithmsInUse, COLLECTIONS, createCore } from '#runtime/create-core.ts';
import { chooseMasterKey, databaseLost, findMasterKey, keepMasterKey, keepMasterKeyCheck } from '#runtime/master-key.ts';
import { DATABASE_FILE, openSqliteStores } from '#stores/sqlite/open.ts';

export interface OpenCoreOptions {
  readonly config: Config;
  readonly issuer: string;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: Random;
  readonly onFatal: (error: Error) => void;
}

export interface OpenCore {
  readonly core: Core;
  close(): Promise<void>;
}

/** @throws ConfigError for stores that this release cannot open: the embedded one would be another store than the one that is meant */
export function refuseRemoteStores(config: Config): void {
  if (config.stores.events !== null) throw new ConfigError('stores.events', 'remote stores are not part of this release; leave it out to use the embedded store', 'GRANTLOG_DATA_DIR=./data');
}

/** Opening would make one, so look before. */
const hasDatabase = (dataDir: string): boolean => (statSync(join(dataDir, DATABASE_FILE), { throwIfNoEntry: false })?.size ?? 0) > 0;

/**
 * Opens the embedded store of a data directory and checks it; one that is new gets its master key, documents behind the log are folded again.
 * @throws ConfigError, DataDirectoryUnusable, DataFormatTooNew, WrongMasterKey, LogWentBack (exit 78), DataDirectoryLocked (exit 1); nothing was written then
 */
export async function openEmbeddedCore({ config, issuer, log, clock, random, onFatal }: OpenCoreOptions): Promise<OpenCore> {
  const { dataDir } = config;
  const found = findMasterKey(dataDir, config.masterKey);
  if (found.isChecked && !hasDatabase(dataDir)) throw databaseLost(dataDir);
  const stores = openSqliteStores({ directory: dataDir, collections: COLLECTIONS, clock, onFatal });
  try {
    const masterKey = await chooseMasterKey(dataDir, found, stores, random);
    const core = createCore({ config, issuer, masterKey, log, clock, random, stores });
    const behind = findBehind(stores.check, AGGREGATES);
    // Nothing was written so far.
    if (found.key === null) keepMasterKey(dataDir, masterKey);
    if (!stores.check.vault().isUsed) await core.credentialKeys.active();
    if (!found.isChecked) keepMasterKeyCheck(dataDir, masterKey);
    await repairDocuments(behind, { check: stores.check, commands: core.commands, readModels: stores.readModels, log });
    return { core, close: () => stores.close() };
  } catch (error) {
    await stores.close();
    throw error;
  }
}

/** Makes the signing keys that are missing and applies bootstrap: what a server does before it is ready, and a command that only looks does not. */
export async function prepareCore(core: Core): Promise<void> {
  await core.ensureSigningKeys(algorithmsInUse(core.config));
  await applyBootstrap(core);
}
