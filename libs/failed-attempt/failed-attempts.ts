import { LRUCache } from 'lru-cache';
import { dayKey, subjectKey } from '#credentials/personal-data.ts';
import type { PersonalFields } from '#kernel/event.ts';
import { type Clock, toInstant } from '#ports/clock.ts';
import { type Caller, limitKey, originFields, originOf } from '#runtime/caller.ts';
import type { FactLog } from '#runtime/fact-log.ts';
import type { Logger } from 'pino';
import type { NewFailedAttempt } from './events.ts';

const MINUTE_MS = 60_000;
/** Facts a minute: for one key, and for all of them together. More are only counted, so that nobody can make the log grow. */
const FREE_PER_KEY = 5;
const FREE_IN_ALL = 120;

/** Records refused attempts: the first few of a key in a minute one by one, the rest as a count in the next fact of the key. Never in the way of an answer. */
export interface FailedAttempts {
  signIn(failure: { readonly reason: 'credentials' | 'throttled'; readonly sub: string | null; readonly caller: Caller }): void;
  clientAuthentication(failure: { readonly clientId: string | null; readonly reason: string; readonly caller: Caller }): void;
}

interface Tally {
  readonly minute: number;
  readonly recorded: number;
  /** Attempts since the last fact. */
  readonly unsaid: number;
}

const EMPTY: Tally = { minute: 0, recorded: 0, unsaid: 0 };

export function createFailedAttempts({ facts, clock, log }: { readonly facts: FactLog; readonly clock: Clock; readonly log: Logger }): FailedAttempts {
  const tallies = new LRUCache<string, Tally>({ max: 10_000 });
  let all = EMPTY;

  /** The count that the fact for this attempt says; 0: no fact, only counted. */
  function countFor(key: string): number {
    const minute = Math.floor(clock.now() / MINUTE_MS);
    const known = tallies.get(key) ?? EMPTY;
    const tally = known.minute === minute ? known : { ...known, minute, recorded: 0 };
    if (all.minute !== minute) all = { minute, recorded: 0, unsaid: 0 };
    if (tally.recorded >= FREE_PER_KEY || all.recorded >= FREE_IN_ALL) {
      tallies.set(key, { ...tally, unsaid: tally.unsaid + 1 });
      return 0;
    }
    all = { ...all, recorded: all.recorded + 1 };
    tallies.set(key, { minute, recorded: tally.recorded + 1, unsaid: 0 });
    return tally.unsaid + 1;
  }

  function record(event: NewFailedAttempt, personal: PersonalFields, caller: Caller): void {
    facts.record({ event: { ...event, personal: [personal] }, origin: originOf(caller, { kind: 'system', id: null }) }).catch((error: unknown) => log.warn({ err: error }, 'a failed attempt was not recorded'));
  }

  return {
    signIn({ reason, sub, caller }) {
      const count = countFor(`sign-in ${sub ?? ''} ${limitKey(caller.address)}`);
      if (count === 0) return;
      const owner = sub === null ? dayKey(toInstant(clock.now())) : subjectKey(sub);
      record({ type: 'SignInFailed', version: 1, data: { reason, sub, count } }, originFields(caller, owner), caller);
    },
    clientAuthentication({ clientId, reason, caller }) {
      const count = countFor(`client ${clientId ?? ''} ${limitKey(caller.address)}`);
      if (count === 0) return;
      record({ type: 'ClientAuthenticationFailed', version: 1, data: { client_id: clientId, reason, count } }, originFields(caller, dayKey(toInstant(clock.now()))), caller);
    },
  };
}
