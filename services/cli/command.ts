import type { ParseArgsConfig } from 'node:util';

type Options = NonNullable<ParseArgsConfig['options']>;

/** What a command was called with. */
export interface Invocation {
  readonly operands: readonly string[];
  readonly flags: Readonly<Record<string, string | boolean | undefined>>;
  /** Whether the answer is to be JSON. */
  readonly json: boolean;
}

/** One command of the command line. */
export interface Command {
  /** Its words: `keys rotate`. */
  readonly name: string;
  /** Operands as the help shows them; empty when it takes none. */
  readonly operands: string;
  readonly summary: string;
  readonly details: string;
  readonly options: Options;
  readonly optionHelp: readonly (readonly [string, string])[];
  /** At most this many operands. */
  readonly maxOperands: number;
  /** Answers the exit code. */
  readonly run: (invocation: Invocation) => Promise<number> | number;
}

/** The command was called in a way it does not know: exit 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** A table in columns, the first row its head. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_cell, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) print(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd());
}
