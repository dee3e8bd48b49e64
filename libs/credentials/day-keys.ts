import { type Clock, toInstant } from '#ports/clock.ts';
import type { Keyring } from './keyring.ts';
import { dayKey } from './personal-data.ts';

const DAY_MS = 86_400_000;

/**
 * Destroys the keys of days whose every record is more than `olderThanDays` old, so that what was sealed where nobody was known cannot be
 * read any more. A day that ended within that time keeps its key whole. Doing it again destroys nothing more.
 * @returns how many were destroyed
 * @throws StoreUnavailable
 */
export async function destroyOldDayKeys(keyring: Keyring, clock: Clock, olderThanDays = 90): Promise<number> {
  const oldestKept = dayKey(toInstant(clock.now() - olderThanDays * DAY_MS));
  const old = (await keyring.list('day/')).filter((id) => id < oldestKept);
  for (const id of old) await keyring.destroy(id);
  return old.length;
}

/**
 * Destroys old day keys once a day until the function it answers is called. Keeps no process alive. A round that fails is reported and
 * made up for by the next one.
 */
export function destroyDayKeysDaily(keyring: Keyring, clock: Clock, onError: (error: unknown) => void): () => void {
  const timer = setInterval(() => {
    destroyOldDayKeys(keyring, clock).catch(onError);
  }, DAY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
