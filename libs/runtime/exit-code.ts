/** Errors by the name of their class, as sysexits and the contract have it: 78 is a bad configuration, 1 a no. */
const BAD_CONFIGURATION = ['ConfigError', 'DataDirectoryUnusable', 'DataFormatTooNew', 'WrongMasterKey'];

/** The exit code of a process that could not start. */
export const exitCodeOf = (error: unknown): number => (error instanceof Error && BAD_CONFIGURATION.includes(error.name) ? 78 : 1);
