import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { displayName } from '#account/queries.ts';
import { denyConsent, giveConsent } from '#consent/give-consent.ts';
import { difference, intersection, type Scope, scopeOf } from '#kernel/scope.ts';
import type { NoticeText } from '#notice/notice-text.ts';
import { noticeHash } from '#notice/publish-notice.ts';
import { servesPage } from '#runtime/config/paths.ts';
import type { Core } from '#runtime/core.ts';
import type { CurrentSession } from '#session/current-session.ts';
import { consentNotice, consentPage } from '#ui/pages/consent.ts';
import type { Locale } from '#ui/pages/locale.ts';
import { pageHeaders } from '#ui/pages/security-headers.ts';
import { type AuthorizationRequest, parseAuthorizationRequest, RedirectedError } from '../authorization/authorization-request.ts';
import { codeMembers, sendErrorToClient, sendToClient } from '../authorization/authorization-response.ts';
import { type Approval, consentDecided, issueCode, type NextStep, nextStep } from '../authorization/interaction.ts';
import { callerOf } from '../caller.ts';
import { csrfToken, isCsrfToken, shownLocale } from '../csrf.ts';
import { OAuthError } from '../errors.ts';
import { queryOf } from '../parameters.ts';
import type { SignedQuery } from '../signed-query.ts';
import { clientView, formFields, ownPages, type PageRequest, pageLocale, pageRequest, requireSignedQuery, resume } from './page-request.ts';

/** Scopes without which the request makes no sense: they cannot be unchecked. */
const requiredScopes = (scope: Scope): Scope => scope.filter((token) => token === 'openid');

/** The words of the page for a request, in a language: what is shown, hashed and recorded. */
function noticeFor(core: Core, request: AuthorizationRequest, scope: Scope, locale: Locale): NoticeText {
  const { state } = request.client;
  const scopes = scope.map((token) => ({ scope: token, description: core.config.scopes[token]?.[locale] ?? core.config.scopes[token]?.['en'] ?? null }));
  return consentNotice({ locale, client: { ...clientView(state, locale), clientId: state.clientId }, scopes });
}

interface ConsentStep {
  readonly page: PageRequest & { readonly browser: string; readonly current: CurrentSession };
  readonly request: AuthorizationRequest;
  readonly scope: Scope;
  readonly step: NextStep;
}

/** The request behind the page, checked anew: client, session and consent may have changed since it was shown. Null: the person must sign in again. */
async function consentStep(core: Core, page: PageRequest, signed: SignedQuery): Promise<ConsentStep | null> {
  const request = await parseAuthorizationRequest(core, signed.query);
  const since = (signed.exp - core.config.lifetimes.oauthQuery) * 1000;
  try {
    const step = await nextStep(core, request, page.current, { since });
    if (step.kind === 'sign-in' || page.current === null || page.browser === null) return null;
    return { page: { ...page, browser: page.browser, current: page.current }, request, scope: step.scope, step };
  } catch (error) {
    throw new RedirectedError(request, error);
  }
}

async function showConsent(core: Core, reply: FastifyReply, { page, request, scope, step }: ConsentStep, oauthQuery: string): Promise<FastifyReply> {
  const locale = pageLocale(request.uiLocales, page);
  const notice = noticeFor(core, request, scope, locale);
  const granted = step.kind === 'consent' && step.consent?.state.status === 'active' ? step.consent.state.scopes : [];
  const html = consentPage({
    notice,
    action: core.paths.consentAction,
    oauthQuery,
    csrf: await csrfToken(core, { browser: page.browser, sessionId: page.current.session.id, locale, about: noticeHash(notice) }),
    accountName: await displayName(core, page.current.account.state),
    requiredScopes: requiredScopes(scope),
    newScopes: difference(scope, granted),
    redirectHost: URL.parse(request.redirectUri)?.host || request.redirectUri.slice(0, request.redirectUri.indexOf(':')),
  });
  return reply.headers(pageHeaders({ formAction: [request.redirectUri, ...ownPages(core)], imgSrc: notice.logo_uri === null ? [] : [notice.logo_uri] })).send(html);
}

