import type { Document } from '#kernel/aggregate.ts';
import type { Append, AppendResult } from './event-store.ts';

/** An append together with the document that it leads to; null for streams that have no document. */
export interface Entry extends Append {
  readonly projection: { readonly collection: string; readonly document: Document } | null;
}

/**
 * How a fact becomes visible. The embedded store writes events and document in one commit; a distributed pair appends,
 * then writes the document guarded by its revision. When it resolves with `appended`, the read model shows the fact.
 */
export interface Journal {
  /** @throws StoreUnavailable when the outcome is unknown or the read model could not be written */
  record(entry: Entry): Promise<AppendResult>;
}
