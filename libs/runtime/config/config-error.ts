/**
 * A configuration that cannot be used. The message is one line for stderr (the process then exits with 78): the key, what is wrong
 * with it, and an example. It never holds a secret.
 */
export class ConfigError extends Error {
  /** Dotted path of the key (`lifetimes.accessToken`), or the environment variable the value came from. */
  readonly key: string;

  constructor(key: string, problem: string, example: string) {
    super(`${key}: ${problem}; for example ${example}`.replace(/[\p{Cc}\u2028\u2029]+/gu, ' '));
    this.name = 'ConfigError';
    this.key = key;
  }
}
