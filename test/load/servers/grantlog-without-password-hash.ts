import { processConfig } from '#runtime/config/process-config.ts';
import { createLog } from '#runtime/log.ts';
import { runUntilSignal } from '#runtime/shutdown.ts';
import { startAllInOne } from '#services/all-in-one/start.ts';

/**
 * The whole server, as `npm start` runs it, with one part replaced: every password is right, at once. Argon2id takes 10 ms a sign-in by design,
 * which would hide what the rest of a sign-in costs. For measurements only; nothing outside test/load refers to this file.
 */
const config = processConfig();
const log = createLog(config.logLevel);
await runUntilSignal(log, (onFatal) => startAllInOne({ config, log, onFatal, adjust: (core) => ({ ...core, passwords: { ...core.passwords, verify: async () => true } }) }));
