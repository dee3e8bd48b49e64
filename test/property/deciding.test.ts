import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { EVENT_CATALOGS } from '#audit/catalogs.ts';
import { leafText } from '#audit/leaf.ts';
import type { RecordedEvent } from '#kernel/event.ts';
import { decodeEvent, type EventCatalog } from '#kernel/event-catalog.ts';
import { anyEventOf } from '#support/arbitraries.ts';
import { recorded } from '#support/given.ts';
import { type AnyDecision, type Attempt, DECIDERS, SCENARIOS, type Scenario } from './commands.ts';

/** A change of what was handed out would throw. */
function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) frozen(member);
  }
  return value;
}

interface Step {
  readonly name: string;
  readonly decide: (state: unknown) => AnyDecision;
  readonly before: unknown;
  readonly decision: AnyDecision;
  readonly after: unknown;
}

/** Runs commands one after the other, then some of them once more; each keeps the ids and instants of the minute in which it first came. */
function run({ aggregate }: Scenario, commands: readonly Attempt<unknown>[], repeats: readonly number[]): readonly Step[] {
  const bound = commands.map((command, minute) => ({ name: command.name, decide: command.bind(minute) }));
  const order = [...bound, ...repeats.flatMap((index) => bound[index % bound.length] ?? [])];
  let state = frozen(aggregate.initial);
  let revision = 0;
  return order.map(({ name, decide }, minute) => {
    const before = state;
    const decision = decide(before);
    for (const event of decision.events)
      state = frozen(aggregate.evolve(state, decodeEvent(aggregate.events, recorded(aggregate.category, revision++, event, minute) as RecordedEvent)));
    return { name, decide, before, decision, after: state };
  });
}

const repeats = fc.array(fc.nat({ max: 13 }), { maxLength: 6 });

t.test('every decider has its commands among the histories', (t) => {
  const covered = SCENARIOS.flatMap(({ deciders }) => deciders);
  const exported = DECIDERS.flatMap((module) =>
    Object.entries(module)
      .filter(([, value]) => typeof value === 'function')
      .map(([name]) => name),
  );
  t.strictSame([...covered].sort(), [...exported].sort());
  t.end();
});

t.test('stream categories and collections keep their names: they are in every log and database that exists', (t) => {
  t.strictSame(Object.fromEntries(SCENARIOS.map(({ aggregate }) => [aggregate.category, aggregate.collection])), {
    client: 'clients',
    consent: 'consents',
    notice: 'notices',
    grant: 'grants',
    account: 'accounts',
    username: 'usernames',
    session: 'sessions',
    signingKey: 'signing_keys',
    token: 'tokens',
  });
  const catalogs: { readonly [category: string]: EventCatalog } = EVENT_CATALOGS;
  for (const { aggregate } of SCENARIOS) t.equal(catalogs[aggregate.category], aggregate.events, `${aggregate.category} is among the catalogs of the log`);
  t.end();
});

for (const scenario of SCENARIOS) {
  const { aggregate, commands, deciders } = scenario;
  const { category } = aggregate;

  t.test(`${category}: deciding the same command again on its own result writes nothing new`, (t) => {
    const writers = new Set<string>();
    fc.assert(
      fc.property(commands, repeats, (commands, repeats) => {
        for (const { name, decide, decision, after } of run(scenario, commands, repeats)) {
          if (decision.events.length > 0) writers.add(name);
          const again = decide(after).events.map(({ type }) => type);
          if (again.length > 0) throw new Error(`${name} wrote ${again.join(', ')} again`);
        }
      }),
      { numRuns: 500 },
    );
    t.strictSame([...writers].sort(), [...deciders].sort(), 'each command wrote something in some history');
    t.end();
  });

  t.test(`${category}: a decision depends on command and state alone, and changes neither`, (t) => {
    // States are frozen: a decider or a fold that changes what it is given throws.
    fc.assert(
      fc.property(commands, repeats, (commands, repeats) => run(scenario, commands, repeats).every(({ decide, before, decision }) => isDeepStrictEqual(decide(before), decision))),
      { numRuns: 100 },
    );
    t.pass();
    t.end();
  });

  t.test(`${category}: folding is total: any well-formed events in any order give a state that survives JSON`, (t) => {
    fc.assert(
      fc.property(fc.array(anyEventOf(aggregate.events), { maxLength: 20, size: 'max' }), (events) => {
        let state = frozen(aggregate.initial);
        for (const [revision, event] of events.entries()) {
          const stored = JSON.parse(leafText(recorded(category, revision, event) as RecordedEvent)) as RecordedEvent;
          state = frozen(aggregate.evolve(state, decodeEvent(aggregate.events, stored)));
        }
        const columns = Object.values(aggregate.indexed(state)).every((value) => value === null || typeof value === 'string');
        return columns && isDeepStrictEqual(JSON.parse(JSON.stringify(state)), state);
      }),
      { numRuns: 300 },
    );
    t.pass();
    t.end();
  });
}
