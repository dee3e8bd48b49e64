import { z } from 'zod';
import type { EventOf, NewEventOf } from '#kernel/event-catalog.ts';
import { jsonObject } from '#kernel/schemas.ts';

export const NOTICE_EVENTS = {
  NoticePublished: {
    version: 1,
    summary: 'The full text of a consent page, recorded once under the SHA-256 of its RFC 8785 form, before any consent names it.',
    data: z.strictObject({ hash: z.string(), notice: jsonObject }),
  },
} as const;

export type NoticeEvent = EventOf<typeof NOTICE_EVENTS>;
export type NewNoticeEvent = NewEventOf<typeof NOTICE_EVENTS>;
