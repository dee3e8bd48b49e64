import { openPersonal } from '#credentials/personal-data.ts';
import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { type ClientOutcome, updateClient as decide } from './decider.ts';
import type { ClientMetadata } from './metadata.ts';
import { type ClientState, clients } from './projection.ts';
import { recordedMetadata } from './register-client.ts';

/** The contacts of a client, in clear; empty when there are none. */
export async function clientContacts(core: Core, { contacts }: ClientState): Promise<readonly string[]> {
  if (contacts === null) return [];
  const opened = (await openPersonal(core.keyring, contacts.eventId, contacts.stream, contacts.pii))['contacts'];
  return Array.isArray(opened) ? opened.filter((contact): contact is string => typeof contact === 'string') : [];
}

/** Replaces the metadata of a client, whole (RFC 7592 2.2). */
export async function updateClient(core: Core, clientId: string, metadata: ClientMetadata, bootstrapFingerprint: string | null, origin: Origin): Promise<ClientOutcome> {
  const document = await core.commands.load(clients, clientId);
  const before = document === null ? [] : await clientContacts(core, document.state);
  const contactsChanged = JSON.stringify(before) !== JSON.stringify(metadata.contacts ?? []);
  await core.ensureSigningKeys([metadata.id_token_signed_response_alg]);
  const command = { updateId: core.random.uuid(), ...recordedMetadata(clientId, metadata), contactsChanged, bootstrapFingerprint };
  return (await core.commands.handle(clients, clientId, decide, command, origin)).outcome;
}
