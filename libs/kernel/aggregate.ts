import type { NewEvent, RecordedEvent, Revision } from './event.ts';
import type { EventCatalog } from './event-catalog.ts';
import type { Instant } from './instant.ts';

/** What a decider answers: the facts to record (none for a refusal that is no fact, and for a repeated command) and what to tell the caller. */
export interface Decision<Outcome, Event = NewEvent> {
  readonly events: readonly Event[];
  readonly outcome: Outcome;
}

/** Pure and total: no clock, no randomness, no input or output. The same command decided on its own result writes nothing new. */
export type Decide<Command, State, Outcome, Event = NewEvent> = (command: Command, state: State) => Decision<Outcome, Event>;

/** Columns that lists can ask for; null where a document has none. */
export interface IndexedFields {
  readonly sub: string | null;
  readonly clientId: string | null;
  readonly status: string | null;
  readonly expiresAt: Instant | null;
}

/** One stream category: its event catalog, its fold, and where its documents live. */
// biome-ignore lint/suspicious/noExplicitAny: the fold is contravariant in the event; each aggregate names its own union.
export interface Aggregate<State, Event extends RecordedEvent<string, any> = any> {
  readonly category: string;
  readonly collection: string;
  readonly events: EventCatalog;
  readonly initial: State;
  readonly evolve: (state: State, event: Event) => State;
  readonly indexed: (state: State) => IndexedFields;
}

/** A read model document: the fold of exactly one stream, with that stream's revision and the time of its last event. */
export interface Document<State = unknown> {
  readonly id: string;
  readonly revision: Revision;
  readonly time: Instant;
  readonly indexed: IndexedFields;
  readonly state: State;
}
