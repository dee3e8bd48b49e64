import { z } from 'zod';
import { checkClientMetadata, clientId, clientMetadataShape, completeClientMetadata, languageTagged } from '#client/metadata.ts';
import type { JsonObject } from '#kernel/json.ts';
import { accountClaims } from './account-claims.ts';

/** A key that may be left out: null then. */
export const orNull = <Schema extends z.ZodType>(schema: Schema) => schema.optional().transform((value): z.output<Schema> | null => value ?? null);

const account = z.strictObject({
  username: z
    .string()
    .max(254)
    .regex(/^[^\p{Cc}\s](?:[^\p{Cc}]*[^\p{Cc}\s])?$/u, 'expected 1 to 254 characters without control characters and without space at the ends')
    .meta({ description: 'Name to sign in with; upper and lower case count as the same here.', examples: ['alice'] }),
  password: z.string().min(1, 'must not be empty').max(1024).meta({ description: 'Hashed on the way in (argon2id), never logged.', examples: ['correct horse battery staple'] }),
  sub: orNull(z.string().regex(/^[\x21-\x7e]{1,255}$/, 'expected 1 to 255 printable ASCII characters without spaces')).meta({ description: 'Subject identifier; made when it is left out.', examples: ['248289761001'] }),
  admin: z.boolean().default(false).meta({ description: 'Whether management scopes can be granted to this person.' }),
  claims: accountClaims
    .transform((claims): JsonObject => claims)
    .prefault({})
    .meta({ description: 'Claims of the person: the standard ones in their types, others free.', examples: [{ name: 'Alice Example', email: 'alice@example.com', email_verified: true }] }),
});

const client = z
  .looseObject({
    client_id: clientId.meta({ description: 'Identifier of the client; never used again once deleted.', examples: ['photo-print'] }),
    client_secret: orNull(z.string().regex(/^[\x20-\x7e]{1,512}$/, 'expected 1 to 512 printable ASCII characters')).meta({
      description: 'For client_secret_basic and client_secret_post; hashed on the way in, never logged. A changed one ends the one before at once.',
      examples: ['a long random text'],
    }),
    ...clientMetadataShape,
  })
  .superRefine((entry, context) => {
    checkClientMetadata(entry, context, ['client_id', 'client_secret']);
    const method = entry.token_endpoint_auth_method;
    const usesSecret = method === 'client_secret_basic' || method === 'client_secret_post';
    if (usesSecret && entry.client_secret === null) context.addIssue({ code: 'custom', path: ['client_secret'], message: `is required for ${method}` });
    if (!usesSecret && entry.client_secret !== null) context.addIssue({ code: 'custom', path: ['client_secret'], message: `has no use with token_endpoint_auth_method ${method}` });
  })
  .transform(({ client_id, client_secret, ...metadata }) => ({ client_id, client_secret, metadata: completeClientMetadata(metadata) }))
  .meta(languageTagged);

/** Refuses a second entry with the same identifying text. */
function unique<Entry>(member: string, textOf: (entry: Entry) => string | null) {
  return (entries: readonly Entry[], context: z.RefinementCtx): void => {
    const seen = new Set<string>();
    entries.forEach((entry, index) => {
      const text = textOf(entry);
      if (text !== null && seen.has(text)) context.addIssue({ code: 'custom', path: [index, member], message: 'is there twice' });
      if (text !== null) seen.add(text);
    });
  };
}

/** Schema of `bootstrap`: accounts and clients that exist from the start. Secrets in it are clear text: they go to a hash, never to a log. */
export const bootstrapSchema = z.strictObject({
  accounts: z
    .array(account)
    .superRefine(unique('username', (entry) => entry.username.normalize('NFC').toLowerCase()))
    .superRefine(unique('sub', (entry) => entry.sub))
    .default([])
    .meta({ description: 'Accounts; an entry is applied when it changed since it was last applied.', examples: [[{ username: 'alice', password: 'correct horse battery staple' }]] }),
  clients: z
    .array(client)
    .superRefine(unique('client_id', (entry) => entry.client_id))
    .default([])
    .meta({ description: 'Clients: RFC 7591 members, client_id, client_secret and own members.', examples: [[{ client_id: 'photo-print', client_secret: 'a long random text', redirect_uris: ['https://app.example.com/callback'] }]] }),
});

type Parsed = z.output<typeof bootstrapSchema>;

/** The entry as it stands in the file, nothing filled in: what tells whether it changed. It holds secrets: never log it. */
interface Written {
  readonly source: JsonObject;
}

export type BootstrapAccount = Readonly<z.output<typeof account>> & Written;
export type BootstrapClient = Readonly<z.output<typeof client>> & Written;

export interface Bootstrap {
  readonly accounts: readonly BootstrapAccount[];
  readonly clients: readonly BootstrapClient[];
}

/** Puts each entry as it was written (`input` is what the schema accepted) beside what was read from it. */
export function withSources({ accounts, clients }: Parsed, input: unknown): Bootstrap {
  const written = (input ?? {}) as { readonly accounts?: readonly JsonObject[]; readonly clients?: readonly JsonObject[] };
  return {
    accounts: accounts.map((entry, index) => ({ ...entry, source: written.accounts?.[index] ?? {} })),
    clients: clients.map((entry, index) => ({ ...entry, source: written.clients?.[index] ?? {} })),
  };
}
