import { hashFor } from '#credentials/credential-keys.ts';
import { subjectKey } from '#credentials/personal-data.ts';
import type { Document } from '#kernel/aggregate.ts';
import type { Scope } from '#kernel/scope.ts';
import { publishNotice } from '#notice/publish-notice.ts';
import type { NoticeText } from '#notice/notice-text.ts';
import { type Caller, originFields, originOf } from '#runtime/caller.ts';
import { toInstant } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import type { SignedIn } from '#session/current-session.ts';
import { type ConsentAsked, denyConsent as decideDeny, giveConsent as decideGive } from './decider.ts';
import { type ConsentState, consents } from './projection.ts';

/** What a person decided about a client, or policy for them. */
export interface ConsentDecided {
  readonly signedIn: SignedIn;
  readonly clientId: string;
  readonly clientRevision: number;
  readonly scopes: Scope;
  readonly resources: readonly string[];
  /** The text that was shown; null where policy decided, or a page of the operator’s own showed its own words. */
  readonly notice: NoticeText | null;
  readonly caller: Caller;
}

/** The consent of a person to a client: always the same id for the same two, and nobody else can work it out. */
export async function consentIdOf(core: Core, sub: string, clientId: string): Promise<string> {
  return hashFor(core.keyring, 'consent', `${sub}\n${clientId}`);
}

async function asked(core: Core, decided: ConsentDecided): Promise<ConsentAsked> {
  const { notice, caller } = decided;
  const { session, account, authTime, acr, amr } = decided.signedIn;
  const origin = originOf(caller, { kind: 'account', id: account.state.sub });
  const hash = notice === null ? null : await publishNotice(core, notice, origin);
  return {
    decisionId: core.random.uuid(),
    sub: account.state.sub,
    clientId: decided.clientId,
    scopes: decided.scopes,
    resources: decided.resources,
    notice: notice === null || hash === null ? null : { hash, version: notice.page_version, language: notice.language },
    signIn: { session_id: session?.id ?? null, auth_time: authTime, acr, amr: [...amr] },
    origin: originFields(caller, subjectKey(account.state.sub)),
  };
}

/** Records a consent; the text that was shown is in the log before it. Answers the consent as it is then. */
export async function giveConsent(core: Core, decided: ConsentDecided, basis: 'person' | 'policy'): Promise<Document<ConsentState>> {
  const consent = await asked(core, decided);
  const command = { ...consent, now: toInstant(core.clock.now()), basis, clientRevision: decided.clientRevision, expiresAt: null };
  const actor = basis === 'person' ? { kind: 'account' as const, id: consent.sub } : { kind: 'system' as const, id: null };
  const { document } = await core.commands.handle(consents, await consentIdOf(core, consent.sub, decided.clientId), decideGive, command, originOf(decided.caller, actor));
  if (document === null) throw new Error('a consent was given and is not there');
  return document;
}

/** Records that the person said no. */
export async function denyConsent(core: Core, decided: ConsentDecided): Promise<void> {
  const consent = await asked(core, decided);
  await core.commands.handle(consents, await consentIdOf(core, consent.sub, decided.clientId), decideDeny, consent, originOf(decided.caller, { kind: 'account', id: consent.sub }));
}
