import type { Revision } from '#kernel/event.ts';
import type { Position } from './event-store.ts';

/** A document that is not the fold of its whole stream. `NO_STREAM` stands for a document or a stream that is not there. */
export interface Misfit {
  readonly id: string;
  readonly document: Revision;
  readonly head: Revision;
}

/** What a store that holds log, documents and keys together can say about itself at a start. Changes nothing. */
export interface StoreCheck {
  /** Documents of a collection that are ahead of, behind or missing beside the heads of their streams. @throws StoreUnavailable */
  misfits(category: string, collection: string): readonly Misfit[];
  /** Where an event stands in the log. @throws StoreUnavailable */
  positionOf(stream: string, revision: Revision): Position | null;
  /** Whether the vault ever held a key, and the id of one that is live. @throws StoreUnavailable */
  vault(): { readonly isUsed: boolean; readonly liveKey: string | null };
}
