import type { Aggregate } from '#kernel/aggregate.ts';
import type { Instant } from '#kernel/instant.ts';
import { type Scope, scopeOf } from '#kernel/scope.ts';
import { type AccessTokenFact, GRANT_EVENTS, type GrantEvent, type RefreshTokenFact } from './events.ts';

/** The code of a grant, from its issue to the end of the grant. */
export interface CodeState {
  readonly hash: string;
  readonly redirectUri: string;
  readonly codeChallenge: string | null;
  readonly nonce: string | null;
  readonly expiresAt: Instant;
  readonly redeemed: boolean;
}

/** The refresh family of a grant: the live token, and the newest spent one, which may still repeat its answer. */
export interface RefreshState {
  readonly current: RefreshTokenFact;
  /** Revision of the event that issued the live token; sealed into it. */
  readonly revision: number;
  readonly absoluteExpiresAt: Instant;
  readonly spent: { readonly generation: number; readonly hash: string; readonly usableUntil: Instant } | null;
}

export interface GrantState {
  readonly status: 'none' | 'active' | 'revoked';
  readonly flow: 'authorization_code' | 'password';
  readonly clientId: string;
  readonly sub: string;
  readonly scope: Scope;
  readonly resources: readonly string[];
  readonly consentId: string;
  readonly consentEpoch: number;
  readonly accountEpoch: number;
  readonly sessionId: string | null;
  readonly sessionBound: boolean;
  /** Revisions that the approval was decided on: an older document of them is not believed. */
  readonly revisions: { readonly client: number; readonly consent: number; readonly account: number; readonly session: number };
  readonly authTime: Instant;
  readonly acr: string;
  readonly amr: readonly string[];
  readonly issuedAt: Instant;
  readonly code: CodeState | null;
  readonly refresh: RefreshState | null;
  /** The newest access token: what a repeated answer repeats. */
  readonly accessToken: AccessTokenFact | null;
  /** Revision of the event that issued it. */
  readonly accessTokenRevision: number;
  /** Access tokens revoked on their own that have not expired. */
  readonly revokedAccessTokens: readonly { readonly jti: string; readonly expiresAt: Instant }[];
}

const initial: GrantState = {
  status: 'none',
  flow: 'authorization_code',
  clientId: '',
  sub: '',
  scope: [],
  resources: [],
  consentId: '',
  consentEpoch: 0,
  accountEpoch: 0,
  sessionId: null,
  sessionBound: false,
  revisions: { client: -1, consent: -1, account: -1, session: -1 },
  authTime: '',
  acr: '',
  amr: [],
  issuedAt: '',
  code: null,
  refresh: null,
  accessToken: null,
  accessTokenRevision: -1,
  revokedAccessTokens: [],
};

/** The tokens that a grant begins with, whatever it was redeemed by. */
function firstTokens({ data, revision }: Extract<GrantEvent, { type: 'AuthorizationCodeRedeemed' | 'PasswordCredentialsRedeemed' }>): Pick<GrantState, 'refresh' | 'accessToken' | 'accessTokenRevision'> {
  const { access_token, refresh_token, absolute_expires_at } = data;
  const refresh = refresh_token === null ? null : { current: refresh_token, revision, absoluteExpiresAt: absolute_expires_at ?? refresh_token.expires_at, spent: null };
  return { refresh, accessToken: access_token, accessTokenRevision: revision };
}

function evolve(state: GrantState, event: GrantEvent): GrantState {
  switch (event.type) {
    case 'GrantIssued': {
      const { data } = event;
      return {
        ...initial,
        status: 'active',
        flow: data.flow,
        clientId: data.client_id,
        sub: data.sub,
        scope: scopeOf(data.scope),
        resources: data.resources,
        consentId: data.consent_id,
        consentEpoch: data.consent_epoch,
        accountEpoch: data.account_epoch,
        sessionId: data.session_id,
        sessionBound: data.session_bound,
        revisions: data.revisions,
        authTime: data.auth_time,
        acr: data.acr,
        amr: data.amr,
        issuedAt: event.time,
      };
    }
    case 'AuthorizationCodeIssued': {
      const { hash, redirect_uri, code_challenge, nonce, expires_at } = event.data;
      return { ...state, code: { hash, redirectUri: redirect_uri, codeChallenge: code_challenge, nonce, expiresAt: expires_at, redeemed: false } };
    }
    case 'AuthorizationCodeRedeemed':
      return { ...state, ...firstTokens(event), code: state.code === null ? null : { ...state.code, redeemed: true } };
    case 'PasswordCredentialsRedeemed':
      return { ...state, ...firstTokens(event) };
    case 'RefreshTokenRotated': {
      if (state.refresh === null) return state;
      const { access_token, refresh_token, previous_usable_until } = event.data;
      const { current } = state.refresh;
      // Without a grace window there is none for those either who asked a moment before this was recorded.
      const spent = previous_usable_until > event.time ? { generation: current.generation, hash: current.hash, usableUntil: previous_usable_until } : null;
      return { ...state, refresh: { ...state.refresh, current: refresh_token, revision: event.revision, spent }, accessToken: access_token, accessTokenRevision: event.revision };
    }
    case 'AccessTokenRevoked': {
      const live = state.revokedAccessTokens.filter((token) => token.expiresAt > event.time);
      return { ...state, revokedAccessTokens: [...live, { jti: event.data.jti, expiresAt: event.data.expires_at }] };
    }
    case 'GrantRevoked':
      return { ...state, status: state.status === 'none' ? 'none' : 'revoked' };
    case 'AuthorizationCodeReplayed':
    case 'RefreshTokenReplayed':
      return state;
    default:
      event satisfies never;
      return state;
  }
}

export const grants: Aggregate<GrantState, GrantEvent> = {
  category: 'grant',
  collection: 'grants',
  events: GRANT_EVENTS,
  initial,
  evolve,
  indexed: (state) => ({ sub: state.sub, clientId: state.clientId, status: state.status, expiresAt: null }),
};
