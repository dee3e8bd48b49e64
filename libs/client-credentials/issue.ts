import type { NewEvent } from '#kernel/event.ts';
import { NO_STREAM } from '#kernel/event.ts';
import type { Clock } from '#ports/clock.ts';
import { toInstant } from '#ports/clock.ts';
import type { Random } from '#ports/random.ts';
import type { CommandHandler, Origin } from '#runtime/handle-command.ts';

interface Fact {
  readonly event: NewEvent;
  readonly origin: Origin;
}

interface Waiting extends Fact {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Records that clients were issued tokens for themselves; durable when the promise resolves. */
export interface ClientCredentialsLog {
  record(fact: Fact): Promise<void>;
}

/** Facts of one append: what is above waits for the next one. */
const MAX_BATCH = 500;

/**
 * One stream an hour for this process alone: one writer, one append in flight, so that there is nothing to conflict with and all requests
 * that arrive meanwhile share the next append.
 */
export function createClientCredentialsLog({ commands, clock, random }: { commands: CommandHandler; clock: Clock; random: Random }): ClientCredentialsLog {
  const process = random.bytes(6).toString('hex');
  let waiting: Waiting[] = [];
  let stream = '';
  let revision = NO_STREAM;
  let writing = false;
  let discriminator = 0;

  function streamOfHour(): `${string}-${string}` {
    const hour = toInstant(clock.now()).slice(0, 13).replace('T', '-');
    const name = `clientCredentials-${hour}-${process}${discriminator === 0 ? '' : `.${discriminator}`}` as const;
    if (name !== stream) {
      stream = name;
      revision = NO_STREAM;
    }
    return name;
  }

  async function write(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      waiting = waiting.slice(MAX_BATCH);
      try {
        revision = await commands.appendFacts(streamOfHour(), revision, batch);
        for (const { resolve } of batch) resolve();
      } catch (error) {
        // What reached the log is unknown: a fresh stream, whose head is known, goes on.
        discriminator += 1;
        for (const { reject } of batch) reject(error);
      }
    }
    writing = false;
  }

  return {
    record: (fact) =>
      new Promise((resolve, reject) => {
        waiting.push({ ...fact, resolve, reject });
        if (!writing) queueMicrotask(() => (writing ? undefined : void write()));
      }),
  };
}

