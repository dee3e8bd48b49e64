import { NO_STREAM, type NewEvent } from '#kernel/event.ts';
import { type StreamName, streamName } from '#kernel/stream-name.ts';
import { type Clock, toInstant } from '#ports/clock.ts';
import type { Random } from '#ports/random.ts';
import type { CommandHandler, Origin } from './handle-command.ts';

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
  let waiting: Waiting[] = [];
  let stream: StreamName | null = null;
  let revision = NO_STREAM;
  let writing = false;
  let discriminator = 0;

  function streamOfHour(): StreamName {
    const hour = toInstant(clock.now()).slice(0, 13).replace('T', '-');
    const name = streamName(category, `${hour}-${writerId}${discriminator === 0 ? '' : `.${discriminator}`}`);
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
        if (!writing) setImmediate(() => (writing ? undefined : void write()));
      }),
  };
}
