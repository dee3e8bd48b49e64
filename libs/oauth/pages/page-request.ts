import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ClientState } from '#client/projection.ts';
import { servesPage } from '#runtime/config/paths.ts';
import type { Core } from '#runtime/core.ts';
import { type CurrentSession, currentSession } from '#session/current-session.ts';
import type { ClientView } from '#ui/pages/client-view.ts';
import { type Locale, negotiateLocale } from '#ui/pages/locale.ts';
import { browserId, readCookie } from '../cookies.ts';
import { OAuthError } from '../errors.ts';
import { NO_PARAMETERS, type Parameters, parametersFromJson, parseParameters } from '../parameters.ts';
import { redirect } from '../redirect.ts';
import { openQuery, type Purpose, type SignedQuery, signQuery } from '../signed-query.ts';

/** What every page and form of the authorization flow starts from. */
export interface PageRequest {
  readonly browser: string | null;
  readonly current: CurrentSession | null;
  readonly acceptLanguage: string | null;
}

export async function pageRequest(core: Core, request: FastifyRequest): Promise<PageRequest> {
  return {
    browser: browserId(core, request),
    current: await currentSession(core, readCookie(core, request, 'session')),
    acceptLanguage: request.headers['accept-language'] ?? null,
  };
}

/** @throws OAuthError invalid_request: changed, expired, meant for another page, or from another browser; nothing has happened then */
export async function requireSignedQuery(core: Core, purpose: Purpose, browser: string | null, text: string): Promise<SignedQuery> {
  const opened = await openQuery(core, purpose, browser, text);
  if (opened === null) throw new OAuthError('invalid_request', 'this page has expired, was changed on its way, or was opened in another browser; go back to the application and start again (cookies must be allowed)');
  return opened;
}

/** Back to the authorization endpoint, which knows what the request needs next. */
export async function resume(core: Core, request: FastifyRequest, reply: FastifyReply, browser: string | null, { query, exp }: SignedQuery): Promise<FastifyReply> {
  return redirect(core, request, reply, `${core.paths.authorization}?${await signQuery(core, 'resume', browser ?? '', query, exp)}`);
}

/** The fields of a form, or the members of a JSON body. @throws OAuthError invalid_request */
export function formFields(request: FastifyRequest): Parameters {
  if (typeof request.body === 'string') return parseParameters(request.body);
  return request.body === null || request.body === undefined ? NO_PARAMETERS : parametersFromJson(request.body);
}

/** Pages of the operator’s own, which a redirect that follows a form may lead to: browsers hold that against form-action. */
export const ownPages = (core: Core): readonly string[] => [core.paths.signInPage, core.paths.consentPage].filter((page) => !servesPage(page));

/** The language of a page: what the request asks for, else what the browser prefers. */
export const pageLocale = (uiLocales: string | null, page: PageRequest): Locale => negotiateLocale(uiLocales, page.acceptLanguage);

/** What a page shows of a client, in the reader’s language where it registered one (RFC 7591 2.2). */
export function clientView(client: ClientState, locale: Locale): ClientView {
  const metadata = client.metadata as unknown as Readonly<Record<string, string | undefined>>;
  const localized = (member: string): string | null => metadata[`${member}#${locale}`] ?? metadata[member] ?? null;
  return {
    name: localized('client_name') ?? client.clientId,
    logoUri: localized('logo_uri'),
    clientUri: localized('client_uri'),
    policyUri: localized('policy_uri'),
    tosUri: localized('tos_uri'),
  };
}
