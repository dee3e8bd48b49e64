import type { Document, IndexedFields } from '#kernel/aggregate.ts';
import { NO_STREAM, type RecordedEvent, type Revision } from '#kernel/event.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { StreamName } from '#kernel/stream-name.ts';
import type { Append } from '#ports/event-store.ts';

/** What an adapter's test hands to a contract suite: a fresh, empty store. */
export interface Made<Store> {
  readonly store: Store;
  close(): Promise<void>;
  /** Closes the store and opens another on the same data; left out by stores that keep nothing. */
  readonly reopen?: () => Promise<Store>;
}

export type Make<Store> = () => Promise<Made<Store>>;

/** Collections that the suites use; an adapter's test opens its store with them. */
export const COLLECTIONS = ['grants', 'clients'] as const;

let count = 0;

/** An id as ids are here: time-ordered, never used before. */
export const freshId = (): string => `0192${String(++count).padStart(8, '0')}`;
export const freshStream = (category = 'grant'): StreamName => `${category}-${freshId()}`;

export function eventOf(stream: StreamName, revision: Revision, data: JsonObject = { revision }): RecordedEvent {
  const id = `0192c0de-0000-7000-8000-${String(++count).padStart(12, '0')}`;
  const actor = { kind: 'client', id: 'c1' } as const;
  const none = { correlation: null, causation: null, request: null, tenant: null, pii: null };
  return { id, stream, revision, type: 'SomethingHappened', version: 1, time: '2026-11-24T14:00:00.000Z', actor, ...none, data };
}

/** An append of `length` events on top of a revision. */
export function appendOf(stream: StreamName, expectedRevision: Revision = NO_STREAM, length = 1): Append {
  return { stream, expectedRevision, events: Array.from({ length }, (_, index) => eventOf(stream, expectedRevision + 1 + index)) };
}

/** An event whose leaf has exactly so many bytes. */
export function eventOfSize(stream: StreamName, bytes: number, leafBytes: (event: RecordedEvent) => number): RecordedEvent {
  const empty = eventOf(stream, 0, { padding: '' });
  return { ...empty, data: { padding: 'x'.repeat(bytes - leafBytes(empty)) } };
}

export function documentOf<State>(id: string, revision: Revision, state: State, indexed: Partial<IndexedFields> = {}): Document<State> {
  const none = { sub: null, clientId: null, status: null, expiresAt: null };
  return { id, revision, time: '2026-11-24T14:00:00.000Z', indexed: { ...none, ...indexed }, state };
}

/** A promise and the function that keeps it. */
export function signal(): { readonly arrived: Promise<void>; readonly arrive: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { arrived: promise, arrive: resolve };
}
