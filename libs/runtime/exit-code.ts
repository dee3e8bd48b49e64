/** Errors by the name of their class: 78 (sysexits EX_CONFIG) is a configuration or data directory that this program cannot work with. */
const BAD_CONFIGURATION = ['ConfigError', 'DataDirectoryUnusable', 'DataFormatTooNew', 'LogWentBack', 'WrongMasterKey'];
const NO = ['PortUnavailable', 'DataDirectoryLocked', 'CommandFailed', 'StoreUnavailable'];

/** The exit code of a process that could not start (interface.md, Start). */
export const exitCodeOf = (error: unknown): number => (error instanceof Error && BAD_CONFIGURATION.includes(error.name) ? 78 : 1);

/** Says on stderr why: one line for what an operator can mend, the whole error for a defect of ours. */
export function reportFailure(error: unknown): void {
  const isExpected = error instanceof Error && [...BAD_CONFIGURATION, ...NO].includes(error.name);
  const text = error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : String(error);
  process.stderr.write(`grantlog: ${text}\n`);
}
