import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { PersonalFields, SealedFields } from '#kernel/event.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { Random } from '#ports/random.ts';
import type { Keyring } from './keyring.ts';

/** Key owners. A subject's key is destroyed to erase the person; a day's key (nobody is known) is destroyed after 90 days. */
export const subjectKey = (sub: string): string => `subject/${sub}`;
export const clientKey = (clientId: string): string => `client/${clientId}`;
export const dayKey = (instant: string): string => `day/${instant.slice(0, 10)}`;

const associatedData = (eventId: string, stream: string): Buffer => Buffer.from(`${eventId}\n${stream}`);

/**
 * Seals personal fields, one entry an owner: AES-256-GCM, associated data = event id and stream, so that an entry moved to another event does not open.
 * An owner whose key was destroyed is left out: an erased person gets no new record.
 */
export async function sealPersonal(keyring: Keyring, random: Random, eventId: string, stream: string, personal: readonly PersonalFields[]): Promise<SealedFields[] | null> {
  const sealed: SealedFields[] = [];
  for (const { owner, fields } of personal) {
    const key = await keyring.key(owner);
    if (key === null) continue;
    const nonce = random.bytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(associatedData(eventId, stream));
    const ciphertext = Buffer.concat([cipher.update(JSON.stringify(fields)), cipher.final(), cipher.getAuthTag()]);
    sealed.push({ key_id: owner, nonce: nonce.toString('base64url'), ciphertext: ciphertext.toString('base64url') });
  }
  return sealed.length === 0 ? null : sealed;
}

/** Opens all entries whose keys still exist and merges their fields; entries of destroyed keys add nothing. @throws Error for an entry that was tampered with */
export async function openPersonal(keyring: Keyring, eventId: string, stream: string, pii: readonly SealedFields[] | null): Promise<JsonObject> {
  let fields: JsonObject = {};
  for (const entry of pii ?? []) {
    const key = await keyring.existing(entry.key_id);
    if (key === null) continue;
    const bytes = Buffer.from(entry.ciphertext, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(entry.nonce, 'base64url'), { authTagLength: 16 })
      .setAAD(associatedData(eventId, stream))
      .setAuthTag(bytes.subarray(-16));
    const text = Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString();
    fields = { ...fields, ...(JSON.parse(text) as JsonObject) };
  }
  return fields;
}
