import { subjectKey } from '#credentials/personal-data.ts';
import type { Document } from '#kernel/aggregate.ts';
import { originFields, originOf } from '#runtime/caller.ts';
import type { Core } from '#runtime/core.ts';
import { type Approval, grantFact } from './approval.ts';
import { grantByPassword as decide } from './decider.ts';
import type { AccessTokenFact, ClientAuthenticationFact } from './events.ts';
import { firstRefreshToken } from './issue-tokens.ts';
import { type GrantState, grants } from './projection.ts';

export interface PasswordGrantRequest extends Approval {
  readonly authentication: ClientAuthenticationFact;
  readonly accessToken: AccessTokenFact;
  readonly wantsRefreshToken: boolean;
}

/** A grant and its first tokens for a password that was verified (RFC 6749 4.3): one append, a new stream. Each use is logged as a warning. */
export async function grantByPassword(core: Core, request: PasswordGrantRequest): Promise<Document<GrantState>> {
  const { signedIn, clientId, caller } = request;
  const { sub } = signedIn.account.state;
  const grantId = core.random.uuid();
  const { refreshToken, absoluteExpiresAt } = await firstRefreshToken(core, grantId, request.wantsRefreshToken);
  const tokens = { access_token: request.accessToken, refresh_token: refreshToken, absolute_expires_at: absoluteExpiresAt, authentication: request.authentication };
  const command = { grant: grantFact('password', request), tokens, origin: originFields(caller, subjectKey(sub)) };
  const { document } = await core.commands.handle(grants, grantId, decide, command, originOf(caller, { kind: 'account', id: sub }), { document: null });
  if (document === null) throw new Error('a grant was issued and is not there');
  core.log.warn({ client_id: clientId, sub, grant_id: grantId }, 'the password grant was used');
  return document;
}
