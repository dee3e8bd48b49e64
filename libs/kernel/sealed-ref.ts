import type { RecordedEvent, SealedFields } from './event.ts';

/** Where a document keeps personal fields: still sealed, with what is needed to open them. Opened by queries only. */
export interface SealedRef {
  readonly eventId: string;
  readonly stream: string;
  readonly pii: readonly SealedFields[] | null;
}

// biome-ignore lint/suspicious/noExplicitAny: any recorded event has these members.
export const sealedRef = (event: RecordedEvent<string, any>): SealedRef => ({ eventId: event.id, stream: event.stream, pii: event.pii });
