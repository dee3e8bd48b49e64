import { secretHash } from '#credentials/credential-keys.ts';
import { subjectKey } from '#credentials/personal-data.ts';
import { sealCode } from '#credentials/sealed-token.ts';
import type { ConsentState } from '#consent/projection.ts';
import type { Document } from '#kernel/aggregate.ts';
import type { Scope } from '#kernel/scope.ts';
import { type Caller, originFields, originOf } from '#runtime/caller.ts';
import { toInstant } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import type { CurrentSession } from '#session/current-session.ts';
import { authorize as decide } from './decider.ts';
import { grants } from './projection.ts';

export interface Approval {
  readonly current: CurrentSession;
  readonly clientId: string;
  readonly clientRevision: number;
  readonly consent: Document<ConsentState>;
  readonly scope: Scope;
  readonly resources: readonly string[];
  readonly redirectUri: string;
  readonly codeChallenge: string | null;
  readonly nonce: string | null;
  readonly caller: Caller;
}

/** Whether what is issued ends with the session: an OpenID request without `offline_access` (interface.md). */
const isSessionBound = (scope: Scope): boolean => scope.includes('openid') && !scope.includes('offline_access');

/** Turns an approval into a grant and its authorization code (RFC 6749 4.1.2): one append, a new stream. Answers the code. */
export async function authorize(core: Core, approval: Approval): Promise<string> {
  const { current, consent, caller } = approval;
  const { session, account } = current;
  const { sub } = account.state;
  const grantId = core.random.uuid();
  const key = await core.credentialKeys.active();
  const secret = core.random.bytes(32);
  const command = {
    grant: {
      flow: 'authorization_code' as const,
      client_id: approval.clientId,
      sub,
      scope: [...approval.scope],
      resources: [...approval.resources],
      consent_id: consent.id,
      consent_epoch: consent.state.epoch,
      account_epoch: account.state.epoch,
      session_id: session.id,
      revisions: { client: approval.clientRevision, consent: consent.revision, account: account.revision, session: session.revision },
      session_bound: isSessionBound(approval.scope),
      auth_time: session.state.authTime,
      acr: session.state.acr,
      amr: [...session.state.amr],
    },
    code: {
      hash: secretHash(secret),
      key_id: key.id,
      redirect_uri: approval.redirectUri,
      code_challenge: approval.codeChallenge,
      nonce: approval.nonce,
      expires_at: toInstant(core.clock.now() + core.config.lifetimes.authorizationCode * 1000),
    },
    origin: originFields(caller, subjectKey(sub)),
  };
  const { document } = await core.commands.handle(grants, grantId, decide, command, originOf(caller, { kind: 'account', id: sub }), { document: null });
  return sealCode(key, core.random, { grantId, revision: document?.revision ?? 0 }, secret);
}
