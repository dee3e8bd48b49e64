import pino, { type DestinationStream, type Logger } from 'pino';

/** Members that must never be logged, wherever they stand in an entry. */
const SECRET_MEMBERS = ['password', 'client_secret', 'code', 'code_verifier', 'refresh_token', 'access_token', 'id_token', 'client_assertion', 'token', 'cookie', 'authorization'];

/** JSON lines on stdout. Redaction is the second net: nothing passes these members to the log in the first place. */
export function createLog(level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: SECRET_MEMBERS.flatMap((name) => [name, `*.${name}`]), censor: '[secret]' },
    serializers: { err: (error: Error) => ({ type: error.name, message: error.message, stack: error.stack }) },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
