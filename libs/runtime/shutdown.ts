import type { Logger } from 'pino';

interface Stoppable {
  readonly url: string;
  readonly issuer: string;
  stop(): Promise<void>;
}

/** Milliseconds that a stop may take, and that a process whose log failed still answers health checks. */
const STOP_WITHIN_MS = 9000;
const FAILED_LINGER_MS = 3000;

/** Starts a server, says that it is ready, and stops it in order at SIGTERM or SIGINT (exit 0), or after its log has failed (exit 1). */
export async function runUntilSignal(log: Logger, start: (onFatal: (error: Error) => void) => Promise<Stoppable>): Promise<void> {
  const running = await start(() => {
    setTimeout(() => process.exit(1), FAILED_LINGER_MS);
  });
  log.info({ url: running.url, issuer: running.issuer }, 'ready');
  let stopping = false;
  const stop = (signal: NodeJS.Signals) => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => {
      log.error('requests in flight did not end in time');
      process.exit(0);
    }, STOP_WITHIN_MS).unref();
    running.stop().then(
      () => {
        log.info('stopped');
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
