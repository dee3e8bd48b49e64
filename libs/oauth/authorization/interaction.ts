import { type ConsentState, consents, inForce } from '#consent/projection.ts';
import { type ConsentDecided, consentIdOf, giveConsent } from '#consent/give-consent.ts';
import { authorize } from '#grant/authorize.ts';
import type { Document } from '#kernel/aggregate.ts';
import { covers, type Scope } from '#kernel/scope.ts';
import type { NoticeText } from '#notice/notice-text.ts';
import { toInstant, toMilliseconds } from '#ports/clock.ts';
import type { Core } from '#runtime/core.ts';
import { type CurrentSession, signedInBy } from '#session/current-session.ts';
import type { Caller } from '#runtime/caller.ts';
import { OAuthError } from '../errors.ts';
import { assuredRedirectUri } from '#client/redirect-uri.ts';
import { isManagementScope, requestedResources } from '../resources.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

/** What an authorization request needs next. */
export type NextStep =
  | { readonly kind: 'sign-in' }
  | { readonly kind: 'consent'; readonly scope: Scope; readonly consent: Document<ConsentState> | null }
  | { readonly kind: 'approved'; readonly scope: Scope; readonly consent: Document<ConsentState> }
  | { readonly kind: 'approved-by-policy'; readonly scope: Scope };

/** How the person came here: `since` (milliseconds) is when this request was first seen; null while it has sent nobody to a page yet. */
export interface Visit {
  readonly since: number | null;
}

const signedInFor = (current: CurrentSession, visit: Visit): boolean => visit.since !== null && toMilliseconds(current.session.state.authTime) >= visit.since;

/** Why the session does not do for this request (OpenID Connect Core 3.1.2.3); null when it does. */
export function signInNeeded(core: Core, request: AuthorizationRequest, current: CurrentSession | null, visit: Visit): string | null {
  if (current === null) return 'nobody is signed in';
  const isFresh = signedInFor(current, visit);
  const wantsSignIn = request.prompt.includes('login') || request.prompt.includes('select_account');
  if (wantsSignIn && !isFresh) return 'the client wants a new sign-in';
  const age = core.clock.now() - toMilliseconds(current.session.state.authTime);
  const isTooOld = request.maxAge !== null && (request.maxAge === 0 || age > request.maxAge * 1000);
  if (isTooOld && !isFresh) return 'the sign-in is older than max_age';
  if (request.hintedSub !== null && request.hintedSub !== current.account.state.sub) return 'the client means another person';
  return null;
}

/** Scopes this person can be asked for: those of management only where the account is an administrator’s. @throws OAuthError access_denied when nothing is left */
function grantableScope(request: AuthorizationRequest, current: CurrentSession): Scope {
  const scope = current.account.state.admin ? request.scope : request.scope.filter((token) => !isManagementScope(token));
  if (scope.length === 0 && request.scope.length > 0) throw new OAuthError('access_denied', 'management scopes are for administrators');
  return scope;
}

/**
 * Whether a consent given before may answer without asking: the same scopes and resources, and a client that nobody else can pose as.
 * A public client on a loopback or private-use redirect URI could be any program on the device (RFC 8252 8.6).
 */
function isCovered(core: Core, request: AuthorizationRequest, scope: Scope, consent: Document<ConsentState> | null): consent is Document<ConsentState> {
  if (consent === null || !inForce(consent.state, toInstant(core.clock.now()))) return false;
  return covers(consent.state.scopes, scope) && requestedResources(core, request.namedResources, scope).every((resource) => consent.state.resources.includes(resource));
}

const isAssured = (request: AuthorizationRequest): boolean =>
  request.client.state.metadata.token_endpoint_auth_method !== 'none' || assuredRedirectUri(request.redirectUri);

/**
 * Decides what comes next for a request whose parameters are good.
 * @throws OAuthError login_required, consent_required (prompt=none), access_denied
 */
export async function nextStep(core: Core, request: AuthorizationRequest, current: CurrentSession | null, visit: Visit): Promise<NextStep> {
  const silent = request.prompt.includes('none');
  const needed = signInNeeded(core, request, current, visit);
  if (needed !== null || current === null) {
    if (silent) throw new OAuthError('login_required', needed ?? 'nobody is signed in');
    // Having signed in for this very request, the person still is not the one the client means.
    if (current !== null && signedInFor(current, visit)) throw new OAuthError('login_required', 'the person who signed in is not the one of id_token_hint');
    return { kind: 'sign-in' };
  }
  const scope = grantableScope(request, current);
  const consent = await core.commands.load(consents, await consentIdOf(core, current.account.state.sub, request.client.id));
  const mustAsk = request.prompt.includes('consent');
  if (!mustAsk && isAssured(request) && isCovered(core, request, scope, consent)) return { kind: 'approved', scope, consent };
  // Without a page nobody would notice that another program poses as the client: silently only where that cannot be (protocol.md).
  const byPolicy = request.client.state.metadata.skip_consent && (!silent || isAssured(request));
  if (!mustAsk && byPolicy) return { kind: 'approved-by-policy', scope };
  if (silent) throw new OAuthError('consent_required', 'the person has not agreed to this yet');
  return { kind: 'consent', scope, consent };
}

/** What the person, or policy for them, agrees to: of the request’s scope the part that is granted. */
export interface Approval {
  readonly request: AuthorizationRequest;
  readonly current: CurrentSession;
  readonly scope: Scope;
  readonly caller: Caller;
}

/** The resources of an approval: scopes that are not granted take the resource that they alone imply with them. */
const resourcesOf = (core: Core, { request, scope }: Approval): readonly string[] => requestedResources(core, request.namedResources, scope);

/** Issues the code for an approved request. */
export async function issueCode(core: Core, approval: Approval, consent: Document<ConsentState>): Promise<string> {
  const { request, current, scope, caller } = approval;
  const { client, redirectUri, codeChallenge, nonce } = request;
  return authorize(core, { signedIn: signedInBy(current), clientId: client.id, clientRevision: client.revision, consent, scope, resources: resourcesOf(core, approval), redirectUri, codeChallenge, nonce, caller });
}

/** An approval in the terms of the consent that it makes, or refuses. */
export function consentDecided(core: Core, approval: Approval, notice: NoticeText | null): ConsentDecided {
  const { request, current, scope, caller } = approval;
  return { signedIn: signedInBy(current), clientId: request.client.id, clientRevision: request.client.revision, scopes: scope, resources: resourcesOf(core, approval), notice, caller };
}

/** The consent that policy gives where the client’s registration says so: recorded like any other, with its basis. */
export const consentByPolicy = (core: Core, approval: Approval): Promise<Document<ConsentState>> => giveConsent(core, consentDecided(core, approval, null), 'policy');
