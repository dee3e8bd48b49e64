import { configJsonSchema } from '#runtime/config/json-schema.ts';
import { resolveIssuer } from '#runtime/config/load.ts';
import { processConfig } from '#runtime/config/process-config.ts';
import { type Command, print, printJson } from '../command.ts';

const JSON_OPTION = { json: { type: 'boolean' } } as const;
const JSON_HELP = ['--json', 'the answer as JSON'] as const;

export const configCheck: Command = {
  name: 'config check',
  operands: '[FILE]',
  summary: 'check a configuration file, with the environment as it is',
  details: 'Without FILE, the one that GRANTLOG_CONFIG names. Starts and writes nothing. A bad one is one line on standard error and exit code 78.',
  options: JSON_OPTION,
  optionHelp: [JSON_HELP],
  maxOperands: 1,
  run({ operands: [file], json }) {
    const config = processConfig(file);
    const issuer = resolveIssuer(config, config.port);
    if (json) printJson({ valid: true, issuer });
    else print(`valid: issuer ${issuer}, ${config.bootstrap.clients.length} clients and ${config.bootstrap.accounts.length} accounts in bootstrap`);
    return 0;
  },
};

export const configSchemaCommand: Command = {
  name: 'config schema',
  operands: '',
  summary: 'print the JSON Schema of the configuration file',
  details: '',
  options: JSON_OPTION,
  optionHelp: [JSON_HELP],
  maxOperands: 0,
  run() {
    printJson(configJsonSchema());
    return 0;
  },
};
