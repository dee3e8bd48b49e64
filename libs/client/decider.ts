import type { Decision } from '#kernel/aggregate.ts';
import type { PersonalFields } from '#kernel/event.ts';
import type { Instant } from '#kernel/instant.ts';
import type { JsonObject } from '#kernel/json.ts';
import type { NewClientEvent } from './events.ts';
import type { ClientState } from './projection.ts';

export type ClientOutcome = { readonly kind: 'done' } | { readonly kind: 'already' } | { readonly kind: 'refused'; readonly reason: 'exists' | 'unknown' };

type ClientDecision = Decision<ClientOutcome, NewClientEvent>;

const done = (...events: NewClientEvent[]): ClientDecision => ({ events, outcome: { kind: 'done' } });
const already: ClientDecision = { events: [], outcome: { kind: 'already' } };
const refused = (reason: 'exists' | 'unknown'): ClientDecision => ({ events: [], outcome: { kind: 'refused', reason } });

const gone = (state: ClientState): boolean => state.status === 'none' || state.status === 'deleted';

export interface NewSecret {
  readonly secretId: string;
  readonly hash: string;
  readonly now: Instant;
  /** When the secrets before it end; not later than they would anyway. */
  readonly previousEndAt: Instant;
}

export interface RegisterClient {
  readonly clientId: string;
  readonly metadata: JsonObject;
  readonly contacts: PersonalFields | null;
  readonly secret: NewSecret | null;
  readonly bootstrapFingerprint: string | null;
}

function secretAdded(state: ClientState, secret: NewSecret): NewClientEvent {
  const previous = state.secrets
    .filter((older) => older.expiresAt === null || older.expiresAt > secret.previousEndAt)
    .map((older) => ({ secret_id: older.secretId, expires_at: secret.previousEndAt }));
  return { type: 'ClientSecretAdded', version: 1, data: { secret_id: secret.secretId, hash: secret.hash, valid_from: secret.now, previous } };
}

/** RFC 7591 3.1. A client_id that was ever used, even by a deleted client, is never used again. */
export function registerClient(command: RegisterClient, state: ClientState): ClientDecision {
  if (state.status !== 'none') return refused('exists');
  const registered: NewClientEvent = {
    type: 'ClientRegistered',
    version: 1,
    data: { client_id: command.clientId, metadata: command.metadata, bootstrap_fingerprint: command.bootstrapFingerprint },
    ...(command.contacts === null ? {} : { personal: [command.contacts] }),
  };
  return command.secret === null ? done(registered) : done(registered, secretAdded(state, command.secret));
}

export interface UpdateClient {
  /** Names the request: deciding it again on its own result writes nothing. */
  readonly updateId: string;
  readonly metadata: JsonObject;
  readonly contacts: PersonalFields | null;
  /** Whether the contacts differ from those before; the decider cannot read what is sealed. */
  readonly contactsChanged: boolean;
  readonly bootstrapFingerprint: string | null;
}

/** RFC 7592 2.2: the metadata is replaced as a whole. */
export function updateClient(command: UpdateClient, state: ClientState): ClientDecision {
  if (gone(state)) return refused('unknown');
  if (command.updateId === state.updateId) return already;
  const sameMark = command.bootstrapFingerprint === null || command.bootstrapFingerprint === state.bootstrapFingerprint;
  if (sameMark && !command.contactsChanged && sameJson(command.metadata, state.metadata)) return already;
  return done({
    type: 'ClientUpdated',
    version: 1,
    data: { update_id: command.updateId, metadata: command.metadata, bootstrap_fingerprint: command.bootstrapFingerprint },
    ...(command.contacts === null ? {} : { personal: [command.contacts] }),
  });
}

/** A new secret; those before it work until `previousEndAt` (the overlap), or end at once when that is now. */
export function rotateSecret(command: NewSecret, state: ClientState): ClientDecision {
  if (gone(state)) return refused('unknown');
  return state.secrets.some((secret) => secret.secretId === command.secretId) ? already : done(secretAdded(state, command));
}

export function retireSecret(command: { readonly secretId: string }, state: ClientState): ClientDecision {
  if (gone(state)) return refused('unknown');
  if (!state.secrets.some((secret) => secret.secretId === command.secretId)) return already;
  return done({ type: 'ClientSecretRetired', version: 1, data: { secret_id: command.secretId } });
}

export function disableClient(_command: unknown, state: ClientState): ClientDecision {
  if (gone(state)) return refused('unknown');
  return state.status === 'disabled' ? already : done({ type: 'ClientDisabled', version: 1, data: {} });
}

export function enableClient(_command: unknown, state: ClientState): ClientDecision {
  if (gone(state)) return refused('unknown');
  return state.status === 'active' ? already : done({ type: 'ClientEnabled', version: 1, data: {} });
}

export function deleteClient(_command: unknown, state: ClientState): ClientDecision {
  if (state.status === 'none') return refused('unknown');
  return state.status === 'deleted' ? already : done({ type: 'ClientDeleted', version: 1, data: {} });
}

/** Equality of JSON values whatever the order of their members. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const left = Object.entries(a);
  const right = b as Record<string, unknown>;
  return left.length === Object.keys(b).length && left.every(([name, value]) => Object.hasOwn(right, name) && sameJson(value, right[name]));
}
