import type { Decision } from '#kernel/aggregate.ts';
import type { PersonalFields } from '#kernel/event.ts';
import type { Instant } from '#kernel/instant.ts';
import type { AccessTokenFact, ClientAuthenticationFact, NewGrantEvent, RefreshTokenFact } from './events.ts';
import type { GrantState } from './projection.ts';

type GrantDecision<Outcome> = Decision<Outcome, NewGrantEvent>;
type Data<Type extends NewGrantEvent['type']> = Extract<NewGrantEvent, { type: Type }>['data'];

/** Why a code or refresh token gives nothing: all of them `invalid_grant` to the client (RFC 6749 5.2); the word is for log and tests. */
export type Refusal = 'unknown' | 'other_client' | 'redirect_uri' | 'code_verifier' | 'expired' | 'revoked' | 'replayed';
export type Refused = { readonly kind: 'refused'; readonly reason: Refusal };

/** Who asks, and from where. */
export interface Presenter {
  readonly clientId: string;
  readonly authentication: ClientAuthenticationFact;
  readonly origin: PersonalFields | null;
}

const refuse = (reason: Refusal, ...events: NewGrantEvent[]): GrantDecision<Refused> => ({ events, outcome: { kind: 'refused', reason } });
const personal = (origin: PersonalFields | null) => (origin === null ? {} : { personal: [origin] });

type Issued = { readonly kind: 'issued' | 'already' };

interface NewGrant {
  readonly grant: Data<'GrantIssued'>;
  readonly origin: PersonalFields | null;
}

/** A grant is born with what came of it: both facts in one append to a new stream. */
function issue({ grant, origin }: NewGrant, result: NewGrantEvent, state: GrantState): GrantDecision<Issued> {
  if (state.status !== 'none') return { events: [], outcome: { kind: 'already' } };
  return { events: [{ type: 'GrantIssued', version: 1, data: grant, ...personal(origin) }, result], outcome: { kind: 'issued' } };
}

export interface Authorize extends NewGrant {
  readonly code: Data<'AuthorizationCodeIssued'>;
}

/** RFC 6749 4.1.2: grant and code in one append to a new stream. */
export function authorize(command: Authorize, state: GrantState): GrantDecision<Issued> {
  return issue(command, { type: 'AuthorizationCodeIssued', version: 1, data: command.code }, state);
}

export interface GrantByPassword extends NewGrant {
  readonly tokens: Data<'PasswordCredentialsRedeemed'>;
}

/** RFC 6749 4.3: grant and tokens in one append to a new stream. Whether it is allowed at all was decided before. */
export function grantByPassword(command: GrantByPassword, state: GrantState): GrantDecision<Issued> {
  return issue(command, { type: 'PasswordCredentialsRedeemed', version: 1, data: command.tokens }, state);
}

export interface RedeemCode extends Presenter {
  readonly now: Instant;
  /** Hash of the presented code’s secret. */
  readonly hash: string;
  /** Enforced when it was sent; its absence is no error (OAuth 2.1). */
  readonly redirectUri: string | null;
  /** S256 of the presented verifier; null when none was sent. */
  readonly codeChallenge: string | null;
  readonly accessToken: AccessTokenFact;
  readonly refreshToken: RefreshTokenFact | null;
  readonly absoluteExpiresAt: Instant | null;
}

/**
 * RFC 6749 4.1.3, RFC 7636 4.6. A spent code that comes again revokes the grant only when the request would have been valid:
 * who has merely seen a code cannot end other people’s grants.
 */
