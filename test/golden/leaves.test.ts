import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { z } from 'zod';
import { EVENT_CATALOGS } from '#audit/catalogs.ts';
import { eventSchemas } from '#audit/event-schemas.ts';
import { leafText } from '#audit/leaf.ts';
import { decodeEvent, type EventCatalog } from '#kernel/event-catalog.ts';
import type { Json } from '#kernel/json.ts';
import { categoryOf } from '#kernel/stream-name.ts';
import { sha256, type Vector } from './example-event.ts';

/**
 * Golden leaves. They are the form of leaves in logs that exist: when one of these tests fails after a change, the change is wrong,
 * not the vector. Vectors of new types and versions are added by `node test/golden/update.ts`.
 */
const directory = new URL('leaves/', import.meta.url);
const catalogs: { readonly [category: string]: EventCatalog } = EVENT_CATALOGS;
const schemas = eventSchemas(EVENT_CATALOGS);
const vectors = readdirSync(directory).flatMap((file) =>
  Object.entries(JSON.parse(readFileSync(new URL(file, directory), 'utf8')) as { [name: string]: Vector }).map(([name, vector]) => ({
    name,
    category: file.replace(/\.json$/, ''),
    ...vector,
  })),
);

/** RFC 8785 in its shortest form: a second opinion beside the library. */
function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`;
}

t.test('no (type, version) of any catalog is without a golden leaf', (t) => {
  const wanted = schemas.flatMap(({ type, version, categories }) => categories.map((category) => `${category} ${type}.v${version}`));
  const missing = wanted.filter((key) => !vectors.some(({ name, category }) => `${category} ${name}` === key));
  t.strictSame(missing, [], 'run node test/golden/update.ts');
  t.end();
});

t.test('no golden leaf is of a (type, version) that the catalogs have forgotten', (t) => {
  for (const { name, category, event } of vectors) {
    t.equal(name, `${event.type}.v${event.version}`);
    t.equal(categoryOf(event.stream), category);
    t.ok((catalogs[category]?.[event.type]?.version ?? 0) >= event.version, name);
  }
  t.end();
});

t.test('every event that was ever written can still be read, as its current version', (t) => {
  for (const { name, category, event } of vectors) {
    const catalog = catalogs[category] ?? {};
    t.equal(decodeEvent(catalog, event).version, catalog[event.type]?.version, name);
  }
  t.end();
});

t.test('leaves are byte for byte what they were', (t) => {
  for (const { name, event, leaf, sha256: digest } of vectors) {
    t.equal(leafText(event), leaf, name);
    t.equal(sha256(leaf), digest, name);
    t.strictSame(JSON.parse(leaf), event, name);
  }
  t.end();
});

t.test('leaves are RFC 8785 in the eyes of a second implementation', (t) => {
  for (const { name, event, leaf } of vectors) t.equal(canonical(event as unknown as Json), leaf, name);
  t.end();
});

t.test('golden events fit their published JSON Schemas', (t) => {
  for (const { name, event } of vectors) {
    const schema = schemas.find(({ type, version }) => type === event.type && version === event.version)?.schema;
    const parsed = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(event);
    t.equal(parsed.success, true, `${name} ${parsed.success ? '' : parsed.error.message}`);
  }
  t.end();
});
