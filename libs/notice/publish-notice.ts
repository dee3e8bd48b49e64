import canonicalize from 'canonicalize';
import { secretHash } from '#credentials/credential-keys.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { publishNotice as decide } from './decider.ts';
import type { NoticeText } from './notice-text.ts';
import { notices } from './projection.ts';

/** The name of a text: SHA-256 of its RFC 8785 form, base64url. */
export const noticeHash = (notice: NoticeText): string => secretHash(canonicalize(notice) as string);

/** Makes sure that the text is in the log; answers its hash. */
export async function publishNotice(core: Core, notice: NoticeText, origin: Origin): Promise<string> {
  const hash = noticeHash(notice);
  await core.commands.handle(notices, hash, decide, { hash, notice: notice as unknown as JsonObject }, origin);
  return hash;
}
