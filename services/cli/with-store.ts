import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject } from '#kernel/json.ts';
import { systemClock } from '#ports/clock.ts';
import { systemRandom } from '#ports/random.ts';
import { resolveIssuer } from '#runtime/config/load.ts';
import { processConfig } from '#runtime/config/process-config.ts';
import { askRunningServer } from '#runtime/control/control-client.ts';
import { CONTROL_COMMANDS, type ControlCommandName } from '#runtime/control/control-commands.ts';
import { createLog } from '#runtime/log.ts';
import { openEmbeddedCore, refuseRemoteStores } from '#services/all-in-one/open-core.ts';
import { DATABASE_FILE } from '#stores/sqlite/open.ts';

/** The command could not be done: one line on stderr, exit 1. */
export class CommandFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CommandFailed';
  }
}

/**
 * Runs a command on the configured store: through the control socket where a server runs on the data directory, else by opening the store here.
 * @throws ConfigError, CommandFailed
 */
export async function runOnStore(name: ControlCommandName, input: JsonObject): Promise<JsonObject> {
  const config = processConfig();
  refuseRemoteStores(config);
  const answered = await askRunningServer(config.dataDir, name, input);
  if (answered !== null) {
    if (answered.status !== 200) throw new CommandFailed(String(answered.body['error'] ?? answered.status));
    return answered.body;
  }
  if (!existsSync(join(config.dataDir, DATABASE_FILE))) throw new CommandFailed(`there is no store in ${config.dataDir} yet; start the server once`);
  const opened = await openEmbeddedCore({
    config,
    issuer: resolveIssuer(config, config.port),
    log: createLog('silent'),
    clock: systemClock,
    random: systemRandom,
    onFatal: () => {},
  });
  try {
    const parsed = CONTROL_COMMANDS[name].input.safeParse(input);
    if (!parsed.success) throw new CommandFailed('the input is not valid');
    return await CONTROL_COMMANDS[name].run(opened.core, parsed.data);
  } finally {
    await opened.close();
  }
}
