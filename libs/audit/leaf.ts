import canonicalize from 'canonicalize';
import type { RecordedEvent } from '#kernel/event.ts';

/** Largest leaf in bytes: its length must fit the 16 bits of a C2SP entry bundle. */
export const MAX_LEAF_BYTES = 65_535;

/** An event would be larger than a leaf may be. Answered 413 or 400; nothing was written. */
export class LeafTooLarge extends Error {
  constructor(event: RecordedEvent, bytes: number) {
    super(`${event.type} in ${event.stream} would take ${bytes} bytes; a leaf has at most ${MAX_LEAF_BYTES}`);
    this.name = 'LeafTooLarge';
  }
}

/**
 * The canonical text of an event: RFC 8785 JSON of exactly the 13 members of the envelope. The stores keep this text as it is,
 * so what is read, exported and hashed later is byte for byte what was decided.
 * @throws LeafTooLarge; Error for a lone surrogate or a number that JSON cannot hold
 */
export function leafText(event: RecordedEvent): string {
  const text = canonicalize({
    id: event.id,
    stream: event.stream,
    revision: event.revision,
    type: event.type,
    version: event.version,
    time: event.time,
    actor: event.actor,
    correlation: event.correlation,
    causation: event.causation,
    request: event.request,
    tenant: event.tenant,
    data: event.data,
    pii: event.pii,
  }) as string;
  // No character takes more than three bytes a UTF-16 unit, so the exact count is needed only for large ones.
  if (text.length * 3 > MAX_LEAF_BYTES) {
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_LEAF_BYTES) throw new LeafTooLarge(event, bytes);
  }
  return text;
}
