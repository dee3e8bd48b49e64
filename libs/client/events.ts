import { z } from 'zod';
import type { EventOf, NewEventOf } from '#kernel/event-catalog.ts';
import { instant, jsonObject } from '#kernel/schemas.ts';

/** RFC 7591 metadata as it was accepted. Loose on purpose: the rules of its day let it in, later rules must not make the stream unreadable. */
const metadata = jsonObject;
const fingerprint = z.string().nullable();
const contacts = jsonObject;

export const CLIENT_EVENTS = {
  ClientRegistered: {
    version: 1,
    summary: 'A client was registered (RFC 7591 3.2.1). Its contacts are personal and sealed under the client’s own key.',
    data: z.strictObject({ client_id: z.string(), metadata, bootstrap_fingerprint: fingerprint }),
    personal: contacts,
  },
  ClientUpdated: {
    version: 1,
    summary: 'The client’s metadata became what is named here, whole (RFC 7592 2.2).',
    data: z.strictObject({ update_id: z.string(), metadata, bootstrap_fingerprint: fingerprint }),
    personal: contacts,
  },
  ClientSecretAdded: {
    version: 1,
    summary: 'A new secret authenticates the client; the older ones named in `previous` end at the given times. Only a keyed hash is recorded.',
    data: z.strictObject({
      secret_id: z.string(),
      hash: z.string(),
      valid_from: instant,
      previous: z.array(z.strictObject({ secret_id: z.string(), expires_at: instant })),
    }),
  },
  ClientSecretRetired: { version: 1, summary: 'A secret authenticates nothing any more.', data: z.strictObject({ secret_id: z.string() }) },
  ClientDisabled: { version: 1, summary: 'The client is suspended: nothing is issued to it and its tokens are inactive until it is enabled.', data: z.strictObject({}) },
  ClientEnabled: { version: 1, summary: 'The suspension of the client has ended.', data: z.strictObject({}) },
  ClientDeleted: { version: 1, summary: 'The client is gone for good; its client_id is never used again.', data: z.strictObject({}) },
} as const;

export type ClientEvent = EventOf<typeof CLIENT_EVENTS>;
export type NewClientEvent = NewEventOf<typeof CLIENT_EVENTS>;
