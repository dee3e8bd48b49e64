import type { Decision } from '#kernel/aggregate.ts';
import type { PersonalFields } from '#kernel/event.ts';
import type { NewAccountEvent, NewUsernameEvent } from './events.ts';
import type { AccountState, UsernameState } from './projection.ts';

export type AccountOutcome = { readonly kind: 'done' } | { readonly kind: 'already' } | { readonly kind: 'refused'; readonly reason: 'exists' | 'unknown' };
type AccountDecision = Decision<AccountOutcome, NewAccountEvent>;

const done = (...events: NewAccountEvent[]): AccountDecision => ({ events, outcome: { kind: 'done' } });
const already: AccountDecision = { events: [], outcome: { kind: 'already' } };
const refused = (reason: 'exists' | 'unknown'): AccountDecision => ({ events: [], outcome: { kind: 'refused', reason } });

/** The first account to ask for a user name has it for good; the outcome names the holder. */
export function reserveUsername(command: { readonly sub: string }, state: UsernameState): Decision<{ readonly sub: string }, NewUsernameEvent> {
  if (state.sub !== null) return { events: [], outcome: { sub: state.sub } };
  return { events: [{ type: 'UsernameReserved', version: 1, data: { sub: command.sub } }], outcome: { sub: command.sub } };
}

export interface RegisterAccount {
  readonly sub: string;
  readonly admin: boolean;
  /** `username`, `password_hash`, `claims`. */
  readonly personal: PersonalFields;
  readonly bootstrapFingerprint: string | null;
}

export function registerAccount(command: RegisterAccount, state: AccountState): AccountDecision {
  if (state.status !== 'none') return refused('exists');
  const data = { sub: command.sub, admin: command.admin, bootstrap_fingerprint: command.bootstrapFingerprint };
  return done({ type: 'AccountRegistered', version: 1, data, personal: [command.personal] });
}

export interface UpdateAccount {
  /** Names the request: deciding it again on its own result writes nothing. */
  readonly updateId: string;
  readonly admin: boolean;
  /** `claims`, whole. */
  readonly personal: PersonalFields;
  /** Whether the claims differ from those before; the decider cannot read what is sealed. */
  readonly claimsChanged: boolean;
  readonly bootstrapFingerprint: string | null;
}

export function updateAccount(command: UpdateAccount, state: AccountState): AccountDecision {
  if (state.status === 'none') return refused('unknown');
  if (command.updateId === state.updateId) return already;
  const sameMark = command.bootstrapFingerprint === null || command.bootstrapFingerprint === state.bootstrapFingerprint;
  if (sameMark && !command.claimsChanged && command.admin === state.admin) return already;
  const data = { update_id: command.updateId, admin: command.admin, bootstrap_fingerprint: command.bootstrapFingerprint };
  return done({ type: 'AccountUpdated', version: 1, data, personal: [command.personal] });
}

/** `password_hash` in `personal`. The caller has compared: a password that stays the same is not brought here. */
export function changePassword(command: { readonly passwordId: string; readonly personal: PersonalFields; readonly bootstrapFingerprint: string | null }, state: AccountState): AccountDecision {
  if (state.status === 'none') return refused('unknown');
  if (state.passwordId === command.passwordId) return already;
  const data = { password_id: command.passwordId, bootstrap_fingerprint: command.bootstrapFingerprint };
  return done({ type: 'AccountPasswordChanged', version: 1, data, personal: [command.personal] });
}

export function disableAccount(command: { readonly reason: string }, state: AccountState): AccountDecision {
  if (state.status === 'none') return refused('unknown');
  return state.status === 'disabled' ? already : done({ type: 'AccountDisabled', version: 1, data: { reason: command.reason } });
}

export function enableAccount(_command: unknown, state: AccountState): AccountDecision {
  if (state.status === 'none') return refused('unknown');
  return state.status === 'active' ? already : done({ type: 'AccountEnabled', version: 1, data: {} });
}
