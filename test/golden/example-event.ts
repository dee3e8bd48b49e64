import { createHash } from 'node:crypto';
import type { EventSchema } from '#audit/event-schemas.ts';
import type { RecordedEvent } from '#kernel/event.ts';
import type { Json, JsonObject } from '#kernel/json.ts';
import { type DataSchema, dataSchema } from '#support/data-schema.ts';

/** One committed example of a (type, version), with the exact bytes that the Merkle tree commits to. */
export interface Vector {
  readonly event: RecordedEvent;
  /** The leaf as text: its UTF-8 form is the leaf. */
  readonly leaf: string;
  /** SHA-256 of the leaf, hexadecimal. */
  readonly sha256: string;
}

export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What an open JSON object (metadata, a notice, a public key) has in an example: everything that canonical JSON can get wrong. */
const OPEN_OBJECT: JsonObject = {
  '\u20ac': 'Euro Sign',
  '\r': 'Carriage Return',
  '\ufb33': 'Hebrew Letter Dalet With Dagesh',
  '1': 'One',
  '\u{1f600}': 'Emoji: Grinning Face',
  '\u0080': 'Control',
  '\u00f6': 'Latin Small Letter O With Diaeresis',
  numbers: [0, -1, 333333333.3333333, 1e30, 4.5, 2e-3, 1e-27, 9007199254740991],
  literals: [null, true, false],
  string: '\u20ac$\u000f\nA\'B"\\\\"/\u2028</script>',
  nested: { b: [{}, []], a: '' },
};

/** An example for a JSON Schema, made from names only: no clock, no chance, the same for ever. */
function exampleOf(schema: DataSchema, name: string): Json {
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0] ?? null;
  if (schema.anyOf !== undefined) return exampleOf(schema.anyOf[0] ?? {}, name);
  switch (typeof schema.type === 'string' ? schema.type : schema.type?.[0]) {
    case 'string':
      return schema.pattern === undefined ? `${name} \u00e9\u4e16\u{1f512}` : '2026-11-24T14:00:00.000Z';
    case 'integer':
      return name.length;
    case 'boolean':
      return true;
    case 'array':
      return [1, 2].map((number) => exampleOf(schema.items ?? {}, `${name} ${number}`));
    case 'object':
      return schema.properties === undefined ? OPEN_OBJECT : Object.fromEntries(Object.entries(schema.properties).map(([member, of]) => [member, exampleOf(of, member)]));
    default:
      throw new Error(`${name}: no example for ${JSON.stringify(schema)}`);
  }
}

/** The example event of a (type, version) in a stream of `category`. */
export function exampleEvent(category: string, { type, version, personal, schema }: EventSchema): RecordedEvent {
  return {
    id: '0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b',
    stream: `${category}-0190a1b2-0000-7000-8000-000000000001`,
    revision: 7,
    type,
    version,
    time: '2026-11-24T14:00:00.123Z',
    actor: { kind: 'admin', id: '0190a1b2-0000-7000-8000-000000000002' },
    correlation: '0190a1b2-0000-7000-8000-000000000003',
    causation: '0190a1b2-0000-7000-8000-000000000004',
    request: 'req-1',
    tenant: null,
    data: exampleOf(dataSchema(schema), 'data') as JsonObject,
    pii: personal ? [{ key_id: 'subject/0190a1b2-0000-7000-8000-000000000005', nonce: 'AAECAwQFBgcICQoL', ciphertext: 'c2VhbGVkIHBlcnNvbmFsIGZpZWxkcyBhbmQgdGFn' }] : null,
  };
}
