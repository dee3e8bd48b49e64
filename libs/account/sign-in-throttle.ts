import type { JsonObject } from '#kernel/json.ts';
import type { Core } from '#runtime/core.ts';

const WINDOW_MS = 15 * 60_000;
const COUNT = 'sign-in-tries';
const GATE = 'sign-in-gate';

/** One thing that tries are counted for. */
interface Limit {
  readonly key: string;
  /** Failures within 15 minutes that are looked at before waiting begins. */
  readonly free: number;
  readonly maxWaitMs: number;
}

/** Waiting has begun: the next try is looked at from `until` on (milliseconds since the epoch), and if it fails the wait doubles. */
interface Gate extends JsonObject {
  readonly until: number;
  readonly level: number;
}

const byAccount = (account: string): Limit => ({ key: `account ${account}`, free: 5, maxWaitMs: 15 * 60_000 });
const byAddress = (address: string): Limit => ({ key: `address ${address}`, free: 30, maxWaitMs: 15 * 60_000 });
/** Many accounts tried from many addresses: everybody waits a second at most, nobody is locked out. Failures only, so that a busy day is none. */
const EVERYONE: Limit = { key: 'everyone', free: 2000, maxWaitMs: 1000 };

export type Admission = { readonly kind: 'admitted' } | { readonly kind: 'throttled'; readonly retryAfterSeconds: number };

/** Slows down who guesses passwords. Keys are keyed hashes; the counts survive a restart and are shared by all processes. */
export interface SignInThrottle {
  /** Takes a place for one try, which counts as failed from here on, so that parallel guesses cannot outrun the limit; or says how long to wait. */
  begin(account: string, address: string): Promise<Admission>;
  /** The try succeeded: the account starts anew, the address gets its place back. */
  succeed(account: string, address: string): Promise<void>;
  /** The try was not looked at after all: both get their places back. */
  release(account: string, address: string): Promise<void>;
  /** The try failed: counts for everyone together. */
  fail(): Promise<void>;
}

export function createSignInThrottle({ ephemeral, clock }: Pick<Core, 'ephemeral' | 'clock'>): SignInThrottle {
  const waitMs = (limit: Limit, level: number): number => Math.min(2 ** level * 1000, limit.maxWaitMs);

  const setGate = (limit: Limit, present: Gate | null, level: number): Promise<boolean> => {
    const until = clock.now() + waitMs(limit, level);
    return ephemeral.compareAndSet(GATE, limit.key, present, { until, level }, until + WINDOW_MS);
  };

  /** Milliseconds to wait; 0: a place was taken. */
  async function take(limit: Limit): Promise<number> {
    const gate = (await ephemeral.get<Gate>(GATE, limit.key))?.value ?? null;
    const now = clock.now();
    if (gate !== null) {
      if (gate.until > now) return gate.until - now;
      // One try only: of several at once, one moves the gate.
      return (await setGate(limit, gate, gate.level + 1)) ? 0 : waitMs(limit, gate.level + 1);
    }
    const tries = await ephemeral.increment(COUNT, limit.key, 1, now + WINDOW_MS);
    if (tries < limit.free) return 0;
    // The last free try is looked at and closes the gate; those that came in beside it are not, whoever of them is first to close it.
    await setGate(limit, null, 1);
    return tries === limit.free ? 0 : waitMs(limit, 1);
  }

  async function giveBack(limit: Limit): Promise<void> {
    const gate = (await ephemeral.get<Gate>(GATE, limit.key))?.value ?? null;
    const now = clock.now();
    if (gate !== null) {
      // Back to before the try: the last free one had closed the gate, which is gone again then (a record ends at its expiry).
      const expiresAt = gate.level > 1 ? now + WINDOW_MS : now;
      const moved = await ephemeral.compareAndSet(GATE, limit.key, gate, { until: now, level: gate.level - 1 }, expiresAt);
      if (gate.level > 1 || !moved) return;
    }
    // A count that has expired since has no place to give back.
    if ((await ephemeral.increment(COUNT, limit.key, -1, now + WINDOW_MS)) < 0) await ephemeral.increment(COUNT, limit.key, 1, now + WINDOW_MS);
  }

  /** Milliseconds until the next try is looked at; takes nothing and writes nothing. */
  const remaining = async (limit: Limit): Promise<number> => ((await ephemeral.get<Gate>(GATE, limit.key))?.value.until ?? 0) - clock.now();

  const throttled = (milliseconds: number): Admission => ({ kind: 'throttled', retryAfterSeconds: Math.ceil(milliseconds / 1000) });

  const forget = async (limit: Limit): Promise<void> => {
    await Promise.all([ephemeral.delete(GATE, limit.key), ephemeral.delete(COUNT, limit.key)]);
  };

  return {
    async begin(account, address) {
      const everyone = await remaining(EVERYONE);
      if (everyone > 0) return throttled(everyone);
      const [name, place] = [byAccount(account), byAddress(address)];
      // One after the other: an address that has to wait makes no record of the names it tries.
      const placeWait = await take(place);
      if (placeWait > 0) return throttled(Math.max(placeWait, await remaining(name)));
      const nameWait = await take(name);
      if (nameWait === 0) return { kind: 'admitted' };
      await giveBack(place);
      return throttled(nameWait);
    },
    succeed: async (account, address) => {
      await Promise.all([forget(byAccount(account)), giveBack(byAddress(address))]);
    },
    release: async (account, address) => {
      await Promise.all([giveBack(byAccount(account)), giveBack(byAddress(address))]);
    },
    fail: async () => {
      await take(EVERYONE);
    },
  };
}
