import { NO_STREAM, type NewEvent } from '#kernel/event.ts';
import { type StreamName, streamName } from '#kernel/stream-name.ts';
import { type Clock, toInstant } from '#ports/clock.ts';
import type { Random } from '#ports/random.ts';
import { StoreUnavailable } from '#ports/store-errors.ts';
import type { CommandHandler, Origin, StreamHead } from './handle-command.ts';

/** A fact that nothing is decided on: it has no document, only its place in the log. */
export interface Fact {
  readonly event: NewEvent;
  readonly origin: Origin;
}

interface Waiting extends Fact {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Appends facts of one category. */
export interface FactLog {
  /** Durable when it resolves. @throws StoreUnavailable */
  record(fact: Fact): Promise<void>;
}

/** Facts of one append: what is above waits for the next one. */
const MAX_BATCH = 500;

/**
 * One stream an hour for this process alone (`<category>-<hour>-<process>`): one writer, one append in flight, so that there is nothing to
 * conflict with and everything that arrives meanwhile shares the next append.
 */
export function createFactLog(category: string, { commands, clock, random }: { readonly commands: CommandHandler; readonly clock: Clock; readonly random: Random }): FactLog {
  const writerId = random.bytes(6).toString('hex');
  const start: StreamHead = { revision: NO_STREAM, time: null };
  let waiting: Waiting[] = [];
  let head = start;
  let hour = '';
  let writing = false;
  let discriminator = 0;

  /** The stream of the hour; of the one before when the clock was set back, because an hour that is over is not opened again. */
  function currentStream(): StreamName {
    const now = toInstant(clock.now()).slice(0, 13);
    if (now > hour) {
      hour = now;
      discriminator = 0;
      head = start;
    }
    return streamName(category, `${hour.replace('T', '-')}-${writerId}${discriminator === 0 ? '' : `.${discriminator}`}`);
  }

  async function append(batch: readonly Waiting[]): Promise<void> {
    try {
      head = await commands.appendFacts(currentStream(), head, batch);
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        // What reached the log is unknown: a fresh stream, whose head is known, goes on.
        discriminator += 1;
        head = start;
        for (const { reject } of batch) reject(error);
      } else if (batch.length > 1) {
        // One of them cannot be recorded: it must not take its neighbours with it.
        for (const single of batch) await append([single]);
      } else for (const { reject } of batch) reject(error);
    }
  }

  async function write(): Promise<void> {
    writing = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, MAX_BATCH);
      waiting = waiting.slice(MAX_BATCH);
      await append(batch);
    }
    writing = false;
  }

  return {
    record: (fact) =>
      new Promise((resolve, reject) => {
        waiting.push({ ...fact, resolve, reject });
        if (!writing) setImmediate(() => (writing ? undefined : void write()));
      }),
  };
}
