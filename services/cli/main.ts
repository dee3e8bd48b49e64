import { parseArgs } from 'node:util';
import { exitCodeOf, reportFailure } from '#runtime/exit-code.ts';
import { type Command, print, UsageError } from './command.ts';
import { configCheck, configSchemaCommand } from './commands/config.ts';
import { doctor } from './commands/doctor.ts';
import { keysRotate } from './commands/keys.ts';
import { serve } from './commands/serve.ts';
import { helpOf, overview } from './help.ts';

const COMMANDS: readonly Command[] = [serve, configCheck, configSchemaCommand, keysRotate, doctor];

/** The command whose words the arguments begin with, and what is left of them. */
function findCommand(words: readonly string[]): { readonly command: Command; readonly rest: readonly string[] } | null {
  for (const command of COMMANDS) {
    const name = command.name.split(' ');
    if (name.every((word, index) => words[index] === word)) return { command, rest: words.slice(name.length) };
  }
  return null;
}

async function run(words: readonly string[]): Promise<number> {
  if (words.length === 0 || words[0] === '--help' || words[0] === '-h' || words[0] === 'help') {
    print(overview(COMMANDS));
    return words.length === 0 ? 2 : 0;
  }
  const found = findCommand(words);
  if (found === null) throw new UsageError(`there is no command ${JSON.stringify(words.slice(0, 2).join(' '))}`);
  const { command, rest } = found;
  const { values, positionals } = parse(command, rest);
  if (values['help'] === true) {
    print(helpOf(command));
    return 0;
  }
  if (positionals.length > command.maxOperands) throw new UsageError(`${command.name} does not take ${JSON.stringify(positionals[command.maxOperands])}`);
  return command.run({ operands: positionals, flags: values, json: values['json'] === true });
}

function parse(command: Command, rest: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...rest], options: { ...command.options, help: { type: 'boolean', short: 'h' } }, allowPositionals: true });
    return { values: values as Readonly<Record<string, string | boolean | undefined>>, positionals };
  } catch (error) {
    throw new UsageError(error instanceof Error ? (error.message.split('. ')[0] ?? '') : 'bad usage');
  }
}

// Whoever reads our output may stop reading (`| head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (error instanceof UsageError) {
    process.stderr.write(`grantlog: ${error.message}; see grantlog --help\n`);
    process.exitCode = 2;
  } else {
    reportFailure(error);
    process.exitCode = exitCodeOf(error);
  }
}
