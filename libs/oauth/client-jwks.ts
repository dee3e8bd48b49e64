import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { ClientMetadata } from '#client/metadata.ts';
import type { Core } from '#runtime/core.ts';
import { OAuthError } from './errors.ts';
import { fetchJson } from './outbound.ts';

const jwkSet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(100) });
type JwkSet = z.output<typeof jwkSet>;

/** How long a fetched set is used, and how soon it may be fetched again when a kid is not in it. Milliseconds. */
const FRESH_MS = 600_000;
const REFETCH_MS = 10_000;

/** The public keys of clients. */
export interface ClientKeys {
  /**
   * Registered by value, or fetched from `jwks_uri` and kept for ten minutes. `refresh` fetches again (an unknown kid), though not more
   * often than every ten seconds, so that nobody makes us hammer a third party.
   * @throws OAuthError invalid_client when they cannot be had
   */
  of(metadata: ClientMetadata, refresh: boolean): Promise<JwkSet>;
}

export function createClientKeys({ config, clock }: Pick<Core, 'config' | 'clock'>): ClientKeys {
  const fetched = new LRUCache<string, { readonly at: number; readonly set: JwkSet }>({ max: 1000 });
  return {
    async of({ jwks, jwks_uri }, refresh) {
      if (jwks_uri === undefined) return jwkSet.parse(jwks ?? { keys: [] });
      const known = fetched.get(jwks_uri);
      if (known !== undefined && clock.now() - known.at < (refresh ? REFETCH_MS : FRESH_MS)) return known.set;
      const answer = jwkSet.safeParse(await fetchJson(config.outbound.allow, jwks_uri).catch((error: Error) => error));
      if (!answer.success) throw new OAuthError('invalid_client', 'client authentication failed', { detail: `the JWK set at the client’s jwks_uri cannot be read: ${answer.error.message}` });
      fetched.set(jwks_uri, { at: clock.now(), set: answer.data });
      return answer.data;
    },
  };
}
