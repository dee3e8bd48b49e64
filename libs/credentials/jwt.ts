import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { JsonObject } from '#kernel/json.ts';
import { isSigningAlgorithm, type SigningAlgorithm, signBytes, verifyBytes } from '#signing-key/algorithms.ts';
import type { KeyStore } from '#signing-key/key-store.ts';

const encode = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Header of every token of this server; anything else in a header (`crit`, `jwk`, `jku`, `x5u`, …) was not made here. */
const HEADER_MEMBERS = ['alg', 'typ', 'kid'];

function decodeSegment(segment: string): Buffer | null {
  const bytes = Buffer.from(segment, 'base64url');
  // Several spellings decode to the same bytes; only the one that re-encodes to itself counts.
  return bytes.toString('base64url') === segment ? bytes : null;
}

function parseObject(bytes: Buffer | null): JsonObject | null {
  if (bytes === null) return null;
  try {
    const value: unknown = JSON.parse(bytes.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
  } catch {
    return null;
  }
}

export interface VerifiedJwt {
  readonly alg: SigningAlgorithm;
  readonly kid: string;
  readonly typ: string;
  readonly claims: JsonObject;
}

/** The JWTs of this server (RFC 7519, compact serialization of RFC 7515). */
export interface Jwts {
  /** Signs with the active key of an algorithm. */
  sign(alg: SigningAlgorithm, typ: string, claims: JsonObject): Promise<string>;
  /**
   * Opens a JWT that this server signed with a key that is still believed. Null for everything else: another algorithm than the key's,
   * header members that we never write, a segment spelled differently. Says nothing about time, audience or revocation.
   */
  verify(token: string): Promise<VerifiedJwt | null>;
}

/** Checked signatures kept in memory. */
const REMEMBERED = 20_000;

export function createJwts(keys: KeyStore): Jwts {
  // By SHA-256 of the token, only what can never change: that this key signed these bytes. Whether the key is still believed is asked each time.
  const verified = new LRUCache<string, VerifiedJwt>({ max: REMEMBERED });

  async function check(token: string): Promise<VerifiedJwt | null> {
    const segments = token.split('.');
    const [head, body, tail] = segments;
    if (segments.length !== 3 || head === undefined || body === undefined || tail === undefined) return null;
    const header = parseObject(decodeSegment(head));
    const signature = decodeSegment(tail);
    if (header === null || signature === null) return null;
    const { alg, kid, typ } = header;
    if (!isSigningAlgorithm(alg) || typeof kid !== 'string' || typeof typ !== 'string') return null;
    if (Object.keys(header).some((name) => !HEADER_MEMBERS.includes(name))) return null;
    const key = await keys.verifier(alg, kid);
    if (key === null || !verifyBytes(alg, key, Buffer.from(`${head}.${body}`), signature)) return null;
    const claims = parseObject(decodeSegment(body));
    return claims === null ? null : { alg, kid, typ, claims };
  }

  return {
    async sign(alg, typ, claims) {
      const { kid, key } = await keys.signer(alg);
      const signed = `${encode({ alg, typ, kid })}.${encode(claims)}`;
      const signature = await signBytes(alg, key, Buffer.from(signed));
      return `${signed}.${signature.toString('base64url')}`;
    },
    async verify(token) {
      const tokenHash = hash('sha256', token, 'base64');
      const known = verified.get(tokenHash);
      if (known !== undefined) return (await keys.verifier(known.alg, known.kid)) === null ? null : known;
      const checked = await check(token);
      if (checked !== null) verified.set(tokenHash, checked);
      return checked;
    },
  };
}
