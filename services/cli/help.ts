import type { Command } from './command.ts';

const column = (text: string): string => text.padEnd(26);

export function overview(commands: readonly Command[]): string {
  const lines = commands.map((command) => `  ${column(`${command.name} ${command.operands}`.trim())}${command.summary}`);
  return [
    'Grantlog: an OAuth 2.1 and OpenID Connect authorization server whose only truth is an append-only log of events.',
    '',
    'Usage: grantlog <command> [options]',
    '',
    'Commands:',
    ...lines,
    '',
    'Every command takes --help and, where it has an answer, --json.',
    'Configuration: the JSON file named by GRANTLOG_CONFIG, and the environment (grantlog config schema).',
    'Exit codes: 0 done, 1 the answer is no, 2 bad usage or content that is not valid, 78 bad configuration.',
  ].join('\n');
}

export function helpOf(command: Command): string {
  const options = [...command.optionHelp, ['--help', 'this text'] as const];
  return [
    `Usage: grantlog ${`${command.name} ${command.operands}`.trim()} [options]`,
    '',
    command.summary,
    ...(command.details === '' ? [] : ['', command.details]),
    '',
    'Options:',
    ...options.map(([name, text]) => `  ${column(name)}${text}`),
  ].join('\n');
}
