import fc from 'fast-check';
import { eventSchemas } from '#audit/event-schemas.ts';
import type { NewEvent } from '#kernel/event.ts';
import type { EventCatalog } from '#kernel/event-catalog.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { type Scope, scopeOf } from '#kernel/scope.ts';
import { type DataSchema, dataSchema } from './data-schema.ts';
import { at } from './given.ts';

/** Any JSON value that the log can hold, with the names that trip programs up (`__proto__`, `constructor`, …) among its members. */
export const json: fc.Arbitrary<Json> = fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);

export const jsonObject: fc.Arbitrary<JsonObject> = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor', 'toJSON', 'length', '1'), fc.string({ unit: 'grapheme', maxLength: 5 })), json), { maxLength: 4 })
  .map((members) => JSON.parse(`{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`) as JsonObject);

/** Any well-formed text; often one of a few, so that events of a history name the same things. */
const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('a', 'b', 'c', '', '__proto__', 'constructor') },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
);

/** Any instant; mostly near the times of a made-up history. */
export const anyInstant = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -5, max: 40 }).map(at) },
  { weight: 1, arbitrary: fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }).map((date) => date.toISOString()) },
);

/** Any value that a schema lets in. Throws for words that the catalogs do not use yet: teach it then. */
export function valueFor(schema: DataSchema): fc.Arbitrary<Json> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.anyOf !== undefined) return fc.oneof(...schema.anyOf.map(valueFor));
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type: string) => valueFor({ ...schema, type })));
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'string':
      return schema.pattern === undefined ? text : anyInstant;
    case 'integer':
      return fc.oneof(
        fc.integer({ min: 0, max: 4 }),
        fc.maxSafeInteger().map((number) => number || 0),
      );
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(valueFor(schema.items ?? {}), { maxLength: 4 });
    case 'object':
      return schema.properties === undefined ? jsonObject : fc.record(Object.fromEntries(Object.entries(schema.properties).map(([name, of]) => [name, valueFor(of)])));
    default:
      throw new Error(`no arbitrary for ${JSON.stringify(schema)}`);
  }
}

/** Any well-formed new event of a catalog, in its current version. */
export function anyEventOf(catalog: EventCatalog): fc.Arbitrary<NewEvent> {
  const types = eventSchemas({ any: catalog }).filter(({ current }) => current);
  return fc.oneof(
    ...types.map(({ type, version, personal, schema }) =>
      fc.record({ data: valueFor(dataSchema(schema)) as fc.Arbitrary<JsonObject>, sealed: fc.boolean() }).map(({ data, sealed }): NewEvent => {
        const event = { type, version, data };
        return personal && sealed ? { ...event, personal: [{ owner: 'subject/sub-1', fields: {} }] } : event;
      }),
    ),
  );
}

const TOKENS = ['openid', 'email', 'offline_access', 'read', 'read:photos', 'write'];

/** A set of scopes, sorted and without repeats, as commands carry it. */
export const scope: fc.Arbitrary<Scope> = fc.subarray(TOKENS).map(scopeOf);

/** Any scope token of RFC 6749 Appendix A.4. */
export const scopeToken = fc.oneof(
  fc.constantFrom(...TOKENS),
  fc.string({
    unit: fc
      .integer({ min: 0x21, max: 0x7e })
      .filter((code) => code !== 0x22 && code !== 0x5c)
      .map((code) => String.fromCharCode(code)),
    minLength: 1,
    maxLength: 6,
  }),
);
