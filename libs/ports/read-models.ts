import type { Document } from '#kernel/aggregate.ts';

export interface ListFilter {
  readonly sub?: string;
  readonly clientId?: string;
  readonly status?: string;
}

/** Documents by collection and id. A document is written only if it is newer than what is there, so any number of writers may race. */
export interface ReadModels {
  get<State>(collection: string, id: string): Promise<Document<State> | null>;
  /** `stale`: the stored revision is the same or newer; nothing was written. */
  replace(collection: string, document: Document): Promise<'written' | 'stale'>;
  /** Documents that match, by id ascending, after an id. */
  list<State>(collection: string, filter: ListFilter, after: string | null, limit: number): Promise<readonly Document<State>[]>;
}