/** The consent page and the target of its form. */
export function consentEndpoints(app: FastifyInstance, core: Core): void {
  if (servesPage(core.paths.consentPage)) {
    app.get(core.paths.consentPage, (request, reply) =>
      toClientOnError(core, request, reply, async () => {
        const page = await pageRequest(core, request);
        const oauthQuery = queryOf(request.url);
        const signed = await requireSignedQuery(core, 'consent', page.browser, oauthQuery);
        const step = await consentStep(core, page, signed);
        return step === null ? resume(core, request, reply, page.browser, signed) : showConsent(core, reply, step, oauthQuery);
      }),
    );
  }
  app.post(core.paths.consentAction, (request, reply) => toClientOnError(core, request, reply, () => submitConsent(core, request, reply)));
}

async function toClientOnError(core: Core, request: FastifyRequest, reply: FastifyReply, work: () => Promise<FastifyReply>): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RedirectedError) return sendErrorToClient(core, request, reply, error);
    throw error;
  }
}

async function submitConsent(core: Core, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const page = await pageRequest(core, request);
  const fields = formFields(request);
  const signed = await requireSignedQuery(core, 'consent', page.browser, fields.require('oauth_query'));
  const step = await consentStep(core, page, signed);
  if (step === null) return resume(core, request, reply, page.browser, signed);
  const notice = await agreedNotice(core, step, fields.get('csrf'));
  const accept = fields.get('accept');
  if (accept !== 'true' && accept !== 'false') throw new OAuthError('invalid_request', 'accept must be true or false');
  const asked: Approval = { request: step.request, current: step.page.current, scope: step.scope, caller: callerOf(request, core.trustedProxies) };
  const chosen = takesAll(core, request) ? step.scope : chosenScope(step.scope, fields.all('scope'));
  const accepted = accept === 'true' && (chosen.length > 0 || step.scope.length === 0);
  try {
    return sendToClient(core, request, reply, step.request, codeMembers(await settle(core, asked, accepted ? chosen : null, notice)));
  } catch (error) {
    throw new RedirectedError(step.request, error);
  }
}

/** Records what was decided; answers the code. Null: nothing of it was granted. @throws OAuthError access_denied, once that is recorded */
async function settle(core: Core, asked: Approval, chosen: Scope | null, notice: NoticeText | null): Promise<string> {
  if (chosen === null) {
    await denyConsent(core, consentDecided(core, asked, notice));
    throw new OAuthError('access_denied', 'the resource owner denied the request');
  }
  const approval = { ...asked, scope: chosen };
  return issueCode(core, approval, await giveConsent(core, consentDecided(core, approval, notice), 'person'));
}

/** A script on the operator’s own page that says nothing about scopes takes the request as it is. A form says what was checked, be it nothing. */
const takesAll = (core: Core, { body }: FastifyRequest): boolean => !servesPage(core.paths.consentPage) && typeof body === 'object' && body !== null && !('scope' in body);

/** What was checked, of what was asked for. */
function chosenScope(scope: Scope, checked: readonly string[]): Scope {
  const named = scopeOf(checked.flatMap((value) => value.split(' ')));
  return scopeOf([...intersection(scope, named), ...(named.length > 0 ? requiredScopes(scope) : [])]);
}

/**
 * The text that the person agreed to: the one that this form was made with. Null for a page of the operator’s own, whose words we do not know.
 * @throws OAuthError invalid_request when the form is not ours for this browser and session, or its text has changed since it was shown
 */
async function agreedNotice(core: Core, { page, request, scope }: ConsentStep, csrf: string | null): Promise<NoticeText | null> {
  if (!servesPage(core.paths.consentPage)) return null;
  const locale = shownLocale(csrf);
  const notice = locale === null ? null : noticeFor(core, request, scope, locale);
  const binding = notice === null || locale === null ? null : { browser: page.browser, sessionId: page.current.session.id, locale, about: noticeHash(notice) };
  if (notice === null || binding === null || !(await isCsrfToken(core, csrf, binding))) throw new OAuthError('invalid_request', 'the form is not one of this server’s for this session, or its text has changed; reload the page and decide again');
  return notice;
}
