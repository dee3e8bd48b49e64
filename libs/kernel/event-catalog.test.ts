import t, { type Test } from 'tap';
import { z } from 'zod';
import type { RecordedEvent } from './event.ts';
import { decodeEvent, type EventCatalog, UndecodableEvent } from './event-catalog.ts';
import type { JsonObject } from './json.ts';

const event = (type: string, data: JsonObject, version = 1): RecordedEvent => ({
  id: '01890000-0000-7000-8000-000000000000',
  stream: 'thing-1',
  revision: 7,
  type,
  version,
  time: '2026-01-01T00:00:00.000Z',
  actor: { kind: 'system', id: null },
  correlation: null,
  causation: null,
  request: null,
  tenant: null,
  data,
  pii: null,
});

/** A type on its third version: `name` became `names`, then each name an object. */
const THINGS = {
  ThingNamed: {
    version: 3,
    summary: 'A thing was named.',
    data: z.strictObject({ names: z.array(z.strictObject({ text: z.string(), language: z.string() })) }),
    former: [
      { data: z.strictObject({ name: z.string() }), upcast: ({ name }) => ({ names: [name ?? ''] }) },
      { data: z.strictObject({ names: z.array(z.string()) }), upcast: ({ names }) => ({ names: (names as string[]).map((text) => ({ text, language: 'en' })) }) },
    ],
  },
  ThingLost: { version: 1, summary: 'A thing was lost.', data: z.strictObject({}) },
} as const satisfies EventCatalog;

const undecodable = (t: Test, catalog: EventCatalog, given: RecordedEvent, reason: RegExp) => {
  try {
    decodeEvent(catalog, given);
    t.fail('it was decoded');
  } catch (error) {
    t.ok(error instanceof UndecodableEvent);
    t.match(error, { name: 'UndecodableEvent', stream: 'thing-1', revision: 7, message: reason });
  }
};

t.test('an event of the current version is handed on as it is', (t) => {
  const current = event('ThingNamed', { names: [{ text: 'Ring', language: 'en' }] }, 3);
  t.equal(decodeEvent(THINGS, current), current);
  t.end();
});

t.test('an older event is lifted step by step; the stored one is not touched', (t) => {
  const first = event('ThingNamed', { name: 'Ring' });
  t.strictSame(decodeEvent(THINGS, first), { ...first, version: 3, data: { names: [{ text: 'Ring', language: 'en' }] } });
  t.strictSame(first, event('ThingNamed', { name: 'Ring' }));
  const second = event('ThingNamed', { names: ['Ring', 'One'] }, 2);
  t.strictSame(decodeEvent(THINGS, second), {
    ...second,
    version: 3,
    data: {
      names: [
        { text: 'Ring', language: 'en' },
        { text: 'One', language: 'en' },
      ],
    },
  });
  t.end();
});

t.test('data is checked against the schema of the version it was written in, not of a later one', (t) => {
  undecodable(t, THINGS, event('ThingNamed', { names: ['Ring'] }, 1), /v1\).*name/s);
  undecodable(t, THINGS, event('ThingNamed', { name: 'Ring' }, 2), /v2\).*names/s);
  undecodable(t, THINGS, event('ThingNamed', { name: 'Ring' }, 3), /v3\).*names/s);
  t.end();
});

t.test('what an upcaster gives is checked too', (t) => {
  const broken = { ThingNamed: { ...THINGS.ThingNamed, former: [{ data: z.strictObject({ name: z.string() }), upcast: () => ({ names: 'Ring' }) }, THINGS.ThingNamed.former[1]] } };
  undecodable(t, broken, event('ThingNamed', { name: 'Ring' }), /names/);
  t.end();
});

t.test('a version without a step to the next is refused', (t) => {
  const { former: _, ...unlifted } = THINGS.ThingNamed;
  undecodable(t, { ThingNamed: unlifted }, event('ThingNamed', { name: 'Ring' }), /no step from version 1/);
  undecodable(t, { ThingNamed: { ...unlifted, former: THINGS.ThingNamed.former.slice(0, 1) } }, event('ThingNamed', { name: 'Ring' }), /no step from version 2/);
  t.end();
});

t.test('a type that is not in the catalog is refused, whatever objects inherit', (t) => {
  for (const type of ['ThingFound', 'thingNamed', '', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']) undecodable(t, THINGS, event(type, {}), /unknown type/);
  t.end();
});

t.test('a version that this program does not know is refused', (t) => {
  for (const version of [4, 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '1' as unknown as number])
    undecodable(t, THINGS, event('ThingNamed', { names: [] }, version), /unknown version/);
  t.end();
});

t.test('members too few, too many or of another type are refused', (t) => {
  undecodable(t, THINGS, event('ThingLost', { where: 'here' }), /where/);
  undecodable(t, THINGS, event('ThingNamed', {}, 3), /names/);
  undecodable(t, THINGS, event('ThingNamed', { names: [{ text: 1, language: 'en' }] }, 3), /text/);
  undecodable(t, THINGS, event('ThingLost', null as unknown as JsonObject), /object/);
  t.end();
});

t.test('why an event cannot be read names stream, revision, type and version, and none of its values', (t) => {
  try {
    decodeEvent(THINGS, event('ThingNamed', { name: 42, hash: 'c2VjcmV0' }));
    t.fail('it was decoded');
  } catch (error) {
    t.match(String(error), /event 7 of stream thing-1 \(ThingNamed v1\)/);
    t.notMatch(String(error), /c2VjcmV0|42/);
  }
  t.end();
});
