import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Core } from '#runtime/core.ts';
import { fetchJson, OutboundError } from '#runtime/outbound.ts';
import type { ClientMetadata } from './metadata.ts';

const jwkSet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });
type JwkSet = z.output<typeof jwkSet>;

/** How long a fetched set is used, and how soon after any try it may be fetched again. Milliseconds. */
const FRESH_MS = 600_000;
const REFETCH_MS = 10_000;

/** The keys of a client cannot be had now: it cannot prove who it is. */
export class ClientKeysUnavailable extends Error {
  constructor(problem: string) {
    super(`the JWK set at the client’s jwks_uri cannot be had: ${problem}`);
    this.name = 'ClientKeysUnavailable';
  }
}

/** The public keys of clients. */
export interface ClientKeys {
  /**
   * Registered by value, or fetched from `jwks_uri` and kept for ten minutes. `refresh` fetches again (an unknown kid). Whatever is asked, and
   * whether it succeeds or fails, a URI is fetched at most once in ten seconds: nobody makes us hammer a third party.
   * @throws ClientKeysUnavailable
   */
  of(metadata: ClientMetadata, refresh: boolean): Promise<JwkSet>;
}

/** What is known of one `jwks_uri`: the last good copy, the last try, and what it failed with. */
interface Copy {
  readonly triedAt: number;
  readonly good: { readonly at: number; readonly set: JwkSet } | null;
  readonly problem: string;
}

export function createClientKeys({ config, clock }: Pick<Core, 'config' | 'clock'>, fetchSet = fetchJson): ClientKeys {
  const copies = new LRUCache<string, Copy>({ max: 1000 });
  const underWay = new Map<string, Promise<Copy>>();

  async function fetchCopy(uri: string, before: Copy | undefined): Promise<Copy> {
    const triedAt = clock.now();
    let copy: Copy;
    try {
      copy = { triedAt, good: { at: triedAt, set: jwkSet.parse(await fetchSet(config.outbound.allow, uri)) }, problem: '' };
    } catch (error) {
      const problem = error instanceof OutboundError ? error.message : 'it is not a JWK set';
      copy = { triedAt, good: before?.good ?? null, problem };
    }
    copies.set(uri, copy);
    return copy;
  }

  const isFresh = (copy: Copy | undefined): boolean => copy !== undefined && copy.good !== null && clock.now() - copy.good.at < FRESH_MS;

  async function currentCopy(uri: string, refresh: boolean): Promise<Copy> {
    const known = copies.get(uri);
    if (known !== undefined && ((isFresh(known) && !refresh) || clock.now() - known.triedAt < REFETCH_MS)) return known;
    const fetching = underWay.get(uri) ?? fetchCopy(uri, known).finally(() => underWay.delete(uri));
    underWay.set(uri, fetching);
    return fetching;
  }

  return {
    async of({ jwks, jwks_uri }, refresh) {
      if (jwks_uri === undefined) return jwkSet.parse(jwks ?? { keys: [] });
      const copy = await currentCopy(jwks_uri, refresh);
      if (copy.good === null || !isFresh(copy)) throw new ClientKeysUnavailable(copy.problem);
      return copy.good.set;
    },
  };
}
