import t from 'tap';
import type { Json } from '#kernel/json.ts';
import type { EphemeralStore } from '#ports/ephemeral-store.ts';
import { createSignInThrottle } from './sign-in-throttle.ts';

/** Records in memory, and the choice to hold back what an increment answers, as another process’s turn would. */
function setUp() {
  const records = new Map<string, { value: Json; expiresAt: number }>();
  const held: (() => void)[] = [];
  const state = { now: 0, hold: false };
  const live = (key: string) => {
    const record = records.get(key);
    return record !== undefined && record.expiresAt > state.now ? record : null;
  };
  const ephemeral = {
    get: async (kind: string, key: string) => live(`${kind}/${key}`),
    compareAndSet: async (kind: string, key: string, expected: Json, next: Json, expiresAt: number) => {
      const present = live(`${kind}/${key}`);
      if (JSON.stringify(present?.value ?? null) !== JSON.stringify(expected)) return false;
      records.set(`${kind}/${key}`, { value: next, expiresAt });
      return true;
    },
    increment: async (kind: string, key: string, by: number, expiresAt: number) => {
      const present = live(`${kind}/${key}`);
      const value = Number(present?.value ?? 0) + by;
      records.set(`${kind}/${key}`, { value, expiresAt: present?.expiresAt ?? expiresAt });
      if (state.hold && key.startsWith('account ')) await new Promise<void>((resolve) => held.unshift(resolve));
      return value;
    },
    delete: async (kind: string, key: string) => void records.delete(`${kind}/${key}`),
  } as unknown as EphemeralStore;
  const throttle = createSignInThrottle({ ephemeral, clock: { now: () => state.now } });
  return { throttle, state, held, records };
}

t.test('tries at once are counted in the order of the store, not of the answers: the sixth is not looked at when it is the first to hear', async (t) => {
  const { throttle, state, held } = setUp();
  state.hold = true;
  const tries = Array.from({ length: 12 }, (_, index) => throttle.begin('alice', `192.0.2.${index}`));
  for (let turn = 0; turn < 50; turn++) {
    // The newest answer first.
    held.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  state.hold = false;
  while (held.length > 0) held.shift()?.();
  const admissions = await Promise.all(tries);
  t.equal(admissions.filter(({ kind }) => kind === 'admitted').length, 5);
});

t.test('protocol.md: 2,000 failures of everybody together slow everybody down, by a second at most', async (t) => {
  const { throttle, state } = setUp();
  for (let count = 0; count < 1999; count++) await throttle.fail();
  t.same(await throttle.begin('alice', '192.0.2.1'), { kind: 'admitted' });
  await throttle.fail();
  t.same(await throttle.begin('alice', '192.0.2.1'), { kind: 'throttled', retryAfterSeconds: 1 });
  t.same(await throttle.begin('bob', '192.0.2.2'), { kind: 'throttled', retryAfterSeconds: 1 });
  for (let round = 0; round < 20; round++) {
    state.now += 1000;
    t.same(await throttle.begin(`person-${round}`, `192.0.2.${round}`), { kind: 'admitted' }, 'a second later');
    await throttle.fail();
    t.same(await throttle.begin(`person-${round}`, `192.0.2.${round}`), { kind: 'throttled', retryAfterSeconds: 1 }, 'the wait does not double');
  }
  state.now += 16 * 60_000;
  await throttle.fail();
  t.same(await throttle.begin('alice', '192.0.2.1'), { kind: 'admitted' }, 'forgotten when it is quiet');
});

t.test('a place that is given back after its count has expired is no place more', async (t) => {
  const { throttle, state } = setUp();
  await throttle.begin('alice', '192.0.2.1');
  state.now += 15 * 60_000;
  await throttle.release('alice', '192.0.2.1');
  const kinds = [];
  for (let count = 0; count < 6; count++) kinds.push((await throttle.begin('alice', '192.0.2.1')).kind);
  t.same(kinds, ['admitted', 'admitted', 'admitted', 'admitted', 'admitted', 'throttled']);
});

t.test('regression S7: an address that has to wait makes no record of the names it tries', async (t) => {
  const { throttle, state, records } = setUp();
  for (let count = 0; count < 30; count++) t.equal((await throttle.begin(`person-${count}`, '192.0.2.1')).kind, 'admitted');
  const before = [...records.keys()];
  for (let count = 0; count < 100; count++) t.same(await throttle.begin(`random-${count}`, '192.0.2.1'), { kind: 'throttled', retryAfterSeconds: 2 });
  t.same([...records.keys()], before);
  for (let count = 0; count < 6; count++) await throttle.begin('alice', `198.51.100.${count}`);
  state.now += 2000;
  await throttle.begin('alice', '198.51.100.9');
  await throttle.begin('person-0', '192.0.2.1');
  t.same(await throttle.begin('alice', '192.0.2.1'), { kind: 'throttled', retryAfterSeconds: 4 }, 'the longer of both waits is told');
});
