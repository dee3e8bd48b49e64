import type { Document } from '#kernel/aggregate.ts';

/** A document as its table holds it; `state` is JSON. */
export interface DocumentRow {
  readonly id: string;
  readonly revision: number;
  readonly time: string;
  readonly sub: string | null;
  readonly client_id: string | null;
  readonly status: string | null;
  readonly expires_at: string | null;
  readonly state: string;
}

export function toRow({ id, revision, time, indexed, state }: Document): DocumentRow {
  const { sub, clientId, status, expiresAt } = indexed;
  return { id, revision, time, sub, client_id: clientId, status, expires_at: expiresAt, state: JSON.stringify(state) };
}

/** The document of a row, frozen to the last member because every reader shares it. */
export function fromRow({ id, revision, time, sub, client_id, status, expires_at, state }: DocumentRow): Document {
  return freeze({ id, revision, time, indexed: { sub, clientId: client_id, status, expiresAt: expires_at }, state: JSON.parse(state) });
}

function freeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) freeze(member);
    Object.freeze(value);
  }
  return value;
}
