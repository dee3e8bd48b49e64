import { type AccountState, accounts } from '#account/projection.ts';
import { type ClientState, clients } from '#client/projection.ts';
import { type ConsentState, consents, inForce } from '#consent/projection.ts';
import type { GrantState } from '#grant/projection.ts';
import type { Document } from '#kernel/aggregate.ts';
import { intersection, type Scope } from '#kernel/scope.ts';
import { toInstant } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import { isAlive } from '#session/activity.ts';
import { type SessionState, sessions } from '#session/projection.ts';

/** Why a grant gives nothing now although it was not revoked itself. */
export type Lapse = 'client_gone' | 'client_disabled' | 'account_disabled' | 'account_epoch' | 'consent_ended' | 'consent_epoch' | 'session_ended' | 'grant_revoked';

export interface Standing {
  readonly lapse: Lapse | null;
  /** What of the grant's scope the consent still covers. */
  readonly scope: Scope;
  readonly client: Document<ClientState> | null;
  readonly account: Document<AccountState> | null;
  /** The sign-in session that the grant is bound to; null for a grant that is not. */
  readonly session: Document<SessionState> | null;
}

/**
 * Whether a grant stands, decided in this one place for every path that could honour it: redemption, refresh, introspection, userinfo.
 * Grant, client, consent, account and session must all agree; a document older than the approval saw is read from its stream.
 */
export async function standingOf(core: Core, grant: GrantState): Promise<Standing> {
  const { commands } = core;
  const { revisions } = grant;
  const [client, consent, account, session] = await Promise.all([
    commands.load(clients, grant.clientId, revisions.client),
    commands.load(consents, grant.consentId, revisions.consent),
    commands.load(accounts, grant.sub, revisions.account),
    grant.sessionBound && grant.sessionId !== null ? commands.load(sessions, grant.sessionId, revisions.session) : null,
  ]);
  const scope = intersection(grant.scope, consent?.state.scopes ?? []);
  const lapse = lapseOf(core, grant, client?.state, consent?.state, account?.state) ?? (await sessionLapse(core, grant, session, account?.state));
  return { lapse, scope, client, account, session };
}

function lapseOf(core: Core, grant: GrantState, client?: ClientState, consent?: ConsentState, account?: AccountState): Lapse | null {
  if (client === undefined || client.status === 'deleted' || client.status === 'none') return 'client_gone';
  if (client.status === 'disabled') return 'client_disabled';
  if (account === undefined || account.status !== 'active') return 'account_disabled';
  if (account.epoch !== grant.accountEpoch) return 'account_epoch';
  if (consent === undefined || !inForce(consent, toInstant(core.clock.now()))) return 'consent_ended';
  if (consent.epoch !== grant.consentEpoch) return 'consent_epoch';
  return grant.status === 'active' ? null : 'grant_revoked';
}

async function sessionLapse(core: Core, grant: GrantState, session: Document<SessionState> | null, account: AccountState | undefined): Promise<Lapse | null> {
  if (!grant.sessionBound) return null;
  return session !== null && account !== undefined && (await isAlive(core, session, account)) ? null : 'session_ended';
}
