import type { Aggregate } from '#kernel/aggregate.ts';
import type { Instant } from '#kernel/instant.ts';
import { type SealedRef, sealedRef } from '#kernel/sealed-ref.ts';
import { ACCOUNT_EVENTS, type AccountEvent, USERNAME_EVENTS, type UsernameEvent } from './events.ts';

export interface AccountState {
  readonly status: 'none' | 'active' | 'disabled';
  readonly sub: string;
  readonly admin: boolean;
  /** Raised when the account is disabled: sessions and grants of an older epoch are dead for good. */
  readonly epoch: number;
  /** Sealed `username`, `password_hash` and `claims`: each the newest of its kind. */
  readonly username: SealedRef | null;
  readonly password: SealedRef | null;
  /** Names the change that set the password; null: the one given at registration. */
  readonly passwordId: string | null;
  readonly claims: SealedRef | null;
  readonly createdAt: Instant;
  /** Names the update that was recorded last; null: none since the registration. */
  readonly updateId: string | null;
  /** When the claims last changed: the `updated_at` claim (OpenID Core 5.1). */
  readonly claimsUpdatedAt: Instant;
  readonly bootstrapFingerprint: string | null;
}

const initial: AccountState = { status: 'none', sub: '', admin: false, epoch: 0, username: null, password: null, passwordId: null, claims: null, createdAt: '', updateId: null, claimsUpdatedAt: '', bootstrapFingerprint: null };

function evolve(state: AccountState, event: AccountEvent): AccountState {
  switch (event.type) {
    case 'AccountRegistered': {
      const sealed = sealedRef(event);
      const { sub, admin, bootstrap_fingerprint } = event.data;
      return { status: 'active', sub, admin, epoch: 0, username: sealed, password: sealed, passwordId: null, claims: sealed, createdAt: event.time, updateId: null, claimsUpdatedAt: event.time, bootstrapFingerprint: bootstrap_fingerprint };
    }
    case 'AccountUpdated':
      return {
        ...state,
        admin: event.data.admin,
        claims: sealedRef(event),
        updateId: event.data.update_id,
        claimsUpdatedAt: event.time,
        bootstrapFingerprint: event.data.bootstrap_fingerprint ?? state.bootstrapFingerprint,
      };
    case 'AccountPasswordChanged':
      return { ...state, password: sealedRef(event), passwordId: event.data.password_id, bootstrapFingerprint: event.data.bootstrap_fingerprint ?? state.bootstrapFingerprint };
    case 'AccountDisabled':
      return { ...state, status: state.status === 'none' ? 'none' : 'disabled', epoch: state.epoch + 1 };
    case 'AccountEnabled':
      return { ...state, status: state.status === 'none' ? 'none' : 'active' };
    default:
      event satisfies never;
      return state;
  }
}

export const accounts: Aggregate<AccountState, AccountEvent> = {
  category: 'account',
  collection: 'accounts',
  events: ACCOUNT_EVENTS,
  initial,
  evolve,
  indexed: (state) => ({ sub: state.sub, clientId: null, status: state.status, expiresAt: null }),
};

export interface UsernameState {
  readonly sub: string | null;
}

export const usernames: Aggregate<UsernameState, UsernameEvent> = {
  category: 'username',
  collection: 'usernames',
  events: USERNAME_EVENTS,
  initial: { sub: null },
  evolve: (_state, event) => ({ sub: event.data.sub }),
  indexed: (state) => ({ sub: state.sub, clientId: null, status: null, expiresAt: null }),
};
