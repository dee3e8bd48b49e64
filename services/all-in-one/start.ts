import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { type Clock, systemClock } from '#ports/clock.ts';
import { type Random, systemRandom } from '#ports/random.ts';
import { applyBootstrap } from '#runtime/bootstrap.ts';
import { ConfigError } from '#runtime/config/config-error.ts';
import { resolveIssuer } from '#runtime/config/load.ts';
import type { Config } from '#runtime/config/schema.ts';
import type { Core } from '#runtime/core.ts';
import { algorithmsInUse, COLLECTIONS, createCore } from '#runtime/create-core.ts';
import { type Health, healthEndpoints, refuseWhenFailed } from '#runtime/health.ts';
import { bind, createApp } from '#runtime/http-server.ts';
import { findMasterKey, keepMasterKey } from '#runtime/master-key.ts';
import { openSqliteStores } from '#stores/sqlite/open.ts';
import { endpoints } from './endpoints.ts';

export interface StartOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Called when the process has to end because its log cannot be written any more. */
  readonly onFatal?: (error: Error) => void;
}

export interface RunningServer {
  readonly url: string;
  readonly issuer: string;
  readonly core: Core;
  readonly app: FastifyInstance;
  /** Stops taking requests, answers those in flight, flushes and closes the stores. */
  stop(): Promise<void>;
}

/**
 * Starts everything in one process on the embedded store: port, then stores, then bootstrap, then ready. What fails before the stores are
 * opened has written nothing.
 * @throws ConfigError (exit 78), PortUnavailable and DataDirectoryLocked (exit 1)
 */
export async function startAllInOne({ config, log, clock = systemClock, random = systemRandom, onFatal }: StartOptions): Promise<RunningServer> {
  if (config.stores.events !== null) throw new ConfigError('stores.events', 'remote stores are not part of this release; leave it out to use the embedded store', 'GRANTLOG_DATA_DIR=./data');
  const bound = await bind(config);
  const health: Health = { status: 'ready' };
  let stores: ReturnType<typeof openSqliteStores> | null = null;
  try {
    const foundKey = findMasterKey(config.dataDir, config.masterKey);
    stores = openSqliteStores({
      directory: config.dataDir,
      collections: COLLECTIONS,
      clock,
      onFatal: (error) => {
        health.status = 'failed';
        log.fatal({ err: error }, 'the log cannot be written: nothing more is accepted');
        onFatal?.(error);
      },
    });
    const masterKey = keepMasterKey(config.dataDir, foundKey, random);
    const issuer = resolveIssuer(config, bound.port);
    const core = createCore({ config, issuer, masterKey, log, clock, random, stores });
    await core.ensureSigningKeys(algorithmsInUse(config));
    await applyBootstrap(core);
    const app = createApp(bound, log, issuer);
    refuseWhenFailed(app, health, [core.paths.jwks, ...core.paths.oauthMetadata, ...core.paths.openidMetadata]);
    healthEndpoints(app, health);
    endpoints(app, core);
    await app.ready();
    const opened = stores;
    return {
      url: `${config.tls === null ? 'http' : 'https'}://${urlHost(config.host)}:${bound.port}`,
      issuer,
      core,
      app,
      async stop() {
        health.status = 'stopping';
        await bound.close();
        await app.close();
        await opened.close();
      },
    };
  } catch (error) {
    await bound.close();
    await stores?.close();
    throw error;
  }
}

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);
