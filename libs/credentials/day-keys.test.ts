import { randomBytes } from 'node:crypto';
import { mock } from 'node:test';
import t, { type Test } from 'tap';
import { toInstant } from '#ports/clock.ts';
import { systemRandom } from '#ports/random.ts';
import { startServer, stillClock } from '#support/server.ts';
import { openSqliteStores } from '#stores/sqlite/open.ts';
import { destroyDayKeysDaily, destroyOldDayKeys } from './day-keys.ts';
import { createKeyring } from './keyring.ts';
import { dayKey, openPersonal, sealPersonal, subjectKey } from './personal-data.ts';

const DAY_MS = 86_400_000;

/** A keyring on the embedded store, and a clock that is moved. */
function setUp(t: Test) {
  const time = { now: Date.parse('2026-01-01T23:59:59.000Z') };
  const clock = { now: () => time.now };
  const stores = openSqliteStores({ directory: t.testdir(), collections: [], clock, onFatal: (error) => t.fail(error) });
  t.teardown(() => stores.close());
  return { clock, time, keyring: createKeyring(stores.vault, randomBytes(32), systemRandom) };
}

const today = (now: number): string => dayKey(toInstant(now));

t.test('audit.md: a day key is destroyed once every record of its day is older than 90 days, and what it sealed opens no more', async (t) => {
  const { keyring, clock, time } = setUp(t);
  const owner = today(time.now);
  const pii = await sealPersonal(keyring, systemRandom, 'event-1', 'failed-attempts-1', [{ owner, fields: { address: '192.0.2.1' } }]);
  await keyring.key(subjectKey('sub-alice'));
  time.now += 90 * DAY_MS;
  t.equal(await destroyOldDayKeys(keyring, clock), 0, 'a record of its last second is 90 days old just now');
  t.same(await openPersonal(keyring, 'event-1', 'failed-attempts-1', pii), { address: '192.0.2.1' });
  await keyring.key(today(time.now));
  time.now += 1000;
  t.equal(await destroyOldDayKeys(keyring, clock), 1);
  t.same(await openPersonal(keyring, 'event-1', 'failed-attempts-1', pii), {});
  t.equal(await keyring.key(owner), null, 'and the key is never made again');
  t.same(await keyring.list(''), [today(time.now - 1000), subjectKey('sub-alice')], 'later days and people keep theirs');
  t.equal(await destroyOldDayKeys(keyring, clock), 0, 'a second run destroys nothing more');
  time.now += 6 * DAY_MS;
  t.equal(await destroyOldDayKeys(keyring, clock, 5), 1, 'another age');
});

t.test('a server that runs on destroys old day keys once a day, until it stops', async (t) => {
  mock.timers.enable({ apis: ['setInterval'] });
  t.teardown(() => mock.timers.reset());
  const { keyring, clock, time } = setUp(t);
  const errors: unknown[] = [];
  const failing = { ...keyring, list: async () => Promise.reject(new Error('the store is away')) };
  const stops = [destroyDayKeysDaily(keyring, clock, (error) => t.fail(String(error))), destroyDayKeysDaily(failing, clock, (error) => errors.push(error))];
  const passDay = async () => {
    time.now += DAY_MS;
    mock.timers.tick(DAY_MS);
    // Reads of the embedded store do not wait; its writes are done when the next one is.
    await keyring.key(`after/${time.now}`);
  };
  const first = today(time.now);
  await keyring.key(first);
  for (let day = 0; day < 90; day++) await passDay();
  t.ok(await keyring.existing(first));
  await passDay();
  t.equal(await keyring.existing(first), null);
  t.equal(errors.length, 91, 'a round that fails is reported, and the next one comes');
  const second = today(time.now);
  await keyring.key(second);
  for (const stop of stops) stop();
  for (let day = 0; day < 92; day++) await passDay();
  t.ok(await keyring.existing(second));
});

t.test('a server that starts destroys the day keys that grew old while it was away', async (t) => {
  const options = { dataDir: t.testdir(), clock: stillClock() };
  const first = await startServer(t, options);
  const owner = today(options.clock.now());
  await first.core.keyring.key(owner);
  await first.stop();
  options.clock.advance(92 * 86_400);
  const { core } = await startServer(t, options);
  t.equal(await core.keyring.existing(owner), null);
  t.same(await core.keyring.list('day/'), []);
});
