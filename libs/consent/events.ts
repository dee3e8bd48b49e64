import { z } from 'zod';
import type { EventOf, NewEventOf } from '#kernel/event-catalog.ts';
import { instant, jsonObject } from '#kernel/schemas.ts';

/** The text that the person saw, by hash; the text itself is in `NoticePublished`. */
export const noticeReference = z.strictObject({ hash: z.string(), version: z.int(), language: z.string() });

const origin = jsonObject;
/** Which submission it was (the same one never counts twice), and the sign-in that stood behind it. */
const decision = { decision_id: z.string(), session_id: z.string().nullable(), auth_time: instant.nullable(), acr: z.string().nullable(), amr: z.array(z.string()) };

export const CONSENT_EVENTS = {
  ConsentGranted: {
    version: 1,
    summary: 'A person agreed to the named notice, or policy stood in for them (`basis`). `epoch` rises when the consent before had ended. The caller’s address and agent are sealed.',
    data: z.strictObject({
      sub: z.string(),
      client_id: z.string(),
      scopes: z.array(z.string()),
      resources: z.array(z.string()),
      basis: z.enum(['person', 'policy']),
      notice: noticeReference.nullable(),
      client_revision: z.int(),
      expires_at: instant.nullable(),
      epoch: z.int(),
      ...decision,
    }),
    personal: origin,
  },
  ConsentDenied: {
    version: 1,
    summary: 'A person refused the named notice. A consent in force before stays.',
    data: z.strictObject({ sub: z.string(), client_id: z.string(), scopes: z.array(z.string()), resources: z.array(z.string()), notice: noticeReference.nullable(), ...decision }),
    personal: origin,
  },
  ConsentScopesChanged: {
    version: 1,
    summary: 'The scopes in force became exactly these; tokens follow at once.',
    data: z.strictObject({ scopes: z.array(z.string()) }),
  },
  ConsentWithdrawn: {
    version: 1,
    summary: 'The consent ended, and with it all grants of its epoch, for good.',
    data: z.strictObject({ reason: z.string() }),
  },
} as const;

export type ConsentEvent = EventOf<typeof CONSENT_EVENTS>;
export type NewConsentEvent = NewEventOf<typeof CONSENT_EVENTS>;
