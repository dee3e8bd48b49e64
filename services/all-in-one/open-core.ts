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
 * Opens the embedded store of a data directory; one that is new gets its master key.
 * @throws ConfigError, DataDirectoryUnusable, DataFormatTooNew (exit 78), DataDirectoryLocked (exit 1); nothing was written then
 */
export async function openEmbeddedCore({ config, issuer, log, clock, random, onFatal }: OpenCoreOptions): Promise<OpenCore> {
  const foundKey = findMasterKey(config.dataDir, config.masterKey);
  const stores = openSqliteStores({ directory: config.dataDir, collections: COLLECTIONS, clock, onFatal });
  try {
    const masterKey = keepMasterKey(config.dataDir, foundKey, random);
    const core = createCore({ config, issuer, masterKey, log, clock, random, stores });
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
