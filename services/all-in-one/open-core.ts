import type { Logger } from 'pino';
import type { Clock } from '#ports/clock.ts';
import type { Random } from '#ports/random.ts';
import { applyBootstrap } from '#runtime/bootstrap.ts';
import type { Config } from '#runtime/config/schema.ts';
import type { Core } from '#runtime/core.ts';
import { algorithmsInUse, COLLECTIONS, createCore } from '#runtime/create-core.ts';
import { findMasterKey, keepMasterKey } from '#runtime/master-key.ts';
import { openSqliteStores } from '#stores/sqlite/open.ts';

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

/**
 * Opens the embedded store of a data directory, makes what is missing (master key, signing keys), and applies bootstrap.
 * @throws ConfigError, DataDirectoryUnusable, DataFormatTooNew (exit 78), DataDirectoryLocked (exit 1); nothing was written then
 */
export async function openEmbeddedCore({ config, issuer, log, clock, random, onFatal }: OpenCoreOptions): Promise<OpenCore> {
  const foundKey = findMasterKey(config.dataDir, config.masterKey);
  const stores = openSqliteStores({ directory: config.dataDir, collections: COLLECTIONS, clock, onFatal });
  try {
    const masterKey = keepMasterKey(config.dataDir, foundKey, random);
    const core = createCore({ config, issuer, masterKey, log, clock, random, stores });
    await core.ensureSigningKeys(algorithmsInUse(config));
    await applyBootstrap(core);
    return { core, close: () => stores.close() };
  } catch (error) {
    await stores.close();
    throw error;
  }
}
