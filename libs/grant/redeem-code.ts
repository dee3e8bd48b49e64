import { createHash } from 'node:crypto';
import { secretHash } from '#credentials/credential-keys.ts';
import { subjectKey } from '#credentials/personal-data.ts';
import type { GrantHandle } from '#credentials/sealed-token.ts';
import type { Document } from '#kernel/aggregate.ts';
import { toInstant } from '#ports/clock.ts';
import { type Caller, originFields, originOf } from '#runtime/caller.ts';
import type { Core } from '#runtime/core.ts';
import { redeemCode as decide, type Refused } from './decider.ts';
import type { AccessTokenFact, ClientAuthenticationFact } from './events.ts';
import { firstRefreshToken } from './issue-tokens.ts';
import { type GrantState, grants } from './projection.ts';

export interface RedeemCodeRequest {
  readonly handle: GrantHandle;
  /** The grant as it was read for the policy checks. */
  readonly document: Document<GrantState>;
  readonly clientId: string;
  readonly authentication: ClientAuthenticationFact;
  readonly redirectUri: string | null;
  readonly codeVerifier: string | null;
  readonly accessToken: AccessTokenFact;
  readonly wantsRefreshToken: boolean;
  readonly caller: Caller;
}

/** RFC 7636 4.2: BASE64URL(SHA256(ASCII(code_verifier))). */
export const s256 = (verifier: string): string => createHash('sha256').update(verifier, 'ascii').digest('base64url');

/** Spends a code (RFC 6749 4.1.3): one append decides, however many ask at once. */
export async function redeemCode(core: Core, request: RedeemCodeRequest): Promise<{ readonly outcome: { readonly kind: 'redeemed' } | Refused; readonly document: Document<GrantState> | null }> {
  const { handle, document, clientId, caller } = request;
  const command = {
    now: toInstant(core.clock.now()),
    hash: secretHash(handle.secret),
    clientId,
    authentication: request.authentication,
    origin: originFields(caller, subjectKey(document.state.sub)),
    redirectUri: request.redirectUri,
    codeChallenge: request.codeVerifier === null ? null : s256(request.codeVerifier),
    accessToken: request.accessToken,
    ...(await firstRefreshToken(core, handle.grantId, request.wantsRefreshToken)),
  };
  return core.commands.handle(grants, handle.grantId, decide, command, originOf(caller, { kind: 'client', id: clientId }), { document });
}
