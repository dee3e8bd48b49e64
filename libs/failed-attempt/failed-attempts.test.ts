import t from 'tap';
import type { Fact } from '#runtime/fact-log.ts';
import { createLog } from '#runtime/log.ts';
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
  const counts = () => recorded.map((fact) => fact.event.data['count']);
  return { attempts, recorded, counts, advance: (ms: number) => (now += ms) };
}

t.test('the first five refused sign-ins of a key in a minute are facts, the rest are a count', async (t) => {
  const { attempts, recorded, counts, advance } = setUp();
  for (let n = 0; n < 12; n++) attempts.signIn({ reason: 'credentials', sub: 's', caller });
  t.same(counts(), [1, 1, 1, 1, 1]);
  await attempts.flush();
  t.match(recorded.at(-1)?.event, { type: 'SignInFailed', data: { count: 7, sub: 's' } });
  await attempts.flush();
  t.equal(recorded.length, 6, 'said once');
  for (let n = 0; n < 6; n++) attempts.signIn({ reason: 'credentials', sub: 's', caller });
  advance(60_000);
  attempts.signIn({ reason: 'credentials', sub: 's', caller });
  t.same(counts().toSorted(), [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 7], 'a minute that is over is counted by the next attempt too: none is lost');
});

t.test('all of them together are bounded, and who is not known uses up nothing of those who are', async (t) => {
  const { attempts, recorded } = setUp();
  for (let n = 0; n < 1000; n++) attempts.clientAuthentication({ clientId: null, reason: 'unknown_client', caller: { ...caller, address: `198.51.${n >> 8}.${n & 255}` } });
  t.equal(recorded.length, 60);
  attempts.clientAuthentication({ clientId: 'web', reason: 'wrong_credentials', caller });
  t.equal(recorded.length, 61);
  await attempts.flush();
  t.equal(recorded.length, 121);
});

t.test('who is not known is sealed under the key of the day, who is under their own', (t) => {
  const { attempts, recorded } = setUp();
  attempts.signIn({ reason: 'credentials', sub: null, caller });
  attempts.signIn({ reason: 'credentials', sub: 's', caller });
  t.same(
    recorded.map((fact) => fact.event.personal?.[0]?.owner),
    ['day/2026-11-24', 'subject/s'],
  );
  t.end();
});
