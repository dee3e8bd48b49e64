import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { KeyVault } from '#ports/key-vault.ts';
import type { Random } from '#ports/random.ts';

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Keys kept unwrapped in memory; the vault is asked again for others. */
const CACHED_KEYS = 20_000;

/** The master key does not open what was wrapped by another one. */
export class WrongMasterKey extends Error {
  constructor() {
    super('the master key does not open the keys of this store');
    this.name = 'WrongMasterKey';
  }
}

/** Secret keys by id, unwrapped by the master key on the way out. */
export interface Keyring {
  /** The 32-byte key of this id, made at its first use. Null when it was destroyed. @throws WrongMasterKey, StoreUnavailable */
  key(id: string): Promise<Buffer | null>;
  /** The 32-byte key of this id if it exists and was not destroyed. */
  existing(id: string): Promise<Buffer | null>;
  /** Stores bytes (a private signing key) under an id never used before. False when the id was taken. */
  put(id: string, bytes: Buffer): Promise<boolean>;
  /** Destroys a key: everything sealed under it is unreadable for good. */
  destroy(id: string): Promise<void>;
  /** Ids of live keys with this prefix, ascending. */
  list(prefix: string): Promise<readonly string[]>;
}

/** Wraps under AES-256-GCM; the id is associated data, so a wrapped key cannot be passed off as another. */
function wrap(masterKey: Buffer, id: string, bytes: Buffer, nonce: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', masterKey, nonce).setAAD(Buffer.from(id));
  return Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
}

function unwrap(masterKey: Buffer, id: string, wrapped: Uint8Array): Buffer {
  const bytes = Buffer.from(wrapped);
  const decipher = createDecipheriv('aes-256-gcm', masterKey, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(id))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    throw new WrongMasterKey();
  }
}

export function createKeyring(vault: KeyVault, masterKey: Buffer, random: Random): Keyring {
  const cache = new LRUCache<string, Buffer>({ max: CACHED_KEYS });
  /** Destroyed by this process: a read that was under way must not bring them back. */
  const destroyed = new Set<string>();

  function remember(id: string, key: Buffer): Buffer | null {
    if (destroyed.has(id)) return null;
    cache.set(id, key);
    return key;
  }

  async function existing(id: string): Promise<Buffer | null> {
    const cached = cache.get(id);
    if (cached !== undefined) return cached;
    const record = await vault.read(id);
    if (record === null || record.status === 'destroyed') return null;
    return remember(id, unwrap(masterKey, id, record.wrapped));
  }

  async function put(id: string, bytes: Buffer): Promise<boolean> {
    const created = await vault.create(id, wrap(masterKey, id, bytes, random.bytes(NONCE_BYTES)));
    if (created === 'created') remember(id, bytes);
    return created === 'created';
  }

  return {
    existing,
    put,
    async key(id) {
      const found = await existing(id);
      if (found !== null) return found;
      const fresh = random.bytes(KEY_BYTES);
      // When another writer was first, its key is the one.
      return (await put(id, fresh)) ? fresh : existing(id);
    },
    async destroy(id) {
      destroyed.add(id);
      cache.delete(id);
      try {
        await vault.destroy(id);
      } catch (error) {
        destroyed.delete(id);
        throw error;
      }
    },
    list: (prefix) => vault.list(prefix),
  };
}

/** What a data directory keeps to recognise its master key without holding anything that opens. */
export const masterKeyCheck = (masterKey: Buffer): string => createHmac('sha256', masterKey).update('grantlog master key check v1').digest('base64url');
