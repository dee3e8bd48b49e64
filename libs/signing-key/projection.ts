import type { Aggregate } from '#kernel/aggregate.ts';
import type { Instant } from '#kernel/instant.ts';
import type { JsonObject } from '#kernel/json.ts';
import { SIGNING_KEY_EVENTS, type SigningKeyEvent } from './events.ts';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly status: 'announced' | 'active' | 'retired';
  readonly publicJwk: JsonObject;
  readonly createdAt: Instant;
  readonly activatedAt: Instant | null;
  readonly retiredAt: Instant | null;
  /** Until when a retired key is in the JWK set and believed. Null while it is not retired. */
  readonly publishedUntil: Instant | null;
  readonly compromised: boolean;
}

/** All keys of one algorithm: one stream, so that a rotation is one append. */
export interface SigningKeySetState {
  readonly keys: readonly SigningKey[];
}

const initial: SigningKeySetState = { keys: [] };

function evolve(state: SigningKeySetState, event: SigningKeyEvent): SigningKeySetState {
  const change = (kid: string, changes: Partial<SigningKey>): SigningKeySetState => ({ keys: state.keys.map((key) => (key.kid === kid ? { ...key, ...changes } : key)) });
  switch (event.type) {
    case 'SigningKeyAnnounced': {
      const { kid, alg, public_jwk } = event.data;
      const announced: SigningKey = { kid, alg, status: 'announced', publicJwk: public_jwk, createdAt: event.time, activatedAt: null, retiredAt: null, publishedUntil: null, compromised: false };
      return { keys: [...state.keys, announced] };
    }
    case 'SigningKeyActivated':
      return change(event.data.kid, { status: 'active', activatedAt: event.time });
    case 'SigningKeyRetired':
      return change(event.data.kid, { status: 'retired', retiredAt: event.time, publishedUntil: event.data.published_until, compromised: event.data.compromised });
    default:
      event satisfies never;
      return state;
  }
}

/** Whether what this key signed is believed, and the key published, at `now`. */
export const isBelieved = (key: SigningKey, now: Instant): boolean => key.status !== 'retired' || (!key.compromised && key.publishedUntil !== null && key.publishedUntil > now);

export const signingKeys: Aggregate<SigningKeySetState, SigningKeyEvent> = {
  category: 'signingKey',
  collection: 'signing_keys',
  events: SIGNING_KEY_EVENTS,
  initial,
  evolve,
  indexed: () => ({ sub: null, clientId: null, status: null, expiresAt: null }),
};
