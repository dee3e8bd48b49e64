import t from 'tap';
import { z } from 'zod';
import type { EventCatalog, Schema } from '#kernel/event-catalog.ts';
import type { JsonObject } from '#kernel/json.ts';
import { EVENT_CATALOGS } from './catalogs.ts';
import { eventSchemas } from './event-schemas.ts';

const ENVELOPE = ['id', 'stream', 'revision', 'type', 'version', 'time', 'actor', 'correlation', 'causation', 'request', 'tenant', 'data', 'pii'];

const event = {
  id: '0190a1b2-0000-7000-8000-000000000001',
  stream: 'thing-1',
  revision: 0,
  type: 'ThingNamed',
  version: 2,
  time: '2026-11-24T14:00:00.000Z',
  actor: { kind: 'system', id: null },
  correlation: null,
  causation: null,
  request: null,
  tenant: null,
  data: { names: ['Ring'] },
  pii: null,
};
const thingNamed = {
  version: 2,
  summary: 'A thing was named.',
  data: z.strictObject({ names: z.array(z.string()) }),
  personal: z.record(z.string(), z.json()) as unknown as Schema<JsonObject>,
  former: [{ data: z.strictObject({ name: z.string() }), upcast: ({ name }: JsonObject) => ({ names: [name ?? ''] }) }],
};
const catalogs = { thing: { ThingNamed: thingNamed } } as const satisfies { [category: string]: EventCatalog };
const accepts = (schema: JsonObject | undefined, value: unknown): boolean =>
  schema !== undefined && z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value).success;

t.test('every version of every type of every catalog has one schema', (t) => {
  const schemas = eventSchemas(EVENT_CATALOGS).map(({ type, version }) => `${type}.v${version}`);
  const wanted = Object.values(EVENT_CATALOGS).flatMap((catalog) =>
    Object.entries(catalog as EventCatalog).flatMap(([type, { version }]) => Array.from({ length: version }, (_, index) => `${type}.v${index + 1}`)),
  );
  t.strictSame(schemas, [...new Set(wanted)].sort());
  t.end();
});

t.test('a schema describes the whole envelope: the 13 members of a leaf, all required, no others', (t) => {
  for (const { type, version, summary, schema } of eventSchemas(EVENT_CATALOGS)) {
    t.match(schema, { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'object', title: type, description: summary, additionalProperties: false });
    t.strictSame(schema['required'], ENVELOPE);
    t.match(schema['properties'], { type: { const: type }, version: { const: version }, data: { type: 'object', additionalProperties: false } });
    t.match(summary, /^\p{Lu}.*[.)]$/u, `${type} says what it says in a sentence`);
  }
  t.end();
});

t.test('types are past participles in upper camel case, categories have no hyphen', (t) => {
  for (const [category, catalog] of Object.entries(EVENT_CATALOGS)) {
    t.match(category, /^[a-z][A-Za-z]*$/);
    for (const type of Object.keys(catalog)) t.match(type, /^(?:[A-Z][a-z]+)+(?:ed|Withdrawn)$/);
  }
  t.end();
});

t.test('what a schema accepts is what the catalog accepts', (t) => {
  const [first, second] = eventSchemas(catalogs);
  t.equal(accepts(second?.schema, event), true);
  t.equal(accepts(second?.schema, { ...event, pii: [{ key_id: 'subject/1', nonce: 'n', ciphertext: 'c' }] }), true);
  t.equal(accepts(first?.schema, { ...event, version: 1, data: { name: 'Ring' } }), true);
  const { tenant: _, ...incomplete } = event;
  for (const [why, value] of Object.entries({
    'another version': { ...event, version: 1 },
    'another type': { ...event, type: 'ThingLost' },
    'another category': { ...event, stream: 'client-1' },
    'no id of the stream': { ...event, stream: 'thing-' },
    'a negative revision': { ...event, revision: -1 },
    'a time without milliseconds': { ...event, time: '2026-11-24T14:00:00Z' },
    'an id of another kind': { ...event, id: '1' },
    'an unknown actor': { ...event, actor: { kind: 'nobody', id: null } },
    'data of another version': { ...event, data: { name: 'Ring' } },
    'more data': { ...event, data: { names: [], more: 1 } },
    'empty personal fields': { ...event, pii: [] },
    'a member too many': { ...event, position: 1 },
    'a member too few': incomplete,
  }))
    t.equal(accepts(second?.schema, value), false, why);
  t.end();
});

t.test('an older version keeps its schema and says how it is read', (t) => {
  const [first, second] = eventSchemas(catalogs);
  t.match(first, { version: 1, current: false, personal: true, summary: 'A thing was named. (Read as version 2; not written any more.)' });
  t.match(second, { version: 2, current: true, personal: true, summary: 'A thing was named.' });
  t.end();
});

t.test('a type of several catalogs is one type with all its categories; two definitions of one name are refused', (t) => {
  const shared = eventSchemas({ thing: catalogs.thing, item: { ThingNamed: thingNamed } });
  t.strictSame(
    shared.map(({ version, categories }) => [version, categories]),
    [
      [1, ['thing', 'item']],
      [2, ['thing', 'item']],
    ],
  );
  t.equal(accepts(shared[1]?.schema, { ...event, stream: 'item-1' }), true);
  t.throws(() => eventSchemas({ thing: catalogs.thing, item: { ThingNamed: { ...thingNamed } } }), /ThingNamed is defined differently in thing and item/);
  t.end();
});

t.test('an event without personal fields has a null in their place', (t) => {
  const { personal: _, ...impersonal } = thingNamed;
  const [, second] = eventSchemas({ thing: { ThingNamed: impersonal } });
  t.equal(second?.personal, false);
  t.equal(accepts(second?.schema, event), true);
  t.equal(accepts(second?.schema, { ...event, pii: [{ key_id: 'k', nonce: 'n', ciphertext: 'c' }] }), false);
  t.end();
});

t.test('a schema that cannot be published is refused by name', (t) => {
  const opaque: Schema<JsonObject> = { safeParse: () => ({ success: true, data: {} }) };
  t.throws(() => eventSchemas({ thing: { ThingLost: { version: 1, summary: 'Lost.', data: opaque } } }), /ThingLost v1: only a zod schema can be published/);
  t.end();
});
