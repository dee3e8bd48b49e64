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

t.test('what caused an error is logged with it, and nothing that quotes an input', async (t) => {
  const quoting = (() => {
    try {
      return JSON.parse('hush-secret');
    } catch (error) {
      return error;
    }
  })();
  const middle = Object.assign(new Error('event 3 of stream grant-1', { cause: quoting }), { token: 'hush-secret' });
  const text = JSON.stringify(logged((log) => log.error({ err: new Error('denied', { cause: middle }) }, 'failed')));
  t.match(JSON.parse(text), { err: { message: 'denied', cause: { type: 'Error', message: 'event 3 of stream grant-1', cause: { type: 'SyntaxError', stack: /^ +at / } } } });
  t.notMatch(text, /hush/);
  t.strictSame((logged((log) => log.error({ err: new Error('x', { cause: 'hush-secret' }) })) as { err: { cause: object } }).err.cause, { type: 'string' });
  const circle = new Error('circle');
  circle.cause = circle;
  t.match(logged((log) => log.error({ err: circle })), { err: { message: 'circle' } }, 'causes that go in a circle end');
});

t.test('of an error only type, message and stack are logged', async (t) => {
  const error = Object.assign(new TypeError('boom'), { code: 'E', token: 'secret' });
  t.strictSame(logged((log) => log.error({ err: error }, 'failed')), { err: { type: 'TypeError', message: 'boom', stack: error.stack }, msg: 'failed' });
});
