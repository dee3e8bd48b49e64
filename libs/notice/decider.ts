import type { Decision } from '#kernel/aggregate.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { NewNoticeEvent } from './events.ts';
import type { NoticeState } from './projection.ts';

/** A text is content-addressed: publishing it again is nothing new. */
export function publishNotice(command: { readonly hash: string; readonly notice: JsonObject }, state: NoticeState): Decision<null, NewNoticeEvent> {
  if (state.notice !== null) return { events: [], outcome: null };
  return { events: [{ type: 'NoticePublished', version: 1, data: { hash: command.hash, notice: command.notice } }], outcome: null };
}
