import t from 'tap';
import { createLog } from '#runtime/log.ts';
import type { Fact } from '#runtime/fact-log.ts';
import { createFailedAttempts } from './failed-attempts.ts';

const caller = { requestId: 'r', address: '192.0.2.7', userAgent: null };

function setUp() {
  const recorded: Fact[] = [];
  let now = Date.UTC(2026, 10, 24);
  const attempts = createFailedAttempts({
    facts: { record: async (fact) => void recorded.push(fact) },
    clock: { now: () => now },
    log: createLog('silent'),
  });
  return { attempts, recorded, advance: (ms: number) => { now += ms; } };
}

t.test('the first five refused sign-ins of a key in a minute are facts, the rest are a count in the next one', (t) => {
  const { attempts, recorded, advance } = setUp();
  for (let n = 0; n < 12; n++) attempts.signIn({ reason: 'credentials', sub: 's', caller });
  t.equal(recorded.length, 5);
  advance(60_000);
  attempts.signIn({ reason: 'credentials', sub: 's', caller });
  t.match(recorded.at(-1)?.event, { type: 'SignInFailed', data: { count: 8, sub: 's' } }, 'seven unsaid and this one');
  t.end();
});

t.test('keys do not use up each other’s facts, but all of them together are bounded', (t) => {
  const { attempts, recorded } = setUp();
  for (let n = 0; n < 1000; n++) attempts.clientAuthentication({ clientId: null, reason: 'client is unknown', caller: { ...caller, address: `198.51.${n >> 8}.${n & 255}` } });
  t.equal(recorded.length, 120);
  t.end();
});

t.test('who is not known is sealed under the key of the day, who is under their own', (t) => {
  const { attempts, recorded } = setUp();
  attempts.signIn({ reason: 'credentials', sub: null, caller });
  attempts.signIn({ reason: 'credentials', sub: 's', caller });
  t.same(recorded.map((fact) => fact.event.personal?.[0]?.owner), ['day/2026-11-24', 'subject/s']);
  t.end();
});
