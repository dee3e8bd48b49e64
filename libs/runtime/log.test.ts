import t from 'tap';
import { createLog } from './log.ts';

/** What a log call writes, without level and time. */
function logged(write: (log: ReturnType<typeof createLog>) => void): object {
  const lines: string[] = [];
  write(createLog('info', { write: (line: string) => void lines.push(line) }));
  const { level, time, ...rest } = JSON.parse(lines.join(''));
  return rest;
}

t.test('secrets are censored in an entry and in an object of it', async (t) => {
  t.strictSame(logged((log) => log.info({ token: 'secret', kept: 1 }, 'x')), { token: '[secret]', kept: 1, msg: 'x' });
  t.strictSame(logged((log) => log.info({ body: { password: 'secret', username: 'alice' } }, 'x')), { body: { password: '[secret]', username: 'alice' }, msg: 'x' });
});

t.test('everything else is logged as it is', async (t) => {
  t.strictSame(logged((log) => log.info({ list: [{ a: 1 }], nothing: null, path: '/oauth2/token' }, 'x')), { list: [{ a: 1 }], nothing: null, path: '/oauth2/token', msg: 'x' });
  t.strictSame(logged((log) => log.info('only words')), { msg: 'only words' });
});

t.test('of an error only type, message and stack are logged', async (t) => {
  const error = Object.assign(new TypeError('boom'), { code: 'E', token: 'secret' });
  t.strictSame(logged((log) => log.error({ err: error }, 'failed')), { err: { type: 'TypeError', message: 'boom', stack: error.stack }, msg: 'failed' });
});
