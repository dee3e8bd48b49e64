import { LRUCache } from 'lru-cache';
import type { Logger } from 'pino';
import { dayKey, subjectKey } from '#credentials/personal-data.ts';
import { type Clock, toInstant } from '#ports/clock.ts';
import { type Caller, limitKey, originFields, originOf } from '#runtime/caller.ts';
import type { FactLog } from '#runtime/fact-log.ts';
import type { ClientFailureReason, NewFailedAttempt } from './events.ts';

const MINUTE_MS = 60_000;
/** Facts a minute for one key; for all keys of accounts and clients that exist; and for everything else. What is more is counted, so that nobody can make the log grow. */
const PER_KEY = 5;
const PER_MINUTE = { known: 120, unknown: 60 } as const;

/** Records refused attempts: the first few of a key in a minute one by one, the rest as a count at the end of the minute. Never in the way of an answer. */
export interface FailedAttempts {
  signIn(failure: { readonly reason: 'credentials' | 'throttled'; readonly sub: string | null; readonly caller: Caller }): void;
  clientAuthentication(failure: { readonly clientId: string | null; readonly reason: ClientFailureReason; readonly caller: Caller }): void;
  /** Writes the counts of what was left out, each minute and before the end; resolves when everything is recorded. */
  flush(): Promise<void>;
}

/** A kind of attempt, told apart by who it was against and from where. */
interface Attempt {
  readonly key: string;
  readonly isKnown: boolean;
  readonly sub: string | null;
  readonly caller: Caller;
  readonly fact: (count: number) => NewFailedAttempt;
}

interface Tally {
  readonly recorded: number;
  readonly unsaid: number;
  readonly last: Attempt;
}

export function createFailedAttempts({ facts, clock, log }: { readonly facts: FactLog; readonly clock: Clock; readonly log: Logger }): FailedAttempts {
  let tallies = new LRUCache<string, Tally>({ max: 10_000 });
  let budgets = { ...PER_MINUTE } as { known: number; unknown: number };
  let began = clock.now();
  const underWay = new Set<Promise<void>>();

  function record(attempt: Attempt, count: number): void {
    const writing = write(attempt, count).finally(() => underWay.delete(writing));
    underWay.add(writing);
  }

  async function write({ fact, sub, caller }: Attempt, count: number): Promise<void> {
    const owner = sub === null ? dayKey(toInstant(clock.now())) : subjectKey(sub);
    try {
      await facts.record({ event: { ...fact(count), personal: [originFields(caller, owner)] }, origin: originOf(caller, { kind: 'system', id: null }) });
    } catch (error) {
      log.warn({ err: error }, 'a failed attempt was not recorded');
    }
  }

  /** One count for each key while the budget lasts, the most tried first; who has none left over is in the process log. */
  async function flush(): Promise<void> {
    const unsaid = [...tallies.values()].filter((tally) => tally.unsaid > 0).toSorted((a, b) => b.unsaid - a.unsaid);
    tallies = new LRUCache<string, Tally>({ max: 10_000 });
    budgets = { ...PER_MINUTE };
    began = clock.now();
    const chosen = [...unsaid.filter(({ last }) => last.isKnown).slice(0, PER_MINUTE.known), ...unsaid.filter(({ last }) => !last.isKnown).slice(0, PER_MINUTE.unknown)];
    if (chosen.length < unsaid.length) log.warn({ keys: unsaid.length - chosen.length }, 'failed attempts of more keys than are recorded in a minute');
    for (const tally of chosen) record(tally.last, tally.unsaid);
    await Promise.all(underWay);
  }

  function count(attempt: Attempt): void {
    if (clock.now() - began >= MINUTE_MS) void flush();
    const { recorded, unsaid } = tallies.get(attempt.key) ?? { recorded: 0, unsaid: 0 };
    const budget = attempt.isKnown ? 'known' : 'unknown';
    if (recorded >= PER_KEY || budgets[budget] === 0) {
      tallies.set(attempt.key, { recorded, unsaid: unsaid + 1, last: attempt });
      return;
    }
    budgets[budget] -= 1;
    tallies.set(attempt.key, { recorded: recorded + 1, unsaid, last: attempt });
    record(attempt, 1);
  }

  return {
    flush,
    signIn({ reason, sub, caller }) {
      const fact = (count: number): NewFailedAttempt => ({ type: 'SignInFailed', version: 1, data: { reason, sub, count } });
      count({ key: `sign-in ${reason} ${sub ?? ''} ${limitKey(caller.address)}`, isKnown: sub !== null, sub, caller, fact });
    },
    clientAuthentication({ clientId, reason, caller }) {
      const fact = (count: number): NewFailedAttempt => ({ type: 'ClientAuthenticationFailed', version: 1, data: { client_id: clientId, reason, count } });
      count({ key: `client ${reason} ${clientId ?? ''} ${limitKey(caller.address)}`, isKnown: clientId !== null, sub: null, caller, fact });
    },
  };
}
