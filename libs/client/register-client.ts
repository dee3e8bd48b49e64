import { clientKey } from '#credentials/personal-data.ts';
import type { JsonObject } from '#kernel/json.ts';
import { toInstant } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { type ClientOutcome, type NewSecret, registerClient as decide } from './decider.ts';
import type { ClientMetadata } from './metadata.ts';
import { clients } from './projection.ts';
import { generateSecret, hashSecret } from './secrets.ts';

export interface ClientRegistration {
  /** Null: one is made. */
  readonly clientId: string | null;
  readonly metadata: ClientMetadata;
  /** Null: one is made, if the client’s method needs one. */
  readonly secret: string | null;
  readonly bootstrapFingerprint: string | null;
}

export interface RegisteredClient {
  readonly outcome: ClientOutcome;
  readonly clientId: string;
  /** The secret, in clear, this once; null for clients that have none. */
  readonly secret: string | null;
}

export const needsSecret = (metadata: ClientMetadata): boolean => metadata.token_endpoint_auth_method.startsWith('client_secret_');

/** Splits metadata into what the log shows and what is personal: contacts are people. */
export function recordedMetadata(clientId: string, metadata: ClientMetadata) {
  const { contacts, ...open } = metadata;
  return { metadata: open as unknown as JsonObject, contacts: contacts === undefined ? null : { owner: clientKey(clientId), fields: { contacts: [...contacts] } } };
}

export async function newSecret(core: Core, clientId: string, secret: string, previousEndAt: number): Promise<NewSecret> {
  return { secretId: core.random.uuid(), hash: await hashSecret(core, clientId, secret), now: toInstant(core.clock.now()), previousEndAt: toInstant(previousEndAt) };
}

/** Registers a client (RFC 7591 3.1). Refused when its client_id was ever used. */
export async function registerClient(core: Core, registration: ClientRegistration, origin: Origin): Promise<RegisteredClient> {
  const { metadata, bootstrapFingerprint } = registration;
  const clientId = registration.clientId ?? core.random.uuid();
  const secret = registration.secret ?? (needsSecret(metadata) ? generateSecret(core) : null);
  const command = { clientId, ...recordedMetadata(clientId, metadata), secret: secret === null ? null : await newSecret(core, clientId, secret, core.clock.now()), bootstrapFingerprint };
  const { outcome } = await core.commands.handle(clients, clientId, decide, command, origin);
  await core.ensureSigningKeys([metadata.id_token_signed_response_alg]);
  return { outcome, clientId, secret };
}
