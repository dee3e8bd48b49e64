import { constants, generateKeyPair, type KeyObject, sign, type SignKeyObjectInput, verify } from 'node:crypto';
import { promisify } from 'node:util';

/** JWS algorithms (RFC 7518 3.1, RFC 8037 3.1) that this server signs and verifies with. */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

const generate = promisify(generateKeyPair) as unknown as (type: string, options: object) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

interface Algorithm {
  readonly digest: 'sha256' | null;
  readonly make: () => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;
  readonly input: (key: KeyObject) => SignKeyObjectInput;
  /** RSA takes a millisecond: it leaves the event loop. Elliptic curves are faster than the way to another thread. */
  readonly offLoop: boolean;
}

const rsa = () => generate('rsa', { modulusLength: 2048 });

const ALGORITHMS: Record<SigningAlgorithm, Algorithm> = {
  ES256: { digest: 'sha256', make: () => generate('ec', { namedCurve: 'P-256' }), input: (key) => ({ key, dsaEncoding: 'ieee-p1363' }), offLoop: false },
  EdDSA: { digest: null, make: () => generate('ed25519', {}), input: (key) => ({ key }), offLoop: false },
  RS256: { digest: 'sha256', make: rsa, input: (key) => ({ key }), offLoop: true },
  PS256: { digest: 'sha256', make: rsa, input: (key) => ({ key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }), offLoop: true },
};

export const generateSigningKey = (alg: SigningAlgorithm) => ALGORITHMS[alg].make();

export function signBytes(alg: SigningAlgorithm, key: KeyObject, data: Buffer): Buffer | Promise<Buffer> {
  const { digest, input, offLoop } = ALGORITHMS[alg];
  if (!offLoop) return sign(digest, data, input(key));
  return new Promise((resolve, reject) => sign(digest, data, input(key), (error, signature) => (error === null ? resolve(signature) : reject(error))));
}

export function verifyBytes(alg: SigningAlgorithm, key: KeyObject, data: Buffer, signature: Buffer): boolean {
  const { digest, input } = ALGORITHMS[alg];
  return verify(digest, data, input(key), signature);
}

export const isSigningAlgorithm = (alg: unknown): alg is SigningAlgorithm => SIGNING_ALGORITHMS.some((known) => known === alg);
