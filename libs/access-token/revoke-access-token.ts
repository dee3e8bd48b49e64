import { secretHash } from '#credentials/credential-keys.ts';
import { revokeAccessToken as decideInGrant } from '#grant/decider.ts';
import { grants } from '#grant/projection.ts';
import { toInstant } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { revokeAccessToken as decide } from './decider.ts';
import { accessTokens } from './projection.ts';

export interface TokenToRevoke {
  readonly jti: string;
  readonly clientId: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly grant: { readonly id: string; readonly revision: number } | null;
}

/** Ends one access token (RFC 7009 2.1). When it resolves, every introspection answers inactive. @throws StoreUnavailable: not revoked, or not known to be */
export async function revokeAccessToken(core: Core, { jti, clientId, expiresAt, grant }: TokenToRevoke, origin: Origin): Promise<void> {
  if (grant === null) {
    await core.commands.handle(accessTokens, secretHash(jti), decide, { jti, clientId, expiresAt: toInstant(expiresAt) }, origin);
    return;
  }
  const command = { jti, client_id: clientId, expires_at: toInstant(expiresAt), now: toInstant(core.clock.now()) };
  await core.commands.handle(grants, grant.id, decideInGrant, command, origin, { atLeast: grant.revision });
}