export function redeemCode(command: RedeemCode, state: GrantState): GrantDecision<{ readonly kind: 'redeemed' } | Refused> {
  const { code } = state;
  if (code === null || code.hash !== command.hash) return refuse('unknown');
  if (state.clientId !== command.clientId) return refuse('other_client');
  if (command.redirectUri !== null && command.redirectUri !== code.redirectUri) return refuse('redirect_uri');
  if (command.codeChallenge !== code.codeChallenge) return refuse('code_verifier');
  if (state.status === 'revoked') return refuse('revoked');
  if (code.redeemed) {
    if (state.accessToken?.jti === command.accessToken.jti) return { events: [], outcome: { kind: 'redeemed' } };
    return refuse(
      'replayed',
      { type: 'AuthorizationCodeReplayed', version: 1, data: { authentication: command.authentication }, ...personal(command.origin) },
      { type: 'GrantRevoked', version: 1, data: { reason: 'code_replayed' } },
    );
  }
  if (code.expiresAt <= command.now) return refuse('expired');
  const data = { access_token: command.accessToken, refresh_token: command.refreshToken, absolute_expires_at: command.absoluteExpiresAt, authentication: command.authentication };
  return { events: [{ type: 'AuthorizationCodeRedeemed', version: 1, data, ...personal(command.origin) }], outcome: { kind: 'redeemed' } };
}

export interface Refresh extends Presenter {
  readonly now: Instant;
  readonly generation: number;
  /** Hash of the presented token’s secret. */
  readonly hash: string;
  readonly accessToken: AccessTokenFact;
  readonly refreshToken: RefreshTokenFact;
  readonly previousUsableUntil: Instant;
}

/**
 * RFC 6749 6, RFC 9700 4.14.2: each use rotates. The newest spent token, within its window, is told the same successor again and nothing is written;
 * any other spent one was stolen, from us or from the client, and the family dies.
 */
export function refresh(command: Refresh, state: GrantState): GrantDecision<{ readonly kind: 'rotated' | 'repeated' } | Refused> {
  const family = state.refresh;
  if (family === null) return refuse('unknown');
  if (state.clientId !== command.clientId) return refuse('other_client');
  if (state.status === 'revoked') return refuse('revoked');
  const { current, spent } = family;
  if (command.generation === current.generation) {
    if (command.hash !== current.hash) return refuse('unknown');
    if (current.expires_at <= command.now || family.absoluteExpiresAt <= command.now) return refuse('expired');
    const data = { access_token: command.accessToken, refresh_token: command.refreshToken, previous_usable_until: command.previousUsableUntil, authentication: command.authentication };
    return { events: [{ type: 'RefreshTokenRotated', version: 1, data, ...personal(command.origin) }], outcome: { kind: 'rotated' } };
  }
  if (command.generation > current.generation) return refuse('unknown');
  if (state.accessToken?.jti === command.accessToken.jti) return { events: [], outcome: { kind: 'repeated' } };
  if (spent !== null && spent.generation === command.generation && spent.hash === command.hash && command.now < spent.usableUntil) {
    return { events: [], outcome: { kind: 'repeated' } };
  }
  return refuse(
    'replayed',
    { type: 'RefreshTokenReplayed', version: 1, data: { generation: command.generation, authentication: command.authentication }, ...personal(command.origin) },
    { type: 'GrantRevoked', version: 1, data: { reason: 'refresh_token_replayed' } },
  );
}

type RevokeOutcome = { readonly kind: 'done' } | { readonly kind: 'already' } | { readonly kind: 'refused'; readonly reason: 'unknown' };

/** RFC 7009 2.1: the grant and all its tokens. */
export function revokeGrant(command: Data<'GrantRevoked'>, state: GrantState): GrantDecision<RevokeOutcome> {
  if (state.status === 'none') return { events: [], outcome: { kind: 'refused', reason: 'unknown' } };
  if (state.status === 'revoked') return { events: [], outcome: { kind: 'already' } };
  return { events: [{ type: 'GrantRevoked', version: 1, data: command }], outcome: { kind: 'done' } };
}

/** RFC 7009 2.1: one access token of the grant, nothing else. One that has expired needs no fact. */
export function revokeAccessToken(command: Data<'AccessTokenRevoked'> & { readonly now: Instant }, state: GrantState): GrantDecision<RevokeOutcome> {
  const { now, ...data } = command;
  if (state.status === 'none') return { events: [], outcome: { kind: 'refused', reason: 'unknown' } };
  const dead = state.status === 'revoked' || data.expires_at <= now || state.revokedAccessTokens.some((token) => token.jti === data.jti);
  return dead ? { events: [], outcome: { kind: 'already' } } : { events: [{ type: 'AccessTokenRevoked', version: 1, data }], outcome: { kind: 'done' } };
}
