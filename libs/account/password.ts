import { availableParallelism } from 'node:os';
import { type Algorithm, hash, verify } from '@node-rs/argon2';

/** OWASP's first recommendation for argon2id: 19 MiB, two passes, one lane; about 10 ms. */
const OPTIONS = { algorithm: 2 as Algorithm.Argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };

/** A sign-in waits for its hash behind at most this many others; more are turned away. */
const MAX_WAITING = 200;

/** Too many password hashes are waiting: 503, try again. */
export class PasswordQueueFull extends Error {
  constructor() {
    super('too many sign-ins at once');
    this.name = 'PasswordQueueFull';
  }
}

/** Hashes passwords, at most one a core at a time: the memory and time of argon2id are a way to take a server down. */
export interface Passwords {
  /** The PHC string of a new hash. @throws PasswordQueueFull */
  hash(password: string): Promise<string>;
  /** Whether the password is the one of the hash. Null (no such account) takes as long and is false. @throws PasswordQueueFull */
  verify(passwordHash: string | null, password: string): Promise<boolean>;
}

export function createPasswords(): Passwords {
  const cores = availableParallelism();
  const waiting: (() => void)[] = [];
  let running = 0;
  let decoy: Promise<string> | null = null;

  async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (running >= cores) {
      if (waiting.length >= MAX_WAITING) throw new PasswordQueueFull();
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  }

  /** The hash that is compared with where there is no account. One that could not be made is made again by the next who asks. */
  function decoyHash(): Promise<string> {
    decoy ??= inTurn(() => hash('nobody has this password', OPTIONS)).catch((error: unknown) => {
      decoy = null;
      throw error;
    });
    return decoy;
  }

  return {
    hash: (password) => inTurn(() => hash(password.normalize('NFC'), OPTIONS)),
    async verify(passwordHash, password) {
      const nobody = decoyHash();
      // Made ready by whoever comes first, but only who needs it fails with it.
      nobody.catch(() => undefined);
      const against = passwordHash ?? (await nobody);
      const matches = await inTurn(() => verify(against, password.normalize('NFC')));
      return matches && passwordHash !== null;
    },
  };
}
