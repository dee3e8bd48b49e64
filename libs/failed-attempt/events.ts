import { z } from 'zod';
import type { NewEventOf } from '#kernel/event-catalog.ts';
import { jsonObject } from '#kernel/schemas.ts';

/** How many attempts one fact stands for: 1, or all that were left out since the fact before. */
const count = z.int().min(1);

/** Why a client was refused: a closed list, because what a caller sends must not get into the log. */
const CLIENT_REASONS = ['unknown_client', 'client_not_active', 'wrong_method', 'wrong_credentials'] as const;
export type ClientFailureReason = (typeof CLIENT_REASONS)[number];

export const FAILED_ATTEMPT_EVENTS = {
  SignInFailed: {
    version: 1,
    summary: 'A sign-in was refused. The attempted user name is never recorded; address and agent are sealed, under the account’s key where it was known, else under the key of the day.',
    data: z.strictObject({ reason: z.enum(['credentials', 'throttled']), sub: z.string().nullable(), count }),
    personal: jsonObject,
  },
  ClientAuthenticationFailed: {
    version: 1,
    summary: 'A client did not prove who it is (RFC 6749 5.2, invalid_client). `client_id` only where such a client exists.',
    data: z.strictObject({ client_id: z.string().nullable(), reason: z.enum(CLIENT_REASONS), count }),
    personal: jsonObject,
  },
} as const;

export type NewFailedAttempt = NewEventOf<typeof FAILED_ATTEMPT_EVENTS>;
