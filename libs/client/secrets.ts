import { hashFor, sameHash } from '#credentials/credential-keys.ts';
import { type Clock, toInstant } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import type { ClientSecret, ClientState } from './projection.ts';

/** 256 bits in [A-Za-z0-9_-]: form-urlencoding leaves it as it is, so clients that forget to encode Basic credentials work. */
export const generateSecret = (core: Core): string => core.random.bytes(32).toString('base64url');

/** HMAC of a client secret under a key of the vault: chosen secrets can be guessed, and the log may be read by many. */
export async function hashSecret(core: Core, clientId: string, secret: string): Promise<string> {
  return hashFor(core.keyring, 'client-secret', `${clientId}\n${secret}`);
}

const isLive = (secret: ClientSecret, clock: Clock): boolean => secret.expiresAt === null || secret.expiresAt > toInstant(clock.now());

/** The good secret that was presented last and its hash, for as long as the client is as it was: an HMAC less for each request of a busy client. */
const lastGood = new WeakMap<ClientState, { readonly presented: string; readonly hash: string }>();

/** The live secret that this is, if any. All of them are compared, each in constant time. */
export async function findSecret(core: Core, client: ClientState, presented: string): Promise<ClientSecret | null> {
  const known = lastGood.get(client);
  const hash = known !== undefined && sameHash(known.presented, presented) ? known.hash : await hashSecret(core, client.clientId, presented);
  let found: ClientSecret | null = null;
  for (const secret of client.secrets) if (sameHash(secret.hash, hash) && isLive(secret, core.clock)) found = secret;
  if (found !== null && known?.hash !== hash) lastGood.set(client, { presented, hash });
  return found;
}

const USE_KIND = 'client-secret-use';
const USE_RESOLUTION_MS = 1000;
const USE_KEPT_MS = 400 * 24 * 3600 * 1000;

/** When secrets were last used: ephemeral records, no facts. */
export interface SecretUse {
  /** Notes a use, at most once a second for each secret. Whether it can be noted decides nothing. */
  note(secretId: string): void;
  /** Milliseconds since the epoch; null: never, or longer ago than records are kept. */
  last(secretId: string): Promise<number | null>;
}

export function createSecretUse({ ephemeral, clock, log }: Pick<Core, 'ephemeral' | 'clock' | 'log'>): SecretUse {
  const noted = new Map<string, number>();
  return {
    note(secretId) {
      const now = clock.now();
      if (now - (noted.get(secretId) ?? 0) < USE_RESOLUTION_MS) return;
      noted.set(secretId, now);
      ephemeral.max(USE_KIND, secretId, now, now + USE_KEPT_MS).catch((error: unknown) => log.warn({ err: error }, 'the last use of a client secret was not noted'));
    },
    last: async (secretId) => (await ephemeral.get<number>(USE_KIND, secretId))?.value ?? null,
  };
}
