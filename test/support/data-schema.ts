import type { Json, JsonObject } from '#kernel/json.ts';

/** The words of JSON Schema that our event catalogs use. */
export interface DataSchema {
  readonly type?: string | readonly string[];
  readonly const?: Json;
  readonly enum?: readonly Json[];
  readonly anyOf?: readonly DataSchema[];
  readonly items?: DataSchema;
  readonly properties?: { readonly [name: string]: DataSchema };
  readonly pattern?: string;
}

/** The part of an event’s published schema that describes its data. */
export const dataSchema = (schema: JsonObject): DataSchema => (schema as unknown as { properties: { data: DataSchema } }).properties.data;
