import { randomBytes, randomUUIDv7 } from 'node:crypto';

/** Where randomness comes from; nothing else asks the machine. */
export interface Random {
  /** Unpredictable bytes. */
  bytes(length: number): Buffer;
  /** A UUIDv7 (RFC 9562 section 5.7): time-ordered, so that new keys land beside each other in every index. */
  uuid(): string;
}

export const systemRandom: Random = { bytes: (length) => randomBytes(length), uuid: () => randomUUIDv7() };
