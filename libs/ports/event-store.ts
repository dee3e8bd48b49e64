import type { RecordedEvent, Revision } from '#kernel/event.ts';
import type { StreamName } from '#kernel/stream-name.ts';

/** Index of an event among all events of the store, from 0. */
export type Position = number;

export interface Append {
  readonly stream: StreamName;
  /** The stream's revision that the decision was made on; `NO_STREAM` for a stream that must not exist. */
  readonly expectedRevision: Revision;
  /** Revisions `expectedRevision + 1` and on; at least one event. */
  readonly events: readonly RecordedEvent[];
}

export type AppendResult =
  | { readonly kind: 'appended'; readonly revision: Revision }
  /** Someone else wrote first: nothing of this append is in the log. */
  | { readonly kind: 'conflict'; readonly actual: Revision };

export interface PositionedEvent {
  readonly position: Position;
  readonly event: RecordedEvent;
}

export interface Subscription {
  /** Resolves when the subscription has ended: closed, or the store is gone. */
  readonly ended: Promise<void>;
  close(): void;
}

/** The log. The append at an exact revision is the only arbiter of who was first. */
export interface EventStore {
  /** All events or none, durable when it resolves. @throws StoreUnavailable when the outcome is refused or unknown */
  append(append: Append): Promise<AppendResult>;
  /** Events of one stream from a revision on, in order; empty when there are none. */
  readStream(stream: StreamName, from?: Revision): Promise<readonly RecordedEvent[]>;
  /** At most `limit` events after a position (-1: from the start), in log order. */
  readAll(after: Position, limit: number): Promise<readonly PositionedEvent[]>;
  /** Calls `handle` for each event after a position whose stream starts with `prefix`, in log order, one at a time, past and future. */
  subscribe(options: { readonly after: Position; readonly prefix?: string }, handle: (event: PositionedEvent) => Promise<void> | void): Subscription;
}
