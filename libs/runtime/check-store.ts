import type { Logger } from 'pino';
import type { Aggregate } from '#kernel/aggregate.ts';
import { type StreamName, streamName } from '#kernel/stream-name.ts';
import type { Misfit, StoreCheck } from '#ports/store-check.ts';
import { StreamDenied } from '#ports/store-errors.ts';
import type { ReadModels } from '#ports/read-models.ts';
import type { CommandHandler } from './handle-command.ts';

/** A document knows more than the log: the log went back, as after a restore of a part. Nothing was changed. */
export class LogWentBack extends Error {
  constructor(stream: StreamName, { document, head }: Misfit) {
    super(`the log went back: stream ${stream} ends at revision ${head}, but its document was made at revision ${document}; restore the whole data directory`);
    this.name = 'LogWentBack';
  }
}

// biome-ignore lint/suspicious/noExplicitAny: aggregates of all states in one list.
type AnyAggregate = Aggregate<any>;

/** A document that is behind its stream, or missing. */
export interface Behind {
  readonly aggregate: AnyAggregate;
  readonly id: string;
  readonly head: number;
}

/**
 * Compares every document with the head of its stream. Changes nothing.
 * @returns the documents that are behind
 * @throws LogWentBack
 */
export function findBehind(check: StoreCheck, aggregates: readonly AnyAggregate[]): readonly Behind[] {
  return aggregates.flatMap((aggregate) => {
    const misfits = check.misfits(aggregate.category, aggregate.collection);
    const ahead = misfits.find(({ document, head }) => document > head);
    if (ahead !== undefined) throw new LogWentBack(streamName(aggregate.category, ahead.id), ahead);
    return misfits.map(({ id, head }) => ({ aggregate, id, head }));
  });
}

export interface RepairOptions {
  readonly check: StoreCheck;
  readonly commands: CommandHandler;
  readonly readModels: ReadModels;
  readonly log: Logger;
}

/** Documents folded and written at once: they share a commit. */
const BATCH = 500;

/** Folds what is behind again from its stream. A stream that cannot be read is denied from then on, and the others go on. */
export async function repairDocuments(behind: readonly Behind[], options: RepairOptions): Promise<void> {
  let repaired = 0;
  for (let start = 0; start < behind.length; start += BATCH) {
    const done = await Promise.all(behind.slice(start, start + BATCH).map((each) => repair(each, options)));
    repaired += done.filter(Boolean).length;
  }
  if (repaired > 0) options.log.warn({ documents: repaired }, 'documents were behind the log: they were folded again from their streams');
}

async function repair({ aggregate, id, head }: Behind, { check, commands, readModels, log }: RepairOptions): Promise<boolean> {
  try {
    const document = await commands.load(aggregate, id, head);
    return document !== null && (await readModels.replace(aggregate.collection, document)) === 'written';
  } catch (error) {
    if (!(error instanceof StreamDenied)) throw error;
    const stream = streamName(aggregate.category, id);
    const revision = revisionOf(error.cause);
    commands.deny(stream);
    log.error({ err: error, stream, revision, position: revision === null ? null : check.positionOf(stream, revision) }, 'a stream is denied: it holds an event that cannot be read');
    return false;
  }
}

/** Which event it was: both kinds of causes name it. */
const revisionOf = (cause: unknown): number | null => (cause instanceof Error && 'revision' in cause && typeof cause.revision === 'number' ? cause.revision : null);
