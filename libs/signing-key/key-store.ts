import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import type { Document } from '#kernel/aggregate.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Keyring } from '#credentials/keyring.ts';
import { type Clock, toInstant } from '#ports/clock.ts';
import type { Random } from '#ports/random.ts';
import type { CommandHandler, Origin } from '#runtime/handle-command.ts';
import { generateSigningKey, type SigningAlgorithm } from './algorithms.ts';
import { createKeySet, type NewSigningKey, rotateKey } from './decider.ts';
import { isBelieved, type SigningKey, type SigningKeySetState, signingKeys } from './projection.ts';

export interface KeyStore {
  /** Makes the key set of an algorithm unless it exists. */
  ensure(alg: SigningAlgorithm, origin: Origin): Promise<void>;
  /** Activates the announced key, retires the active one for `publishedForSeconds` (0 and refused at once when compromised), announces the next. */
  rotate(alg: SigningAlgorithm, options: { compromised: boolean; publishedForSeconds: number }, origin: Origin): Promise<void>;
  /** All keys of all sets, retired ones included, oldest first. */
  keys(): Promise<readonly SigningKey[]>;
  /** The key that signs now. @throws Error when the set was never made */
  signer(alg: SigningAlgorithm): Promise<{ readonly kid: string; readonly key: KeyObject }>;
  /** The public key of a kid, if what it signed is believed now. */
  verifier(alg: SigningAlgorithm, kid: string): Promise<KeyObject | null>;
  /** The public keys to publish (RFC 7517 5). */
  jwks(): Promise<readonly JsonObject[]>;
}

interface Options {
  readonly commands: CommandHandler;
  readonly keyring: Keyring;
  readonly clock: Clock;
  readonly random: Random;
  readonly algorithms: readonly SigningAlgorithm[];
}

const vaultId = (kid: string): string => `signing/${kid}`;

export function createKeyStore({ commands, keyring, clock, random, algorithms }: Options): KeyStore {
  const privateKeys = new Map<string, KeyObject>();
  const publicKeys = new Map<string, KeyObject>();

  async function generate(alg: SigningAlgorithm): Promise<NewSigningKey> {
    const { publicKey, privateKey } = await generateSigningKey(alg);
    const kid = random.bytes(12).toString('base64url');
    // The private half is durable before anything names it.
    await keyring.put(vaultId(kid), privateKey.export({ type: 'pkcs8', format: 'der' }));
    const { crv, e, kty, n, x, y } = publicKey.export({ format: 'jwk' });
    const members = Object.entries({ crv, e, kty, n, x, y }).filter((member): member is [string, string] => member[1] !== undefined);
    return { kid, alg, publicJwk: { ...Object.fromEntries(members), kid, alg, use: 'sig' } };
  }

  const load = (alg: SigningAlgorithm): Promise<Document<SigningKeySetState> | null> => commands.load(signingKeys, alg);

  async function keys(): Promise<readonly SigningKey[]> {
    const sets = await Promise.all(algorithms.map(load));
    return sets.flatMap((set) => set?.state.keys ?? []);
  }

  return {
    keys,
    async ensure(alg, origin) {
      if ((await load(alg)) !== null) return;
      const [first, next] = await Promise.all([generate(alg), generate(alg)]);
      await commands.handle(signingKeys, alg, createKeySet, { first, next }, origin);
    },
    async rotate(alg, { compromised, publishedForSeconds }, origin) {
      const publishedUntil = toInstant(clock.now() + publishedForSeconds * 1000);
      await commands.handle(signingKeys, alg, rotateKey, { next: await generate(alg), compromised, publishedUntil }, origin);
    },
    async signer(alg) {
      const active = (await load(alg))?.state.keys.find((key) => key.status === 'active');
      if (active === undefined) throw new Error(`there is no active ${alg} key`);
      let key = privateKeys.get(active.kid);
      if (key === undefined) {
        const der = await keyring.existing(vaultId(active.kid));
        if (der === null) throw new Error(`the private key ${active.kid} is gone`);
        key = createPrivateKey({ key: der, type: 'pkcs8', format: 'der' });
        privateKeys.set(active.kid, key);
      }
      return { kid: active.kid, key };
    },
    async verifier(alg, kid) {
      const found = (await load(alg))?.state.keys.find((key) => key.kid === kid);
      if (found === undefined || !isBelieved(found, toInstant(clock.now()))) return null;
      let key = publicKeys.get(kid);
      if (key === undefined) {
        key = createPublicKey({ key: found.publicJwk as Record<string, string>, format: 'jwk' });
        publicKeys.set(kid, key);
      }
      return key;
    },
    async jwks() {
      const now = toInstant(clock.now());
      const published: JsonObject[] = [];
      for (const set of await Promise.all(algorithms.map(load))) {
        for (const key of set?.state.keys ?? []) if (isBelieved(key, now)) published.push(key.publicJwk);
      }
      return published;
    },
  };
}
