import t from 'tap';
import { NO_STREAM } from './event.ts';
import { laterOf } from './instant.ts';
import { instant, jsonObject } from './schemas.ts';
import { covers, difference, formatScope, intersection, parseScope, sameScope, scopeOf, union } from './scope.ts';
import { sealedRef } from './sealed-ref.ts';
import { categoryOf, idOf, streamName } from './stream-name.ts';

t.test('RFC 6749 3.3: the order of scope tokens has no meaning and a repeated one adds nothing', (t) => {
  t.strictSame(parseScope('write read:photos read:photos openid'), ['openid', 'read:photos', 'write']);
  t.strictSame(parseScope('  openid   email '), ['email', 'openid']);
  t.strictSame(parseScope(''), []);
  t.strictSame(parseScope(' '), []);
  t.equal(formatScope(scopeOf(['write', 'read'])), 'read write');
  t.end();
});

t.test('RFC 6749 Appendix A.4: a scope token is made of %x21 / %x23-5B / %x5D-7E', (t) => {
  for (let code = 0; code < 0x100; code++) {
    const token = `a${String.fromCharCode(code)}b`;
    const allowed = code >= 0x21 && code <= 0x7e && code !== 0x22 && code !== 0x5c;
    const expected = code === 0x20 ? ['a', 'b'] : allowed ? [token] : null;
    if (JSON.stringify(parseScope(token)) !== JSON.stringify(expected)) t.fail(`character ${code}`);
  }
  for (const text of ['openid\n', 'a\tb', 'smiley☺', 'a\u00a0b', 'openid "x"']) t.equal(parseScope(text), null);
  t.end();
});

t.test('scopes compare with upper and lower case and are no prefixes of each other', (t) => {
  t.strictSame(parseScope('READ read'), ['READ', 'read']);
  t.equal(covers(['read'], ['read:photos']), false);
  t.equal(covers(['read:photos'], ['read']), false);
  t.equal(covers(['a', 'b'], ['b']), true);
  t.equal(covers([], []), true);
  t.equal(sameScope(['a', 'b'], ['a', 'b']), true);
  t.equal(sameScope(['a', 'b'], ['a']), false);
  t.equal(sameScope(['a', 'b'], ['a', 'c']), false);
  t.end();
});

t.test('scopes are joined, met and subtracted as sets', (t) => {
  t.strictSame(union(['a', 'c'], ['b', 'c']), ['a', 'b', 'c']);
  t.strictSame(intersection(['a', 'b', 'c'], ['c', 'b', 'x']), ['b', 'c']);
  t.strictSame(difference(['a', 'b', 'c'], ['b']), ['a', 'c']);
  t.end();
});

t.test('a stream is named by its category and an id; the first hyphen ends the category', (t) => {
  const name = streamName('grant', '0190a1b2-0000-7000-8000-000000000001');
  t.equal(name, 'grant-0190a1b2-0000-7000-8000-000000000001');
  t.equal(categoryOf(name), 'grant');
  t.equal(idOf(name), '0190a1b2-0000-7000-8000-000000000001');
  t.equal(categoryOf('clientCredentials-2026112414-p1'), 'clientCredentials');
  t.equal(idOf('clientCredentials-2026112414-p1'), '2026112414-p1');
  t.equal(idOf('client-'), '');
  t.equal(NO_STREAM + 1, 0, 'the first event of a stream has revision 0');
  t.end();
});

t.test('instants compare as strings', (t) => {
  t.equal(laterOf('2026-01-01T00:00:00.001Z', '2026-01-01T00:00:00.000Z'), '2026-01-01T00:00:00.001Z');
  t.equal(laterOf('2025-12-31T23:59:59.999Z', '2026-01-01T00:00:00.000Z'), '2026-01-01T00:00:00.000Z');
  t.equal(laterOf('2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'), '2026-01-01T00:00:00.000Z');
  t.end();
});

t.test('an instant in the log has milliseconds and is in UTC: any other spelling would not compare', (t) => {
  t.equal(instant.safeParse('2026-11-24T14:00:00.000Z').success, true);
  for (const text of [
    '2026-11-24T14:00:00Z',
    '2026-11-24T14:00:00.000+00:00',
    '2026-11-24T14:00:00.000000Z',
    '2026-11-24 14:00:00.000Z',
    '2026-11-24T14:00:00.000z',
    '2026-11-24T14:00:00.000Z\n',
    1,
  ])
    t.equal(instant.safeParse(text).success, false, JSON.stringify(text));
  t.end();
});

t.test('a JSON object in the log is JSON all the way down', (t) => {
  t.equal(jsonObject.safeParse({ a: [null, true, 1.5, 'x', { b: {} }] }).success, true);
  for (const value of [null, [], 'x', { a: undefined }, { a: 1n }, { a: Number.NaN }, { a: new Date(0) }, { a: () => 1 }])
    t.equal(jsonObject.safeParse(value).success, false, String(value));
  t.end();
});

t.test('a document points at sealed fields with all that is needed to open them, and with nothing else', (t) => {
  const pii = [{ key_id: 'subject/1', nonce: 'n', ciphertext: 'c' }];
  const event = { id: 'event-1', stream: 'account-1', revision: 3, type: 'AccountUpdated', version: 1, time: '2026-01-01T00:00:00.000Z', data: {}, pii } as const;
  t.strictSame(sealedRef({ ...event, actor: { kind: 'system', id: null }, correlation: null, causation: null, request: null, tenant: null }), {
    eventId: 'event-1',
    stream: 'account-1',
    pii,
  });
  t.end();
});
