import { createLog } from '#runtime/log.ts';
import type { Config } from '#runtime/config/schema.ts';
import { runUntilSignal } from '#runtime/shutdown.ts';
import { startAllInOne } from './start.ts';

/** Runs the whole server in this process until it is told to stop. */
export async function serveAllInOne(config: Config): Promise<void> {
  const log = createLog(config.logLevel);
  await runUntilSignal(log, (onFatal) => startAllInOne({ config, log, onFatal }));
}
