import type { Aggregate } from '#kernel/aggregate.ts';
import type { Instant } from '#kernel/instant.ts';
import { type SealedRef, sealedRef } from '#kernel/sealed-ref.ts';
import { CLIENT_EVENTS, type ClientEvent } from './events.ts';
import type { ClientMetadata } from './metadata.ts';

export interface ClientSecret {
  readonly secretId: string;
  /** HMAC-SHA-256 of the secret under a key of the vault. */
  readonly hash: string;
  readonly createdAt: Instant;
  /** When it stops to authenticate; null: not before it is retired. */
  readonly expiresAt: Instant | null;
}

export interface ClientState {
  readonly status: 'none' | 'active' | 'disabled' | 'deleted';
  readonly clientId: string;
  readonly metadata: ClientMetadata;
  readonly contacts: SealedRef | null;
  readonly secrets: readonly ClientSecret[];
  readonly createdAt: Instant;
  /** Names the update that was recorded last; null: none since the registration. */
  readonly updateId: string | null;
  /** Keyed fingerprint of the bootstrap entry that was applied last. */
  readonly bootstrapFingerprint: string | null;
}

const initial: ClientState = { status: 'none', clientId: '', metadata: {} as ClientMetadata, contacts: null, secrets: [], createdAt: '', updateId: null, bootstrapFingerprint: null };

function evolve(state: ClientState, event: ClientEvent): ClientState {
  switch (event.type) {
    case 'ClientRegistered':
      return {
        ...initial,
        status: 'active',
        clientId: event.data.client_id,
        // What was recorded had passed the metadata rules of its day.
        metadata: event.data.metadata as unknown as ClientMetadata,
        contacts: event.pii === null ? null : sealedRef(event),
        createdAt: event.time,
        bootstrapFingerprint: event.data.bootstrap_fingerprint,
      };
    case 'ClientUpdated':
      return {
        ...state,
        metadata: event.data.metadata as unknown as ClientMetadata,
        contacts: event.pii === null ? null : sealedRef(event),
        updateId: event.data.update_id,
        bootstrapFingerprint: event.data.bootstrap_fingerprint ?? state.bootstrapFingerprint,
      };
    case 'ClientSecretAdded': {
      const ends = new Map(event.data.previous.map((secret) => [secret.secret_id, secret.expires_at]));
      const older = state.secrets.map((secret) => ({ ...secret, expiresAt: ends.get(secret.secretId) ?? secret.expiresAt }));
      const added = { secretId: event.data.secret_id, hash: event.data.hash, createdAt: event.data.valid_from, expiresAt: null };
      return { ...state, secrets: [...older.filter((secret) => secret.expiresAt === null || secret.expiresAt > event.time), added] };
    }
    case 'ClientSecretRetired':
      return { ...state, secrets: state.secrets.filter((secret) => secret.secretId !== event.data.secret_id) };
    case 'ClientDisabled':
      return { ...state, status: state.status === 'active' ? 'disabled' : state.status };
    case 'ClientEnabled':
      return { ...state, status: state.status === 'disabled' ? 'active' : state.status };
    case 'ClientDeleted':
      return { ...state, status: 'deleted', secrets: [] };
    default:
      event satisfies never;
      return state;
  }
}

export const clients: Aggregate<ClientState, ClientEvent> = {
  category: 'client',
  collection: 'clients',
  events: CLIENT_EVENTS,
  initial,
  evolve,
  indexed: (state) => ({ sub: null, clientId: state.clientId, status: state.status, expiresAt: null }),
};
