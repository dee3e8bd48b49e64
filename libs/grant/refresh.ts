import { secretHash } from '#credentials/credential-keys.ts';
import { subjectKey } from '#credentials/personal-data.ts';
import type { GrantHandle } from '#credentials/sealed-token.ts';
import type { Document } from '#kernel/aggregate.ts';
import { type Caller, originFields, originOf } from '#runtime/caller.ts';
import { toInstant, toMilliseconds } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import { refresh as decide, type Refused } from './decider.ts';
import type { AccessTokenFact, ClientAuthenticationFact } from './events.ts';
import { refreshTokenFact } from './issue-tokens.ts';
import { type GrantState, grants } from './projection.ts';

export interface RefreshRequest {
  readonly handle: GrantHandle;
  readonly document: Document<GrantState>;
  readonly clientId: string;
  readonly authentication: ClientAuthenticationFact;
  readonly accessToken: AccessTokenFact;
  readonly caller: Caller;
}

/** Spends a refresh token for its successor (RFC 6749 6). `repeated`: it was spent a moment ago, the successor is the one in the document. */
export async function refresh(core: Core, request: RefreshRequest): Promise<{ readonly outcome: { readonly kind: 'rotated' | 'repeated' } | Refused; readonly document: Document<GrantState> | null }> {
  const { handle, document, clientId, caller } = request;
  // Like the event's own time: a clock that was set back must not end the grace window before it begins.
  const now = Math.max(core.clock.now(), toMilliseconds(document.time));
  const { refreshToken: idle, refreshTokenGrace: grace } = core.config.lifetimes;
  const absolute = toMilliseconds(document.state.refresh?.absoluteExpiresAt ?? toInstant(now));
  const command = {
    now: toInstant(now),
    generation: handle.generation,
    hash: secretHash(handle.secret),
    clientId,
    authentication: request.authentication,
    origin: originFields(caller, subjectKey(document.state.sub)),
    accessToken: request.accessToken,
    refreshToken: await refreshTokenFact(core, handle.grantId, handle.generation + 1, Math.min(now + idle * 1000, absolute)),
    previousUsableUntil: toInstant(now + grace * 1000),
  };
  return core.commands.handle(grants, handle.grantId, decide, command, originOf(caller, { kind: 'client', id: clientId }), { document });
}
