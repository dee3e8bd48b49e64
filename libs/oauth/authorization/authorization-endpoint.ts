import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Core } from '#runtime/core.ts';
import { currentSession } from '#session/current-session.ts';
import { callerOf } from '../caller.ts';
import { browserId, ensureBrowserId, readCookie } from '../cookies.ts';
import { OAuthError } from '../errors.ts';
import { sendErrorPage } from '../error-page.ts';
import { parseParameters, queryOf } from '../parameters.ts';
import { seeOther } from '../redirect.ts';
import { openQuery, type SignedQuery, signQuery } from '../signed-query.ts';
import { type AuthorizationRequest, parseAuthorizationRequest, RedirectedError } from './authorization-request.ts';
import { codeMembers, sendErrorToClient, sendToClient } from './authorization-response.ts';
import { consentByPolicy, issueCode, nextStep, type Visit } from './interaction.ts';

/** Longest authorization request, in characters. */
const MAX_QUERY = 8192;

const tooLong = (status: 413 | 414) => new OAuthError('invalid_request', `the authorization request is longer than ${MAX_QUERY} characters`, { status });

/** The authorization endpoint (RFC 6749 3.1). */
export function authorizationEndpoint(app: FastifyInstance, core: Core): void {
  app.get(core.paths.authorization, async (request, reply) => {
    const query = queryOf(request.url);
    const resumed = await openQuery(core, 'resume', browserId(core, request), query);
    // What we signed was measured before; the signature and its spelling make it longer.
    if (resumed === null && query.length > MAX_QUERY) return sendErrorPage(request, reply, tooLong(414));
    return authorizationAnswer(core, request, reply, query, resumed);
  });
  // A POST that comes from another site carries no SameSite=Lax cookie: asked again as a GET, it does. What is in query and body is there twice.
  app.post(core.paths.authorization, async (request, reply) => {
    const { body } = request;
    if (typeof body === 'object' && body !== null) throw new OAuthError('invalid_request', 'the body must be application/x-www-form-urlencoded');
    const sent = [queryOf(request.url), body].filter((part) => typeof part === 'string' && part !== '').join('&');
    if (sent.length > MAX_QUERY) return sendErrorPage(request, reply, tooLong(413));
    parseParameters(sent);
    return seeOther(reply, `${core.paths.authorization}?${sent.replace(/[^\x21-\x7e]|[#<>"\\]/gu, encodeURIComponent)}`);
  });
}

async function authorizationAnswer(core: Core, request: FastifyRequest, reply: FastifyReply, rawQuery: string, resumed: SignedQuery | null): Promise<FastifyReply> {
  const query = resumed?.query ?? rawQuery;
  const visit: Visit = { since: resumed === null ? null : (resumed.exp - core.config.lifetimes.oauthQuery) * 1000 };
  const exp = resumed?.exp ?? Math.floor(core.clock.now() / 1000) + core.config.lifetimes.oauthQuery;
  try {
    const authorizationRequest = await parseAuthorizationRequest(core, query);
    return await proceed(core, request, reply, authorizationRequest, { query, exp, visit });
  } catch (error) {
    if (error instanceof RedirectedError) return sendErrorToClient(core, request, reply, error);
    throw error;
  }
}

interface Progress {
  readonly query: string;
  readonly exp: number;
  readonly visit: Visit;
}

async function proceed(core: Core, request: FastifyRequest, reply: FastifyReply, authorizationRequest: AuthorizationRequest, { query, exp, visit }: Progress): Promise<FastifyReply> {
  try {
    const current = await currentSession(core, readCookie(core, request, 'session'));
    const step = await nextStep(core, authorizationRequest, current, visit);
    if (step.kind === 'sign-in' || current === null) {
      const browser = ensureBrowserId(core, request, reply);
      return seeOther(reply, `${core.paths.signInPage}?${await signQuery(core, 'sign-in', browser, query, exp)}`);
    }
    if (step.kind === 'consent') {
      const browser = ensureBrowserId(core, request, reply);
      return seeOther(reply, `${core.paths.consentPage}?${await signQuery(core, 'consent', browser, query, exp)}`);
    }
    const caller = callerOf(request, core.trustedProxies);
    const approval = { request: authorizationRequest, current, scope: step.scope, caller };
    const code = await issueCode(core, approval, step.kind === 'approved' ? step.consent : await consentByPolicy(core, approval));
    return sendToClient(core, request, reply, authorizationRequest, codeMembers(code));
  } catch (error) {
    throw new RedirectedError(authorizationRequest, error);
  }
}
