import type { Test } from 'tap';
import type { Aggregate, Decide } from '#kernel/aggregate.ts';
import type { NewEvent, PersonalFields, RecordedEvent } from '#kernel/event.ts';
import { decodeEvent, type EventCatalog } from '#kernel/event-catalog.ts';
import type { Instant } from '#kernel/instant.ts';
import { streamName } from '#kernel/stream-name.ts';

type AnyEvent = RecordedEvent<string, unknown>;

/** A fact in short: its type, its data and, where it has some, its personal fields. The envelope is made up. */
export type Fact<Event> = Event extends { type: infer Type; data: infer Data } ? readonly [type: Type, data: Data, personal?: readonly PersonalFields[]] : never;

/** The minute in which event number `revision` of every made-up history happens; half minutes lie between two events. */
export const at = (revision: number): Instant => new Date(Date.UTC(2026, 0, 1) + revision * 60_000).toISOString();

const eventId = (revision: number): string => `01890000-0000-7000-8000-${String(revision).padStart(12, '0')}`;

/** An event as a store gives it back. Personal fields are only marked as sealed: no decider can read them anyway. */
export function recorded(category: string, revision: number, { type, version, data, personal }: NewEvent<string, unknown>, minute = revision): AnyEvent {
  const pii = personal === undefined ? null : personal.map(({ owner }) => ({ key_id: owner, nonce: 'AAAAAAAAAAAAAAAA', ciphertext: 'c2VhbGVk' }));
  const stream = streamName(category, '1');
  const actor = { kind: 'system', id: null } as const;
  return { id: eventId(revision), stream, revision, type, version, time: at(minute), actor, correlation: null, causation: null, request: null, tenant: null, data, pii };
}

/** Facts in full, as a decider hands them out. */
export function factsOf<Event extends AnyEvent>(catalog: EventCatalog, facts: readonly Fact<Event>[]): readonly NewEvent<string, unknown>[] {
  return facts.map((fact) => {
    const [type, data, personal] = fact as readonly [string, unknown, (readonly PersonalFields[])?];
    return { type, version: catalog[type]?.version ?? 0, data, ...(personal === undefined ? {} : { personal }) };
  });
}

/** Folds what happened; every event passes the schema of its catalog first, as it would on its way out of a store. */
function fold<State, Event extends AnyEvent>(aggregate: Aggregate<State, Event>, facts: readonly NewEvent<string, unknown>[]): State {
  return facts
    .map((fact, revision) => decodeEvent(aggregate.events, recorded(aggregate.category, revision, fact) as RecordedEvent) as unknown as Event)
    .reduce((state, event) => aggregate.evolve(state, event), aggregate.initial);
}

/**
 * given(grants, [type, data], …).when(redeemCode, command).expect(t, outcome, [type, data], …)
 *
 * `expect` compares outcome and events, checks them against their schemas and decides the same command again on its own result:
 * that must write nothing, whatever the command.
 */
export function given<State, Event extends AnyEvent>(aggregate: Aggregate<State, Event>, ...facts: readonly Fact<Event>[]) {
  const past = factsOf(aggregate.events, facts);
  const state = fold(aggregate, past);
  return {
    state,
    when<Command, Outcome>(decide: Decide<Command, State, Outcome, NewEvent<string, unknown>>, command: Command) {
      const decision = decide(command, state);
      const after = fold(aggregate, [...past, ...decision.events]);
      return {
        decision,
        /** The state after the command. */
        after,
        expect(t: Test, outcome: Outcome, ...events: readonly Fact<Event>[]): void {
          t.strictSame(decision.outcome, outcome);
          t.strictSame(decision.events, factsOf(aggregate.events, events));
          t.strictSame(decide(command, after).events, [], 'deciding it again on its own result writes nothing');
        },
      };
    },
  };
}
