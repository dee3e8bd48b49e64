import type { ConsentState } from '#consent/projection.ts';
import type { Document } from '#kernel/aggregate.ts';
import type { Scope } from '#kernel/scope.ts';
import type { Caller } from '#runtime/caller.ts';
import type { SignedIn } from '#session/current-session.ts';
import type { NewGrantEvent } from './events.ts';

/** What a resource owner approved, or policy for them: all that a grant is made from. */
export interface Approval {
  readonly signedIn: SignedIn;
  readonly clientId: string;
  readonly clientRevision: number;
  readonly consent: Document<ConsentState>;
  readonly scope: Scope;
  readonly resources: readonly string[];
  readonly caller: Caller;
}

type GrantFact = Extract<NewGrantEvent, { type: 'GrantIssued' }>['data'];

/** Whether what is issued ends with the session: an OpenID request without `offline_access` (interface.md). Without a session there is nothing to end with. */
const isSessionBound = ({ scope, signedIn }: Approval): boolean => signedIn.session !== null && scope.includes('openid') && !scope.includes('offline_access');

/** The fact of a grant: with the epochs and revisions that the approval was decided on. */
export function grantFact(flow: GrantFact['flow'], approval: Approval): GrantFact {
  const { consent } = approval;
  const { account, session, authTime, acr, amr } = approval.signedIn;
  return {
    flow,
    client_id: approval.clientId,
    sub: account.state.sub,
    scope: [...approval.scope],
    resources: [...approval.resources],
    consent_id: consent.id,
    consent_epoch: consent.state.epoch,
    account_epoch: account.state.epoch,
    session_id: session?.id ?? null,
    revisions: { client: approval.clientRevision, consent: consent.revision, account: account.revision, session: session?.revision ?? -1 },
    session_bound: isSessionBound(approval),
    auth_time: authTime,
    acr,
    amr: [...amr],
  };
}
