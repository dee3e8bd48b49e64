import t from 'tap';
import type { RecordedEvent } from '#kernel/event.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { LeafTooLarge, leafText, MAX_LEAF_BYTES } from './leaf.ts';

const event: RecordedEvent = {
  id: '0190a1b2-0000-7000-8000-000000000001',
  stream: 'client-app',
  revision: 0,
  type: 'ClientRegistered',
  version: 1,
  time: '2026-11-24T14:00:00.000Z',
  actor: { kind: 'bootstrap', id: null },
  correlation: null,
  causation: null,
  request: null,
  tenant: null,
  data: {},
  pii: null,
};
const withData = (data: JsonObject): RecordedEvent => ({ ...event, data });
/** The bytes of `data` in a leaf. */
const dataText = (data: JsonObject): string => /"data":(.*),"id":/su.exec(leafText(withData(data)))?.[1] ?? '';

t.test('a leaf is the 13 members of the envelope in RFC 8785 order, absent ones null', (t) => {
  t.equal(
    leafText(event),
    '{"actor":{"id":null,"kind":"bootstrap"},"causation":null,"correlation":null,"data":{},"id":"0190a1b2-0000-7000-8000-000000000001","pii":null,' +
      '"request":null,"revision":0,"stream":"client-app","tenant":null,"time":"2026-11-24T14:00:00.000Z","type":"ClientRegistered","version":1}',
  );
  const members = Object.keys(JSON.parse(leafText(event)) as object);
  t.equal(members.length, 13);
  t.strictSame(members, [...members].sort());
  t.end();
});

t.test('what a store adds to an event, such as its position, is not part of the leaf', (t) => {
  const positioned = { ...event, position: 17, prepare: '0x1' };
  t.equal(leafText(positioned), leafText(event));
  t.end();
});

t.test('the order in which members were written has no meaning', (t) => {
  const { data, ...rest } = event;
  t.equal(leafText({ data, ...rest, actor: { id: null, kind: 'bootstrap' } }), leafText(event));
  t.equal(leafText(JSON.parse(leafText(event)) as RecordedEvent), leafText(event), 'a leaf that was read back is the same leaf');
  t.end();
});

t.test('RFC 8785 3.2.3: members are sorted by UTF-16 code units, at every depth', (t) => {
  const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 };
  t.equal(dataText({ outer: [keys] }), '{"outer":[{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}]}');
  t.equal(dataText(JSON.parse('{"b":1,"__proto__":{"z":1,"a":2},"a":3}') as JsonObject), '{"__proto__":{"a":2,"z":1},"a":3,"b":1}');
  t.end();
});

t.test('RFC 8785 3.2.2: strings and numbers have one spelling', (t) => {
  t.equal(dataText({ s: '\u20ac$\u000f\nA\'B"\\\\"/\u2028<\u0001\b\t\f' }), '{"s":"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u2028<\\u0001\\b\\t\\f"}');
  const numbers = [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 1e-27, -0, 1e21, 9007199254740991, -5e-324];
  t.equal(dataText({ numbers }), '{"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0,1e+21,9007199254740991,-5e-324]}');
  t.end();
});

t.test('RFC 8785 3.2.2.2: a lone surrogate is refused, in values and in names', (t) => {
  t.throws(() => leafText(withData({ name: 'a\ud83db' })), /surrogate/i);
  t.throws(() => leafText(withData({ '\udc00': 1 })), /surrogate/i);
  t.throws(() => leafText({ ...event, request: '\udfff' }), /surrogate/i);
  t.doesNotThrow(() => leafText(withData({ name: 'a\ud83d\ude00b' })));
  t.end();
});

t.test('a number that JSON cannot hold is refused', (t) => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) t.throws(() => leafText(withData({ value })), /not allowed/i);
  t.end();
});

t.test('a leaf has at most 65,535 bytes, counted in UTF-8', (t) => {
  const overhead = Buffer.byteLength(leafText(withData({ fill: '' })));
  for (const [character, width] of [
    ['x', 1],
    ['\u00f6', 2],
    ['\u20ac', 3],
    ['\u{1f600}', 4],
  ] as const) {
    const room = MAX_LEAF_BYTES - overhead;
    const fill = character.repeat(Math.floor(room / width)) + 'x'.repeat(room % width);
    t.equal(Buffer.byteLength(leafText(withData({ fill }))), 65_535, `${width} bytes a character`);
    t.throws(() => leafText(withData({ fill: `${fill}x` })), { name: 'LeafTooLarge', message: /ClientRegistered in client-app would take 65536 bytes; a leaf has at most 65535/ });
    t.throws(() => leafText(withData({ fill: `${fill}${character}` })), LeafTooLarge);
  }
  t.end();
});

t.test('the size counts what escapes take', (t) => {
  const overhead = Buffer.byteLength(leafText(withData({ fill: '' })));
  const room = MAX_LEAF_BYTES - overhead;
  const fill = '\u0001'.repeat(Math.floor(room / 6)) + 'x'.repeat(room % 6);
  t.equal(Buffer.byteLength(leafText(withData({ fill }))), 65_535);
  t.throws(() => leafText(withData({ fill: `${fill}"` as Json })), LeafTooLarge);
  t.end();
});
