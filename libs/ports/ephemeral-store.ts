import type { Json } from '#kernel/json.ts';

/** A record that expires: `expiresAt` in milliseconds since the epoch. After it the record is as if it had never been. */
export interface EphemeralRecord<Value extends Json = Json> {
  readonly value: Value;
  readonly expiresAt: number;
}

/** Short-lived records that are no facts: throttles, used `jti`s, last activity. Each call is atomic over all processes and durable when it resolves. */
export interface EphemeralStore {
  /** True if the key was free; false leaves what is there. */
  insert(kind: string, key: string, value: Json, expiresAt: number): Promise<boolean>;
  get<Value extends Json>(kind: string, key: string): Promise<EphemeralRecord<Value> | null>;
  /** Writes only if the present value equals `expected` (null: the key is free). */
  compareAndSet(kind: string, key: string, expected: Json, next: Json, expiresAt: number): Promise<boolean>;
  /** Adds to a counter that starts at 0 and answers the sum; `expiresAt` counts for the first addition only. */
  increment(kind: string, key: string, by: number, expiresAt: number): Promise<number>;
  /** Keeps the larger of the stored number and `value`; moves the expiry with it. */
  max(kind: string, key: string, value: number, expiresAt: number): Promise<void>;
  delete(kind: string, key: string): Promise<void>;
}
