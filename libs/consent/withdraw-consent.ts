import type { Scope } from '#kernel/scope.ts';
import { toInstant } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { type ConsentOutcome, narrowConsent as decideNarrow, withdrawConsent as decideWithdraw } from './decider.ts';
import { consents } from './projection.ts';

/** Ends a consent, and with it all its grants for good. When it resolves, every path says no. @throws StoreUnavailable: ask again, repeating is harmless */
export async function withdrawConsent(core: Core, consentId: string, reason: string, origin: Origin): Promise<ConsentOutcome> {
  return (await core.commands.handle(consents, consentId, decideWithdraw, { reason }, origin)).outcome;
}

/** Takes scopes out of a consent; live tokens follow at once. */
export async function narrowConsent(core: Core, consentId: string, scopes: Scope, origin: Origin): Promise<ConsentOutcome> {
  return (await core.commands.handle(consents, consentId, decideNarrow, { now: toInstant(core.clock.now()), scopes }, origin)).outcome;
}
