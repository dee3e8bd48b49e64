import pino, { type DestinationStream, type Logger } from 'pino';
import { systemClock, toInstant } from '#ports/clock.ts';

/** Members that must never be logged, in an entry or in an object of it. */
const SECRET_MEMBERS = new Set(['password', 'client_secret', 'code', 'code_verifier', 'refresh_token', 'access_token', 'id_token', 'client_assertion', 'token', 'cookie', 'authorization']);

type Entry = Record<string, unknown>;

/** An object whose members reach the log as they are; of an error only what its serializer names does. */
const isPlain = (value: unknown): value is Entry => typeof value === 'object' && value !== null && !(value instanceof Error);

const hasSecret = (object: Entry): boolean => Object.keys(object).some((name) => SECRET_MEMBERS.has(name));

const isDirty = (value: unknown): value is Entry => isPlain(value) && hasSecret(value);

const censored = (object: Entry): Entry => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, SECRET_MEMBERS.has(name) ? '[secret]' : isDirty(value) ? censored(value) : value]));

/**
 * The second net: nothing passes these members to the log in the first place, so nearly every entry goes through as it is.
 * By hand, because pino's `redact` takes several times as long as the rest of a line.
 */
const withoutSecrets = (entry: Entry): Entry => (isDirty(entry) || (isPlain(entry) && Object.values(entry).some(isDirty)) ? censored(entry) : entry);

/** Errors of errors that are logged; what is below stays out. */
const MAX_CAUSES = 5;

/**
 * An error and what caused it: type, message and stack, no other member. What JSON.parse says quotes its input, which can be a secret: only the
 * place is kept of it. A cause that is no error can be anything: only its type is named.
 */
function describeError(error: unknown, causes = MAX_CAUSES): Entry {
  if (!(error instanceof Error)) return { type: typeof error };
  const { name, message, stack, cause } = error;
  const quotes = error instanceof SyntaxError;
  const said = quotes ? { message: '[may quote the input]', stack: stack?.slice(stack.indexOf('\n    at ') + 1) } : { message, stack };
  return { type: name, ...said, ...(cause === undefined || causes === 0 ? {} : { cause: describeError(cause, causes - 1) }) };
}

/** Lines of one turn of the event loop go out in one write: a system call for each would cost as much as answering the request that it is about. */
function stdout(): DestinationStream {
  const stream = pino.destination({ dest: 1, sync: true, minLength: 8192 });
  let scheduled = false;
  const flush = (): void => {
    scheduled = false;
    stream.flushSync();
  };
  process.once('exit', flush);
  return {
    write(line) {
      stream.write(line);
      if (!scheduled) setImmediate(flush);
      scheduled = true;
    },
  };
}

/** JSON lines, on stdout unless a destination is given. */
export function createLog(level: string, destination: DestinationStream = stdout()): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${toInstant(systemClock.now())}"`,
    formatters: { level: (label: string) => ({ level: label }), log: withoutSecrets },
    serializers: { err: (error: unknown) => describeError(error) },
  };
  return pino(options, destination);
}
