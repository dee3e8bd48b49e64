import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { revokeGrant as decide } from './decider.ts';
import { grants } from './projection.ts';

/** Ends a grant with everything issued under it (RFC 7009 2.1). */
export async function revokeGrant(core: Core, grantId: string, reason: 'revoked_by_client' | 'revoked_by_account' | 'revoked_by_admin', origin: Origin, atLeast = 0): Promise<'done' | 'already' | 'unknown'> {
  const { outcome } = await core.commands.handle(grants, grantId, decide, { reason }, origin, { atLeast });
  return outcome.kind === 'refused' ? 'unknown' : outcome.kind;
}
