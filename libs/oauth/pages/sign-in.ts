import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { displayName } from '#account/queries.ts';
import type { ClientState } from '#client/projection.ts';
import { servesPage } from '#runtime/config/paths.ts';
import type { Core } from '#runtime/core.ts';
import { signIn, type SignInOutcome } from '#session/sign-in.ts';
import { pageHeaders } from '#ui/pages/security-headers.ts';
import { signInPage } from '#ui/pages/sign-in.ts';
import { signedInPage } from '#ui/pages/signed-in.ts';
import { type AuthorizationRequest, parseAuthorizationRequest, RedirectedError } from '../authorization/authorization-request.ts';
import { callerOf } from '../caller.ts';
import { ensureBrowserId, setCookie } from '../cookies.ts';
import { csrfToken, isCsrfToken } from '../csrf.ts';
import { sendErrorPage } from '../error-page.ts';
import { OAuthError } from '../errors.ts';
import { queryOf } from '../parameters.ts';
import { redirect, wantsJson } from '../redirect.ts';
import { clientView, formFields, ownPages, type PageRequest, pageLocale, pageRequest, requireSignedQuery, resume } from './page-request.ts';

/** A binding that does not depend on the language: nothing that was shown here is agreed to. */
const binding = (browser: string) => ({ browser, sessionId: null, locale: 'en', about: 'sign-in' }) as const;

interface Shown {
  readonly oauthQuery: string | null;
  readonly request: AuthorizationRequest | null;
  readonly username: string;
  readonly problem: Exclude<SignInOutcome, { kind: 'signed-in' }> | null;
}

/** The request behind a signed query; its own errors were answered before it was signed. Null when the client is gone meanwhile. */
async function requestBehind(core: Core, query: string): Promise<AuthorizationRequest | null> {
  return parseAuthorizationRequest(core, query).catch((error: unknown) => {
    if (error instanceof RedirectedError || error instanceof OAuthError) return null;
    throw error;
  });
}

async function showSignIn(core: Core, request: FastifyRequest, reply: FastifyReply, page: PageRequest, shown: Shown): Promise<FastifyReply> {
  const browser = page.browser ?? ensureBrowserId(core, request, reply);
  const locale = pageLocale(shown.request?.uiLocales ?? null, page);
  const client: ClientState | undefined = shown.request?.client.state;
  const view = client === undefined ? null : clientView(client, locale);
  const html = signInPage({
    locale,
    action: core.paths.signInAction,
    oauthQuery: shown.oauthQuery,
    csrf: await csrfToken(core, binding(browser)),
    username: shown.username,
    client: view,
    problem: shown.problem === null ? null : shown.problem.kind === 'throttled' ? 'throttled' : 'credentials',
    ...(shown.problem?.kind === 'throttled' ? { retryAfterSeconds: shown.problem.retryAfterSeconds } : {}),
  });
  const formAction = shown.request === null ? [] : [shown.request.redirectUri, ...ownPages(core)];
  return reply.headers(pageHeaders({ formAction, imgSrc: view?.logoUri ? [view.logoUri] : [] })).send(html);
}

/** The sign-in page and the target of its form. */
export function signInEndpoints(app: FastifyInstance, core: Core): void {
  if (servesPage(core.paths.signInPage)) {
    app.get(core.paths.signInPage, async (request, reply) => {
      const page = await pageRequest(core, request);
      const oauthQuery = queryOf(request.url);
      if (!/(?:^|&)(?:client_id|exp|sig)=/.test(oauthQuery)) return showWithoutRequest(core, request, reply, page);
      const { query } = await requireSignedQuery(core, 'sign-in', page.browser, oauthQuery);
      const behind = await requestBehind(core, query);
      return showSignIn(core, request, reply, page, { oauthQuery, request: behind, username: behind?.loginHint ?? '', problem: null });
    });
  }
  app.post(core.paths.signInAction, (request, reply) => submitSignIn(core, request, reply));
}

async function showWithoutRequest(core: Core, request: FastifyRequest, reply: FastifyReply, page: PageRequest): Promise<FastifyReply> {
  if (page.current === null) return showSignIn(core, request, reply, page, { oauthQuery: null, request: null, username: '', problem: null });
  const accountName = await displayName(core, page.current.account.state);
  return reply.headers(pageHeaders({})).send(signedInPage({ locale: pageLocale(null, page), accountName }));
}

async function submitSignIn(core: Core, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const page = await pageRequest(core, request);
  const fields = formFields(request);
  const oauthQuery = fields.get('oauth_query');
  const signed = oauthQuery === null ? null : await requireSignedQuery(core, 'sign-in', page.browser, oauthQuery);
  // A page of the operator’s own cannot make our token: there the signed query, bound to the browser, stands for it.
  const queryStandsForCsrf = signed !== null && !servesPage(core.paths.signInPage);
  if (!queryStandsForCsrf && (page.browser === null || !(await isCsrfToken(core, fields.get('csrf'), binding(page.browser))))) {
    throw new OAuthError('invalid_request', 'the form is not one of this server’s for this browser; reload the page and try again');
  }
  const username = fields.get('username') ?? fields.get('email') ?? '';
  const outcome = await signIn(core, { username, password: fields.get('password') ?? '', current: page.current, caller: callerOf(request, core.trustedProxies) });
  if (outcome.kind === 'signed-in') {
    setCookie(core, reply, 'session', outcome.cookie);
    return signed === null ? redirect(core, request, reply, core.paths.signInPage) : resume(core, request, reply, page.browser, signed);
  }
  const status = outcome.kind === 'throttled' ? 429 : 401;
  request.log.info({ outcome: outcome.kind }, 'sign-in refused');
  reply.code(status);
  if (outcome.kind === 'throttled') reply.header('retry-after', outcome.retryAfterSeconds);
  if (wantsJson(request)) return reply.header('cache-control', 'no-store').send({ error: 'access_denied', error_description: outcome.kind === 'throttled' ? 'too many failed sign-ins; wait' : 'user name or password is wrong' });
  if (!servesPage(core.paths.signInPage)) return sendErrorPage(request, reply, new OAuthError('access_denied', 'user name or password is wrong, or there were too many tries', { status }));
  return showSignIn(core, request, reply, page, { oauthQuery, request: signed === null ? null : await requestBehind(core, signed.query), username, problem: outcome });
}
