import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Random } from '#ports/random.ts';
import type { CredentialKey, CredentialKeys } from './credential-keys.ts';

/**
 * Credentials that locate and date themselves: prefix + base64url(key id, nonce, AES-256-GCM(content), tag), the prefix being associated data.
 * A truncated, altered, re-spelled or re-prefixed one fails before anything is looked up.
 */
export type Prefix = 'glc_' | 'glr_' | 'gla_';

const KEY_ID_BYTES = 8;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = KEY_ID_BYTES + NONCE_BYTES;

export function seal(prefix: Prefix, key: CredentialKey, nonce: Buffer, content: Buffer): string {
  const cipher = createCipheriv('aes-256-gcm', key.seal, nonce).setAAD(Buffer.from(prefix));
  const sealed = Buffer.concat([Buffer.from(key.id, 'hex'), nonce, cipher.update(content), cipher.final(), cipher.getAuthTag()]);
  return prefix + sealed.toString('base64url');
}

/** The key that a token says it was sealed under; null when there is none such. Says nothing about the token. */
export async function sealingKey(prefix: Prefix, keys: CredentialKeys, token: string): Promise<CredentialKey | null> {
  const start = Buffer.from(token.slice(prefix.length, prefix.length + 11), 'base64url');
  return start.length === KEY_ID_BYTES ? keys.byId(start.toString('hex')) : null;
}

/** The content and the key it was sealed under; null for anything that this server did not make, byte for byte. */
export async function unseal(prefix: Prefix, keys: CredentialKeys, token: string): Promise<{ content: Buffer; key: CredentialKey } | null> {
  if (!token.startsWith(prefix)) return null;
  const text = token.slice(prefix.length);
  const bytes = Buffer.from(text, 'base64url');
  // Several spellings decode to the same bytes; only the one that re-encodes to itself counts.
  if (bytes.length <= HEADER_BYTES + TAG_BYTES || bytes.toString('base64url') !== text) return null;
  const key = await keys.byId(bytes.toString('hex', 0, KEY_ID_BYTES));
  if (key === null) return null;
  const decipher = createDecipheriv('aes-256-gcm', key.seal, bytes.subarray(KEY_ID_BYTES, HEADER_BYTES), { authTagLength: TAG_BYTES })
    .setAAD(Buffer.from(prefix))
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    return { content: Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES, -TAG_BYTES)), decipher.final()]), key };
  } catch {
    return null;
  }
}

/** What an authorization code or a refresh token says about itself. */
export interface GrantHandle {
  readonly grantId: string;
  /** Revision of the event that issued it: a document older than this is not believed. */
  readonly revision: number;
  /** 0 for codes; for refresh tokens the place in the rotation chain. */
  readonly generation: number;
  readonly secret: Buffer;
}

const SECRET_BYTES = 32;
const HANDLE_BYTES = 16 + 4 + 4 + SECRET_BYTES;

function encodeHandle(handle: GrantHandle): Buffer {
  const content = Buffer.alloc(HANDLE_BYTES);
  content.write(handle.grantId.replaceAll('-', ''), 0, 'hex');
  content.writeUInt32BE(handle.revision, 16);
  content.writeUInt32BE(handle.generation, 20);
  handle.secret.copy(content, 24);
  return content;
}

function decodeHandle(content: Buffer): GrantHandle | null {
  if (content.length !== HANDLE_BYTES) return null;
  const hex = content.toString('hex', 0, 16);
  const grantId = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return { grantId, revision: content.readUInt32BE(16), generation: content.readUInt32BE(20), secret: content.subarray(24) };
}

/** An authorization code (RFC 6749 1.3.1): 256 random bits, sealed. */
export function sealCode(key: CredentialKey, random: Random, handle: Omit<GrantHandle, 'generation' | 'secret'>, secret: Buffer): string {
  return seal('glc_', key, random.bytes(NONCE_BYTES), encodeHandle({ ...handle, generation: 0, secret }));
}

/** Secret and nonce of a refresh token: derived, so that the same generation is the same token byte for byte, and no secret is stored. */
export function deriveRefreshSecret(key: CredentialKey, salt: string, grantId: string, generation: number): { nonce: Buffer; secret: Buffer } {
  const bytes = Buffer.from(hkdfSync('sha256', key.derive, Buffer.from(salt, 'base64url'), `${grantId}.${generation}`, NONCE_BYTES + SECRET_BYTES));
  return { nonce: bytes.subarray(0, NONCE_BYTES), secret: bytes.subarray(NONCE_BYTES) };
}

/** A refresh token (RFC 6749 1.5) of one generation, made again at will from the salt in the event. */
export function sealRefreshToken(key: CredentialKey, salt: string, handle: Omit<GrantHandle, 'secret'>): string {
  const { nonce, secret } = deriveRefreshSecret(key, salt, handle.grantId, handle.generation);
  return seal('glr_', key, nonce, encodeHandle({ ...handle, secret }));
}

export async function openHandle(prefix: 'glc_' | 'glr_', keys: CredentialKeys, token: string): Promise<GrantHandle | null> {
  const opened = await unseal(prefix, keys, token);
  return opened === null ? null : decodeHandle(opened.content);
}
