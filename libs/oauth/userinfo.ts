import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { accounts } from '#account/projection.ts';
import { openClaims } from '#account/queries.ts';
import type { Core } from '#runtime/core.ts';
import { requireBearer } from './bearer.ts';
import { claimsByScope } from './claims.ts';
import { allowOrigin } from './cors.ts';
import { NO_STORE } from './form-request.ts';

/** The userinfo endpoint (OpenID Connect Core 5.3), GET and POST: any live access token with `openid`, whatever its audience. */
export function userinfoEndpoint(app: FastifyInstance, core: Core): void {
  const handler = async (request: FastifyRequest, reply: FastifyReply) => {
    const { claims, scope, client } = await requireBearer(core, request, 'openid');
    allowOrigin(request, reply, client.state);
    const account = await core.commands.load(accounts, claims.sub);
    const personal = account === null ? {} : claimsByScope(scope, await openClaims(core, account.state));
    return reply.headers(NO_STORE).send({ ...personal, sub: claims.sub });
  };
  app.get(core.paths.userinfo, { exposeHeadRoute: true }, handler);
  app.post(core.paths.userinfo, handler);
}
