import type { Decision } from '#kernel/aggregate.ts';
import type { PersonalFields } from '#kernel/event.ts';
import type { Instant } from '#kernel/instant.ts';
import { covers, type Scope, sameScope, union } from '#kernel/scope.ts';
import type { NewConsentEvent } from './events.ts';
import { type ConsentState, inForce } from './projection.ts';

type ConsentDecision<Outcome> = Decision<Outcome, NewConsentEvent>;

/** What every consent decision of a person names. */
export interface ConsentAsked {
  /** Names the submission: deciding it again on its own result writes nothing. */
  readonly decisionId: string;
  readonly sub: string;
  readonly clientId: string;
  readonly scopes: Scope;
  readonly resources: readonly string[];
  readonly notice: { readonly hash: string; readonly version: number; readonly language: string } | null;
  readonly signIn: { readonly session_id: string | null; readonly auth_time: Instant | null; readonly acr: string | null; readonly amr: string[] };
  readonly origin: PersonalFields | null;
}

export interface GiveConsent extends ConsentAsked {
  readonly now: Instant;
  readonly basis: 'person' | 'policy';
  readonly clientRevision: number;
  readonly expiresAt: Instant | null;
}

const personal = (origin: PersonalFields | null) => (origin === null ? {} : { personal: [origin] });
const sorted = (values: Iterable<string>): string[] => [...new Set(values)].sort();

/**
 * What was checked is added to a consent in force; one that was withdrawn or has expired begins anew, in the next epoch.
 * A person's decision is always a fact, also when it repeats the one before; policy writes only what is not covered yet.
 */
export function giveConsent(command: GiveConsent, state: ConsentState): ConsentDecision<{ readonly epoch: number }> {
  const goesOn = inForce(state, command.now);
  const epoch = goesOn ? state.epoch : state.epoch + 1;
  const scopes = goesOn ? union(state.scopes, command.scopes) : command.scopes;
  const resources = sorted(goesOn ? [...state.resources, ...command.resources] : command.resources);
  const covered = goesOn && covers(state.scopes, command.scopes) && resources.length === state.resources.length;
  if (covered && (command.basis === 'policy' || command.decisionId === state.decisionId)) return { events: [], outcome: { epoch: state.epoch } };
  const granted: NewConsentEvent = {
    type: 'ConsentGranted',
    version: 1,
    data: {
      sub: command.sub,
      client_id: command.clientId,
      scopes: [...scopes],
      resources,
      basis: command.basis,
      notice: command.notice,
      client_revision: command.clientRevision,
      expires_at: command.expiresAt,
      epoch,
      decision_id: command.decisionId,
      ...command.signIn,
    },
    ...personal(command.origin),
  };
  return { events: [granted], outcome: { epoch } };
}

export function denyConsent(command: ConsentAsked, state: ConsentState): ConsentDecision<{ readonly kind: 'done' }> {
  const { decisionId, sub, clientId, scopes, resources, notice, signIn, origin } = command;
  if (decisionId === state.decisionId) return { events: [], outcome: { kind: 'done' } };
  const denied: NewConsentEvent = {
    type: 'ConsentDenied',
    version: 1,
    data: { sub, client_id: clientId, scopes: [...scopes], resources: [...resources], notice, decision_id: decisionId, ...signIn },
    ...personal(origin),
  };
  return { events: [denied], outcome: { kind: 'done' } };
}

export type ConsentOutcome = { readonly kind: 'done' } | { readonly kind: 'already' } | { readonly kind: 'refused'; readonly reason: 'unknown' | 'not-active' | 'widens' };

/** Scopes of a consent can only be narrowed by command; widening needs the person. Narrowing to nothing is a withdrawal, asked for as such. */
export function narrowConsent(command: { readonly now: Instant; readonly scopes: Scope }, state: ConsentState): ConsentDecision<ConsentOutcome> {
  if (state.status === 'none' || state.status === 'denied') return { events: [], outcome: { kind: 'refused', reason: 'unknown' } };
  if (!inForce(state, command.now)) return { events: [], outcome: { kind: 'refused', reason: 'not-active' } };
  if (sameScope(command.scopes, state.scopes)) return { events: [], outcome: { kind: 'already' } };
  if (command.scopes.length === 0 || !covers(state.scopes, command.scopes)) return { events: [], outcome: { kind: 'refused', reason: 'widens' } };
  return { events: [{ type: 'ConsentScopesChanged', version: 1, data: { scopes: [...command.scopes] } }], outcome: { kind: 'done' } };
}

export function withdrawConsent(command: { readonly reason: string }, state: ConsentState): ConsentDecision<ConsentOutcome> {
  if (state.status === 'none' || state.status === 'denied') return { events: [], outcome: { kind: 'refused', reason: 'unknown' } };
  if (state.status === 'withdrawn') return { events: [], outcome: { kind: 'already' } };
  return { events: [{ type: 'ConsentWithdrawn', version: 1, data: { reason: command.reason } }], outcome: { kind: 'done' } };
}
