import type { Aggregate } from '#kernel/aggregate.ts';
import type { JsonObject } from '#kernel/json.ts';
import { NOTICE_EVENTS, type NoticeEvent } from './events.ts';

export interface NoticeState {
  readonly notice: JsonObject | null;
}

const initial: NoticeState = { notice: null };

export const notices: Aggregate<NoticeState, NoticeEvent> = {
  category: 'notice',
  collection: 'notices',
  events: NOTICE_EVENTS,
  initial,
  evolve: (_state, event) => ({ notice: event.data.notice }),
  indexed: () => ({ sub: null, clientId: null, status: null, expiresAt: null }),
};
