import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { isSigningAlgorithm } from './algorithms.ts';

/** Longest life of anything signed: how long a retired key stays published. Seconds. */
function longestLifetime({ config }: Core): number {
  const { accessToken, idToken } = config.lifetimes;
  return Math.max(accessToken, idToken, ...config.resources.map(({ lifetime }) => lifetime ?? 0));
}

/**
 * Changes the signer of every algorithm in use: announced becomes active, active retires, the next is announced.
 * Compromised: the key that retires leaves the JWK set at once and what it signed is refused everywhere.
 */
export async function rotateKeys(core: Core, compromised: boolean, origin: Origin): Promise<void> {
  const inUse = new Set((await core.keys.keys()).map((key) => key.alg));
  for (const alg of inUse) if (isSigningAlgorithm(alg)) await core.keys.rotate(alg, { compromised, publishedForSeconds: longestLifetime(core) }, origin);
}
