import { z } from 'zod';
import type { EventOf, NewEventOf } from '#kernel/event-catalog.ts';
import { jsonObject } from '#kernel/schemas.ts';

const fingerprint = z.string().nullable();
const personal = jsonObject;

export const ACCOUNT_EVENTS = {
  AccountRegistered: {
    version: 1,
    summary: 'An account was made. User name, password hash (argon2id) and claims are personal and sealed under the subject’s own key.',
    data: z.strictObject({ sub: z.string(), admin: z.boolean(), bootstrap_fingerprint: fingerprint }),
    personal,
  },
  AccountUpdated: {
    version: 1,
    summary: 'The account’s claims and administrator flag became what is named here, whole.',
    data: z.strictObject({ update_id: z.string(), admin: z.boolean(), bootstrap_fingerprint: fingerprint }),
    personal,
  },
  AccountPasswordChanged: {
    version: 1,
    summary: 'The password changed; its hash is sealed.',
    data: z.strictObject({ password_id: z.string(), bootstrap_fingerprint: fingerprint }),
    personal,
  },
  AccountDisabled: { version: 1, summary: 'The account was disabled: all its sessions and grants ended for good.', data: z.strictObject({ reason: z.string() }) },
  AccountEnabled: { version: 1, summary: 'The account may sign in again; nothing that ended comes back.', data: z.strictObject({}) },
} as const;

export type AccountEvent = EventOf<typeof ACCOUNT_EVENTS>;
export type NewAccountEvent = NewEventOf<typeof ACCOUNT_EVENTS>;

/** A user name is reserved in a stream of its own, named by a keyed hash, so that two accounts can never share it. */
export const USERNAME_EVENTS = {
  UsernameReserved: { version: 1, summary: 'A user name, known here by its keyed hash only, belongs to this subject.', data: z.strictObject({ sub: z.string() }) },
} as const;

export type UsernameEvent = EventOf<typeof USERNAME_EVENTS>;
export type NewUsernameEvent = NewEventOf<typeof USERNAME_EVENTS>;
