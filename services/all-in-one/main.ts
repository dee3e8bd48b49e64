import { readFileSync } from 'node:fs';
import { loadConfig } from '#runtime/config/load.ts';
import { createLog } from '#runtime/log.ts';
import { exitCodeOf } from '#runtime/exit-code.ts';
import { runUntilSignal } from '#runtime/shutdown.ts';
import { startAllInOne } from './start.ts';

try {
  const config = loadConfig({ env: process.env, readFile: (path) => readFileSync(path, 'utf8') });
  const log = createLog(config.logLevel);
  await runUntilSignal(log, (onFatal) => startAllInOne({ config, log, onFatal }));
} catch (error) {
  process.stderr.write(`grantlog: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
