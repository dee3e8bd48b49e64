import { z } from 'zod';
import type { EventOf, NewEventOf } from '#kernel/event-catalog.ts';
import { instant, jsonObject } from '#kernel/schemas.ts';

export const SIGNING_KEY_EVENTS = {
  SigningKeyAnnounced: {
    version: 1,
    summary: 'A key pair was made and its public half published in the JWK set; it signs nothing yet.',
    data: z.strictObject({ kid: z.string(), alg: z.string(), public_jwk: jsonObject }),
  },
  SigningKeyActivated: { version: 1, summary: 'The announced key signs from now on.', data: z.strictObject({ kid: z.string() }) },
  SigningKeyRetired: {
    version: 1,
    summary: 'The key signs nothing more. It stays published until `published_until`; a compromised one leaves the set at once and its tokens are refused.',
    data: z.strictObject({ kid: z.string(), compromised: z.boolean(), published_until: instant }),
  },
} as const;

export type SigningKeyEvent = EventOf<typeof SIGNING_KEY_EVENTS>;
export type NewSigningKeyEvent = NewEventOf<typeof SIGNING_KEY_EVENTS>;
