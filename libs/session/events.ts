import { z } from 'zod';
import type { EventOf, NewEventOf } from '#kernel/event-catalog.ts';
import { instant, jsonObject } from '#kernel/schemas.ts';

const signIn = { cookie_hash: z.string(), auth_time: instant, acr: z.string(), amr: z.array(z.string()) };
const origin = jsonObject;

export const SESSION_EVENTS = {
  SessionStarted: {
    version: 1,
    summary: 'A person signed in with a browser. Only a hash of the cookie is recorded; the caller’s address and agent are sealed.',
    data: z.strictObject({ sub: z.string(), account_epoch: z.int(), expires_at: instant, ...signIn }),
    personal: origin,
  },
  SessionReauthenticated: {
    version: 1,
    summary: 'The same person signed in again in the same session; the cookie changed, the one before is dead.',
    data: z.strictObject({ ...signIn }),
    personal: origin,
  },
  SessionEnded: { version: 1, summary: 'The session ended, and with it all that depends on it.', data: z.strictObject({ reason: z.string() }) },
} as const;

export type SessionEvent = EventOf<typeof SESSION_EVENTS>;
export type NewSessionEvent = NewEventOf<typeof SESSION_EVENTS>;
