import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Core } from '#runtime/core.ts';
import { currentSession } from '#session/current-session.ts';
import { callerOf } from '../caller.ts';
import { browserId, ensureBrowserId, readCookie } from '../cookies.ts';
import { OAuthError } from '../errors.ts';
import { parseParameters, queryOf } from '../parameters.ts';
import { sendErrorPage } from '../error-page.ts';
import { redirect } from '../redirect.ts';
import { openQuery, signQuery } from '../signed-query.ts';
import { type AuthorizationRequest, parseAuthorizationRequest, RedirectedError } from './authorization-request.ts';
import { codeMembers, errorMembers, sendToClient } from './authorization-response.ts';
import { consentByPolicy, issueCode, nextStep, type Visit } from './interaction.ts';

/** Longest authorization request, in characters. */
const MAX_QUERY = 8192;

const tooLong = (status: 413 | 414) => new OAuthError('invalid_request', `the authorization request is longer than ${MAX_QUERY} characters`, { status });

/** The authorization endpoint (RFC 6749 3.1). */
export function authorizationEndpoint(app: FastifyInstance, core: Core): void {
  app.get(core.paths.authorization, async (request, reply) => {
    const query = queryOf(request.url);
    if (query.length > MAX_QUERY) return sendErrorPage(request, reply, tooLong(414));
    return authorizationAnswer(core, request, reply, query);
  });
  // A POST that comes from another site carries no SameSite=Lax cookie: asked again as a GET, it does.
  app.post(core.paths.authorization, async (request, reply) => {
    const body = typeof request.body === 'string' ? request.body : '';
    if (body.length > MAX_QUERY) return sendErrorPage(request, reply, tooLong(413));
    parseParameters(body);
    return redirect(request, reply, `${core.paths.authorization}?${body.replace(/[^\x21-\x7e]|[#<>"\\]/g, (character) => encodeURIComponent(character))}`);
  });
}

async function authorizationAnswer(core: Core, request: FastifyRequest, reply: FastifyReply, rawQuery: string): Promise<FastifyReply> {
  const resumed = await openQuery(core, 'resume', browserId(core, request), rawQuery);
  const query = resumed?.query ?? rawQuery;
  const visit: Visit = { since: resumed === null ? null : (resumed.exp - core.config.lifetimes.oauthQuery) * 1000 };
  const exp = resumed?.exp ?? Math.floor(core.clock.now() / 1000) + core.config.lifetimes.oauthQuery;
  try {
    const authorizationRequest = await parseAuthorizationRequest(core, query);
    return await proceed(core, request, reply, authorizationRequest, { query, exp, visit });
  } catch (error) {
    if (error instanceof RedirectedError) {
      request.log.info({ error: error.error.code, detail: error.error.detail ?? error.error.description, client_id: error.target.client.id }, 'authorization refused');
      return sendToClient(core, request, reply, error.target, errorMembers(error.error));
    }
    if (error instanceof OAuthError) return sendErrorPage(request, reply, error);
    throw error;
  }
}

interface Progress {
  readonly query: string;
  readonly exp: number;
  readonly visit: Visit;
}

async function proceed(core: Core, request: FastifyRequest, reply: FastifyReply, authorizationRequest: AuthorizationRequest, { query, exp, visit }: Progress): Promise<FastifyReply> {
  const current = await currentSession(core, readCookie(core, request, 'session'));
  try {
    const step = await nextStep(core, authorizationRequest, current, visit);
    if (step.kind === 'sign-in' || current === null) {
      const browser = ensureBrowserId(core, request, reply);
      return redirect(request, reply, `${core.paths.signInPage}?${await signQuery(core, 'sign-in', browser, query, exp)}`);
    }
    if (step.kind === 'consent') {
      const browser = ensureBrowserId(core, request, reply);
      return redirect(request, reply, `${core.paths.consentPage}?${await signQuery(core, 'consent', browser, query, exp)}`);
    }
    const caller = callerOf(request, core.trustedProxies);
    const consent = step.kind === 'approved' ? step.consent : await consentByPolicy(core, authorizationRequest, current, step.scope, caller);
    const code = await issueCode(core, authorizationRequest, current, step.scope, consent, caller);
    return sendToClient(core, request, reply, authorizationRequest, codeMembers(code));
  } catch (error) {
    if (error instanceof OAuthError) throw new RedirectedError(authorizationRequest, error);
    throw error;
  }
}
