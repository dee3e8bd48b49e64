import type { DatabaseSync } from 'node:sqlite';
import { leafText } from '#audit/leaf.ts';
import { NO_STREAM, type RecordedEvent, type Revision } from '#kernel/event.ts';
import type { StreamName } from '#kernel/stream-name.ts';
import type { Append, AppendResult, Position, PositionedEvent } from '#ports/event-store.ts';
import { StreamDenied } from '#ports/store-errors.ts';
import { prepareQuery } from './database.ts';

/** An append whose leaves are made, so that an event that cannot be one is refused before it meets others in a commit. */
export interface PreparedAppend {
  readonly stream: StreamName;
  readonly expectedRevision: Revision;
  readonly leaves: readonly string[];
}

export interface EventRow {
  readonly position: Position;
  readonly stream: string;
  readonly revision: Revision;
  readonly leaf: string;
}

/** The table of events. Synchronous; `append` belongs inside the writer's commit. */
export interface EventLog {
  append(append: PreparedAppend): AppendResult;
  readStream(stream: StreamName, from: Revision): readonly RecordedEvent[];
  /** At most `limit` rows after a position, undecoded, so that who wants few of them need not parse all. */
  rowsAfter(after: Position, limit: number): readonly EventRow[];
}

/** @throws LeafTooLarge; TypeError for an append whose events do not continue its stream */
export function prepareAppend({ stream, expectedRevision, events }: Append): PreparedAppend {
  if (events.length === 0) throw new TypeError(`append to ${stream} without events`);
  const leaves = events.map((event, index) => {
    if (event.stream !== stream || event.revision !== expectedRevision + 1 + index) {
      throw new TypeError(`event ${event.revision} of ${event.stream} does not stand at ${expectedRevision + 1 + index} of ${stream}`);
    }
    return leafText(event);
  });
  return { stream, expectedRevision, leaves };
}

export function createEventLog(database: DatabaseSync): EventLog {
  // One statement decides and writes: nothing is inserted unless the stream's head is just before it. Positions have no gaps, as nothing is ever deleted.
  const insert = database.prepare(`
    INSERT INTO events (position, stream, revision, leaf)
    SELECT (SELECT coalesce(max(position), -1) + 1 FROM events), ?1, ?2, ?3
    WHERE coalesce((SELECT max(revision) FROM events WHERE stream = ?1), ${NO_STREAM}) = ?2 - 1`);
  const head = prepareQuery<{ revision: number | null }>(database, 'SELECT max(revision) AS revision FROM events WHERE stream = ?');
  const ofStream = prepareQuery<EventRow>(database, 'SELECT position, stream, revision, leaf FROM events WHERE stream = ? AND revision >= ? ORDER BY revision');
  const after = prepareQuery<EventRow>(database, 'SELECT position, stream, revision, leaf FROM events WHERE position > ? ORDER BY position LIMIT ?');

  return {
    append: ({ stream, expectedRevision, leaves }) => {
      let revision = expectedRevision;
      for (const leaf of leaves) {
        if (insert.run(stream, revision + 1, leaf).changes !== 1) {
          if (revision !== expectedRevision) throw new Error(`the head of ${stream} moved inside a commit`);
          return { kind: 'conflict', actual: head.get(stream)?.revision ?? NO_STREAM };
        }
        revision++;
      }
      return { kind: 'appended', revision };
    },
    readStream: (stream, from) => ofStream.all(stream, from).map(parseLeaf),
    rowsAfter: (position, limit) => after.all(position, limit),
  };
}

/** @throws StreamDenied for a leaf that is not JSON any more */
export const toPositioned = (row: EventRow): PositionedEvent => ({ position: row.position, event: parseLeaf(row) });

/** A leaf that is not a JSON object any more. The message does not quote it. */
class UnreadableLeaf extends Error {
  readonly revision: Revision;
  constructor({ position, stream, revision }: EventRow) {
    super(`event ${revision} of stream ${stream} at position ${position} is not a JSON object`);
    this.name = 'UnreadableLeaf';
    this.revision = revision;
  }
}

function parseLeaf(row: EventRow): RecordedEvent {
  let event: RecordedEvent | null = null;
  try {
    event = JSON.parse(row.leaf);
  } catch {
    // What it says quotes the leaf.
  }
  if (typeof event !== 'object' || event === null) throw new StreamDenied(row.stream, { cause: new UnreadableLeaf(row) });
  return event;
}
