import type { Aggregate, Decide, Document } from '#kernel/aggregate.ts';
import { type Actor, NO_STREAM, type NewEvent, type RecordedEvent, type Revision } from '#kernel/event.ts';
import { decodeEvent, UndecodableEvent } from '#kernel/event-catalog.ts';
import { type Instant, laterOf } from '#kernel/instant.ts';
import { type StreamName, streamName } from '#kernel/stream-name.ts';
import type { Keyring } from '#credentials/keyring.ts';
import { sealPersonal } from '#credentials/personal-data.ts';
import { type Clock, toInstant } from '#ports/clock.ts';
import type { EventStore } from '#ports/event-store.ts';
import type { Journal } from '#ports/journal.ts';
import type { Random } from '#ports/random.ts';
import type { ReadModels } from '#ports/read-models.ts';
import { StoreUnavailable, StreamDenied } from '#ports/store-errors.ts';

/** Where a command comes from: stands in the envelope of each of its events. */
export interface Origin {
  readonly actor: Actor;
  readonly request: string | null;
  readonly correlation?: string | null;
  readonly causation?: string | null;
}

export interface Handled<State, Outcome> {
  readonly outcome: Outcome;
  /** The document after the command: what was read when nothing was decided, else the fold of what was recorded. Null: the stream has no event. */
  readonly document: Document<State> | null;
  /** What this call recorded; empty when it recorded nothing. */
  readonly recorded: readonly RecordedEvent[];
}

/** Where a stream ends: its revision and the time of its last event. */
export interface StreamHead {
  readonly revision: Revision;
  readonly time: Instant | null;
}

export interface CommandHandler {
  /**
   * Load, decide, append at exactly the revision that was read, project; on a conflict fold what is new and decide again.
   * Reading a document that is too old can only lose the append, never decide wrongly.
   * @throws StoreUnavailable (outcome unknown: 503, repeating is safe), StreamDenied, LeafTooLarge
   */
  handle<State, Command, Outcome>(
    aggregate: Aggregate<State>,
    id: string,
    decide: Decide<Command, State, Outcome>,
    command: Command,
    origin: Origin,
    known?: { readonly atLeast?: Revision; readonly document?: Document<State> | null },
  ): Promise<Handled<State, Outcome>>;
  /** The document of a stream, believed only from revision `atLeast` on; an older or missing one is folded from the stream. */
  load<State>(aggregate: Aggregate<State>, id: string, atLeast?: Revision): Promise<Document<State> | null>;
  /** From now on `load` and `handle` throw StreamDenied for this stream: its document is not all that happened, and the rest cannot be read. */
  deny(stream: StreamName): void;
  /** Appends facts to a stream that has no document and one writer, which knows its head; answers the new head. @throws StoreUnavailable, also when another writer was there */
  appendFacts(stream: StreamName, head: StreamHead, facts: readonly { readonly event: NewEvent; readonly origin: Origin }[]): Promise<StreamHead>;
}

export interface CommandHandlerOptions {
  readonly events: EventStore;
  readonly readModels: ReadModels;
  readonly journal: Journal;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
}

/** Decisions that may lose the race for a stream before the request is given up with 503. */
const MAX_ATTEMPTS = 64;

export function createCommandHandler({ events, readModels, journal, keyring, clock, random }: CommandHandlerOptions): CommandHandler {
  const denied = new Set<StreamName>();

  function fold<State>(aggregate: Aggregate<State>, id: string, base: Document<State> | null, recorded: readonly RecordedEvent[]): Document<State> | null {
    let state = base?.state ?? aggregate.initial;
    for (const event of recorded) state = aggregate.evolve(state, event);
    const last = recorded.at(-1);
    return last === undefined ? base : { id, revision: last.revision, time: last.time, indexed: aggregate.indexed(state), state };
  }

  function refuseDenied(stream: StreamName): void {
    if (denied.has(stream)) throw new StreamDenied(stream);
  }

  async function foldTail<State>(aggregate: Aggregate<State>, id: string, base: Document<State> | null): Promise<Document<State> | null> {
    const stream = streamName(aggregate.category, id);
    const tail = await events.readStream(stream, (base?.revision ?? NO_STREAM) + 1);
    try {
      return fold(aggregate, id, base, tail.map((event) => decodeEvent(aggregate.events, event)));
    } catch (error) {
      if (error instanceof UndecodableEvent) throw new StreamDenied(stream, { cause: error });
      throw error;
    }
  }

  async function load<State>(aggregate: Aggregate<State>, id: string, atLeast: Revision = NO_STREAM): Promise<Document<State> | null> {
    refuseDenied(streamName(aggregate.category, id));
    const document = await readModels.get<State>(aggregate.collection, id);
    return (document?.revision ?? NO_STREAM) >= atLeast ? document : foldTail(aggregate, id, document);
  }

  async function envelope(stream: StreamName, revision: Revision, notBefore: string | null, event: NewEvent, origin: Origin): Promise<RecordedEvent> {
    const id = random.uuid();
    const now = toInstant(clock.now());
    return {
      id,
      stream,
      revision,
      type: event.type,
      version: event.version,
      time: notBefore === null ? now : laterOf(now, notBefore),
      actor: origin.actor,
      correlation: origin.correlation ?? null,
      causation: origin.causation ?? null,
      request: origin.request,
      tenant: null,
      data: event.data,
      pii: event.personal === undefined ? null : await sealPersonal(keyring, random, id, stream, event.personal),
    };
  }

  return {
    load,
    deny: (stream) => void denied.add(stream),
    async handle(aggregate, id, decide, command, origin, known = {}) {
      const stream = streamName(aggregate.category, id);
      refuseDenied(stream);
      let document = known.document === undefined ? await load(aggregate, id, known.atLeast) : known.document;
      for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        const decision = decide(command, document?.state ?? aggregate.initial);
        if (decision.events.length === 0) return { outcome: decision.outcome, document, recorded: [] };
        const recorded: RecordedEvent[] = [];
        const revision = document?.revision ?? NO_STREAM;
        for (const event of decision.events) {
          recorded.push(await envelope(stream, revision + 1 + recorded.length, recorded.at(-1)?.time ?? document?.time ?? null, event, origin));
        }
        const next = fold(aggregate, id, document, recorded);
        const projection = next === null ? null : { collection: aggregate.collection, document: next };
        const result = await journal.record({ stream, expectedRevision: revision, events: recorded, projection });
        if (result.kind === 'appended') return { outcome: decision.outcome, document: next, recorded };
        document = await foldTail(aggregate, id, document);
      }
      throw new StoreUnavailable(`stream ${stream} is written to too often`);
    },
    async appendFacts(stream, { revision: expectedRevision, time }, facts) {
      const recorded: RecordedEvent[] = [];
      for (const { event, origin } of facts) recorded.push(await envelope(stream, expectedRevision + 1 + recorded.length, recorded.at(-1)?.time ?? time, event, origin));
      const result = await journal.record({ stream, expectedRevision, events: recorded, projection: null });
      if (result.kind === 'conflict') throw new StoreUnavailable(`stream ${stream} has another writer`);
      return { revision: result.revision, time: recorded.at(-1)?.time ?? time };
    },
  };
}
