import { z } from 'zod';
import { configSchema } from './schema.ts';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/**
 * The JSON Schema (draft 2020-12) of the configuration file as people write it: what `grantlog config schema` prints. Every key has a
 * description, and a default, examples or a list of values.
 */
export const configJsonSchema = (): JsonSchema => z.toJSONSchema(configSchema, { io: 'input', override: keepWhatPeopleWrite });

/** zod drops examples and defaults where a transform follows, because it takes them for outputs. Here they are what people write. */
function keepWhatPeopleWrite({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  const examples = z.globalRegistry.get(zodSchema)?.examples;
  if (Array.isArray(examples)) jsonSchema.examples = examples;
  const { def } = zodSchema._zod;
  if (def.type === 'default') jsonSchema.default = def.defaultValue;
}
