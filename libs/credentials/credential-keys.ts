import { createHmac, createSecretKey, hash, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Random } from '#ports/random.ts';
import type { Keyring } from './keyring.ts';

/** One credential key, with the two keys derived from it: one seals, the other derives what must be repeatable. */
export interface CredentialKey {
  /** 16 hexadecimal characters; tokens and events name the key by it. */
  readonly id: string;
  readonly seal: KeyObject;
  readonly derive: KeyObject;
}

export interface CredentialKeys {
  /** The newest key: new credentials are sealed under it. */
  active(): Promise<CredentialKey>;
  /** A key by its id; null when it never existed or was destroyed. */
  byId(id: string): Promise<CredentialKey | null>;
  /** Makes a new key the active one; older ones go on opening what they sealed. */
  rotate(): Promise<string>;
}

const PREFIX = 'credential/';

function derived(id: string, key: Buffer): CredentialKey {
  const part = (purpose: string) => createSecretKey(Buffer.from(hkdfSync('sha256', key, '', `grantlog ${purpose}`, 32)));
  return { id, seal: part('seal'), derive: part('derive') };
}

export function createCredentialKeys(keyring: Keyring, random: Random): CredentialKeys {
  /** By the raw key, which the keyring hands out as the same object until it is destroyed: nothing made from it outlives it. */
  const known = new WeakMap<Buffer, CredentialKey>();
  let activeId: string | null = null;

  async function byId(id: string): Promise<CredentialKey | null> {
    const key = await keyring.existing(PREFIX + id);
    if (key === null) return null;
    const made = known.get(key) ?? derived(id, key);
    known.set(key, made);
    return made;
  }

  async function rotate(): Promise<string> {
    const id = random.uuid().replaceAll('-', '').slice(0, 16);
    await keyring.put(PREFIX + id, random.bytes(32));
    activeId = id;
    return id;
  }

  return {
    byId,
    rotate,
    async active() {
      if (activeId === null) activeId = (await keyring.list(PREFIX)).at(-1)?.slice(PREFIX.length) ?? (await rotate());
      const key = await byId(activeId);
      if (key === null) throw new Error('the active credential key is gone');
      return key;
    },
  };
}

/** SHA-256, base64url: how high-entropy secrets stand in the log. */
export const secretHash = (secret: string | Uint8Array): string => hash('sha256', secret, 'base64url');

/** What the vault keeps a hash key of its own for; one purpose’s hashes say nothing about another’s. */
export type HashPurpose = 'address' | 'bootstrap' | 'client-secret' | 'consent' | 'csrf' | 'oauth-query' | 'username';

/** HMAC-SHA-256, base64url: how values that can be guessed (user names, chosen client secrets) stand in the log. */
export const keyedHash = (key: Buffer | KeyObject, value: string): string => createHmac('sha256', key).update(value).digest('base64url');

/** The keyed hash of a value under the vault's own key for a purpose, made at its first use. @throws Error when that key was destroyed, StoreUnavailable */
export async function hashFor(keyring: Keyring, purpose: HashPurpose, value: string): Promise<string> {
  const key = await keyring.key(`hmac/${purpose}`);
  if (key === null) throw new Error(`the key of ${purpose} hashes was destroyed`);
  return keyedHash(key, value);
}

/** Constant-time comparison of two hashes or other texts; texts of different length differ. */
export function sameHash(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
