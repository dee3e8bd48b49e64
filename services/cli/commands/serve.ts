import { processConfig } from '#runtime/config/process-config.ts';
import { serveAllInOne } from '#services/all-in-one/serve.ts';
import { type Command, UsageError } from '../command.ts';

export const serve: Command = {
  name: 'serve',
  operands: '[all]',
  summary: 'run the server until SIGTERM or SIGINT',
  details: 'all: everything in one process on the embedded store. The log is JSON lines on standard output; "ready" names the address.',
  options: {},
  optionHelp: [],
  maxOperands: 1,
  async run({ operands: [role = 'all'] }) {
    if (role !== 'all') throw new UsageError(`there is no service ${JSON.stringify(role)} in this release; all runs everything in one process`);
    await serveAllInOne(processConfig());
    return 0;
  },
};
