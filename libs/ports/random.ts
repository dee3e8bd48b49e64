import { randomBytes, randomUUIDv7 } from 'node:crypto';

/** Where randomness comes from; nothing else asks the machine. */
export interface Random {
  /** Unpredictable bytes. */
  bytes(length: number): Buffer;
  /** A UUIDv7 (RFC 9562 section 5.7): time-ordered, so that new keys land beside each other in every index. */
  uuid(): string;
}

const POOL_BYTES = 4096;
const MOST_FROM_POOL = 64;

/** Random bytes by the page instead of a system call for each dozen; what was handed out is wiped from the pool. */
function pooledBytes(): Random['bytes'] {
  let pool = Buffer.alloc(0);
  let used = 0;
  return (length) => {
    if (length > MOST_FROM_POOL) return randomBytes(length);
    if (used + length > pool.length) {
      pool = randomBytes(POOL_BYTES);
      used = 0;
    }
    const taken = pool.subarray(used, used + length);
    const bytes = Buffer.from(taken);
    taken.fill(0);
    used += length;
    return bytes;
  };
}

export const systemRandom: Random = { bytes: pooledBytes(), uuid: () => randomUUIDv7() };
