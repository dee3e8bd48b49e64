import { z } from 'zod';
import type { EventCatalog, EventType, Schema } from '#kernel/event-catalog.ts';
import type { JsonObject } from '#kernel/json.ts';
import { instant } from '#kernel/schemas.ts';

/** The published form of one version of one event type. */
export interface EventSchema {
  readonly type: string;
  readonly version: number;
  /** Whether events are still written in this version; older ones are read as the current one. */
  readonly current: boolean;
  readonly summary: string;
  /** Categories of the streams that it stands in. */
  readonly categories: readonly string[];
  readonly personal: boolean;
  /** JSON Schema 2020-12 of the whole recorded event: the 13 members of the leaf. */
  readonly schema: JsonObject;
}

const nullableId = (description: string) => z.string().nullable().meta({ description });

const actor = z
  .strictObject({ kind: z.enum(['account', 'client', 'admin', 'bootstrap', 'system']), id: z.string().nullable() })
  .meta({ description: 'Who caused it. client: a client acting for itself; admin: an administrator’s account at the management API; system: the server or the command line.' });

const sealedFields = z
  .array(z.strictObject({ key_id: z.string(), nonce: z.string(), ciphertext: z.string() }))
  .min(1)
  .nullable()
  .meta({ description: 'Personal fields, one entry a key: AES-256-GCM, base64url, associated data = id, newline, stream. Null where there are none or their owner was erased.' });

function zodOf(schema: Schema<unknown>, name: string): z.ZodType {
  if (!(schema instanceof z.ZodType)) throw new TypeError(`${name}: only a zod schema can be published`);
  return schema;
}

function envelope(type: string, version: number, summary: string, categories: readonly string[], data: z.ZodType, personal: boolean): z.ZodType {
  return z
    .strictObject({
      id: z.uuidv7().meta({ description: 'Unique in the log, ordered by time (RFC 9562).' }),
      stream: z
        .string()
        .regex(new RegExp(`^(?:${categories.join('|')})-.+$`))
        .meta({ description: 'The stream that it is part of: category, hyphen, id.' }),
      revision: z.int().min(0).meta({ description: 'Its number in the stream, from 0.' }),
      type: z.literal(type),
      version: z.literal(version),
      time: instant.meta({ description: 'When it was recorded: RFC 3339, UTC, milliseconds. Never earlier than the event before it in the stream.' }),
      actor,
      correlation: nullableId('What belongs together over several requests.'),
      causation: nullableId('The event that led to this one.'),
      request: nullableId('The HTTP request that led to it.'),
      tenant: nullableId('Reserved.'),
      data,
      pii: personal ? sealedFields : z.null().meta({ description: 'This event has no personal fields.' }),
    })
    .meta({ title: type, description: summary });
}

/** Categories by type. A type that stands in several catalogs is the same type, or two schemas would claim one name. */
function typesOf(catalogs: { readonly [category: string]: EventCatalog }): Map<string, { readonly known: EventType; readonly categories: string[] }> {
  const types = new Map<string, { readonly known: EventType; readonly categories: string[] }>();
  for (const [category, catalog] of Object.entries(catalogs)) {
    for (const [type, known] of Object.entries(catalog)) {
      const before = types.get(type);
      if (before !== undefined && before.known !== known) throw new Error(`${type} is defined differently in ${before.categories.join(', ')} and ${category}`);
      if (before === undefined) types.set(type, { known, categories: [category] });
      else before.categories.push(category);
    }
  }
  return types;
}

/**
 * A JSON Schema for every version of every event type, sorted by type and version.
 * @throws Error when two catalogs define one type differently; TypeError for a schema that is not zod’s
 */
export function eventSchemas(catalogs: { readonly [category: string]: EventCatalog }): readonly EventSchema[] {
  return [...typesOf(catalogs)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([type, { known, categories }]) =>
      [...(known.former ?? []), known].map(({ data }, index): EventSchema => {
        const version = index + 1;
        const current = version === known.version;
        const summary = current ? known.summary : `${known.summary} (Read as version ${known.version}; not written any more.)`;
        const personal = known.personal !== undefined;
        const whole = envelope(type, version, summary, categories, zodOf(data, `${type} v${version}`), personal);
        return { type, version, current, summary, categories, personal, schema: z.toJSONSchema(whole) as unknown as JsonObject };
      }),
    );
}
