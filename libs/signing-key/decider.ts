import type { Decision } from '#kernel/aggregate.ts';
import type { Instant } from '#kernel/instant.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { NewSigningKeyEvent } from './events.ts';
import type { SigningKeySetState } from './projection.ts';

export interface NewSigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly publicJwk: JsonObject;
}

type KeyDecision = Decision<{ readonly kind: 'done' | 'already' }, NewSigningKeyEvent>;

const announced = (key: NewSigningKey): NewSigningKeyEvent => ({ type: 'SigningKeyAnnounced', version: 1, data: { kid: key.kid, alg: key.alg, public_jwk: key.publicJwk } });
const activated = (kid: string): NewSigningKeyEvent => ({ type: 'SigningKeyActivated', version: 1, data: { kid } });

/** The first two keys of an algorithm: one that signs, one that clients already know when it will. */
export function createKeySet(command: { readonly first: NewSigningKey; readonly next: NewSigningKey }, state: SigningKeySetState): KeyDecision {
  if (state.keys.length > 0) return { events: [], outcome: { kind: 'already' } };
  return { events: [announced(command.first), activated(command.first.kid), announced(command.next)], outcome: { kind: 'done' } };
}

export interface RotateKey {
  readonly next: NewSigningKey;
  readonly compromised: boolean;
  /** Until when tokens of the key that retires may live. */
  readonly publishedUntil: Instant;
}

/** The announced key becomes the active one, the active one retires, the next is announced: no client meets an unknown key. */
export function rotateKey(command: RotateKey, state: SigningKeySetState): KeyDecision {
  if (state.keys.some((key) => key.kid === command.next.kid)) return { events: [], outcome: { kind: 'already' } };
  const retired = state.keys
    .filter((key) => key.status === 'active')
    .map((key): NewSigningKeyEvent => ({ type: 'SigningKeyRetired', version: 1, data: { kid: key.kid, compromised: command.compromised, published_until: command.publishedUntil } }));
  const promoted = state.keys.filter((key) => key.status === 'announced').map((key) => activated(key.kid));
  return { events: [...retired, ...promoted, announced(command.next)], outcome: { kind: 'done' } };
}
