import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { destroyDayKeysDaily, destroyOldDayKeys } from '#credentials/day-keys.ts';
import { type Clock, systemClock } from '#ports/clock.ts';
import { type Random, systemRandom } from '#ports/random.ts';
import { resolveIssuer } from '#runtime/config/load.ts';
import type { Config } from '#runtime/config/schema.ts';
import { type ControlServer, listenForControl } from '#runtime/control/control-server.ts';
import type { Core } from '#runtime/core.ts';
import { type Health, healthEndpoints, refuseWhenFailed } from '#runtime/health.ts';
import { bind, createApp } from '#runtime/http-server.ts';
import { endpoints } from './endpoints.ts';
import { type OpenCore, openEmbeddedCore, prepareCore, refuseRemoteStores } from './open-core.ts';

export interface StartOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly clock?: Clock;
  readonly random?: Random;
  /** Called when the process has to end because its log cannot be written any more. */
  readonly onFatal?: (error: Error) => void;
  /** Changes the parts before the endpoints are made; for measurements that leave something out. */
  readonly adjust?: (core: Core) => Core;
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
 * @throws ConfigError and others that exitCodeOf knows: 78 for a bad configuration, 1 for a port or data directory that is taken
 */
export async function startAllInOne({ config, log, clock = systemClock, random = systemRandom, onFatal, adjust = (core) => core }: StartOptions): Promise<RunningServer> {
  refuseRemoteStores(config);
  const bound = await bind(config);
  const issuer = resolveIssuer(config, bound.port);
  const health: Health = { status: 'ready' };
  let opened: OpenCore | null = null;
  let control: ControlServer | null = null;
  let minutely: NodeJS.Timeout | undefined;
  let stopDaily: (() => void) | undefined;
  const fail = (error: Error): void => {
    health.status = 'failed';
    log.fatal({ err: error }, 'the log cannot be written: nothing more is accepted');
    onFatal?.(error);
  };
  const stop = async (app: FastifyInstance | null): Promise<void> => {
    health.status = 'stopping';
    await control?.close();
    await bound.close();
    await app?.close();
    clearInterval(minutely);
    stopDaily?.();
    await opened?.core.failedAttempts.flush();
    await opened?.close();
  };
  try {
    opened = await openEmbeddedCore({ config, issuer, log, clock, random, onFatal: fail });
    const core = adjust(opened.core);
    await prepareCore(core);
    await destroyOldDayKeys(core.keyring, clock);
    stopDaily = destroyDayKeysDaily(core.keyring, clock, (err) => log.error({ err }, 'the keys of old days were not destroyed'));
    minutely = setInterval(() => void core.failedAttempts.flush(), 60_000).unref();
    control = await listenForControl(core);
    const app = await createApp(bound, log, issuer);
    refuseWhenFailed(app, health, [core.paths.jwks, ...core.paths.oauthMetadata, ...core.paths.openidMetadata]);
    healthEndpoints(app, health);
    endpoints(app, core);
    await app.ready();
    return { url: `${config.tls === null ? 'http' : 'https'}://${urlHost(config.host)}:${bound.port}`, issuer, core, app, stop: () => stop(app) };
  } catch (error) {
    await stop(null);
    throw error;
  }
}

const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);
