import type { FastifyInstance } from 'fastify';
import { revokeAccessToken } from '#access-token/revoke-access-token.ts';
import { secretHash } from '#credentials/credential-keys.ts';
import { openHandle } from '#credentials/sealed-token.ts';
import { grants } from '#grant/projection.ts';
import { revokeGrant } from '#grant/revoke-grant.ts';
import type { Core } from '#runtime/core.ts';
import type { Origin } from '#runtime/handle-command.ts';
import { openAccessToken } from './access-token.ts';
import { originOf } from '#runtime/caller.ts';
import { authenticateClient } from './client-authentication.ts';
import { allowOrigin } from './cors.ts';
import { formRequest, NO_STORE } from './form-request.ts';

async function revokeRefreshToken(core: Core, clientId: string, token: string, origin: Origin): Promise<void> {
  const handle = await openHandle('glr_', core.credentialKeys, token);
  if (handle === null) return;
  const grant = await core.commands.load(grants, handle.grantId, handle.revision);
  const family = grant?.state.refresh;
  if (grant?.state.clientId !== clientId || family === null || family === undefined) return;
  // Any generation names the family: who holds an old one may end it too. Only what we made opens, so its secret needs no second look but for the live one.
  const forged = handle.generation > family.current.generation || (handle.generation === family.current.generation && family.current.hash !== secretHash(handle.secret));
  if (!forged) await revokeGrant(core, handle.grantId, 'revoked_by_client', origin, handle.revision);
}

async function revokeAccess(core: Core, clientId: string, token: string, origin: Origin): Promise<void> {
  const claims = await openAccessToken(core, token);
  if (claims === null || claims.client_id !== clientId) return;
  const grant = claims.grant_id === undefined ? null : { id: claims.grant_id, revision: claims.grant_revision ?? 0 };
  await revokeAccessToken(core, { jti: claims.jti, clientId, expiresAt: claims.exp * 1000, grant }, origin);
}

/**
 * The revocation endpoint (RFC 7009 2). An unknown, dead or foreign token is answered 200 like any other; 200 also means that from now on
 * every endpoint says no. A store that fails is 503, never 200.
 */
export function revocationEndpoint(app: FastifyInstance, core: Core): void {
  app.post(core.paths.revocation, async (request, reply) => {
    const form = formRequest(core, request);
    const { parameters, caller } = form;
    const client = await authenticateClient(core, form);
    allowOrigin(request, reply, client.document.state);
    const token = parameters.require('token');
    const origin = originOf(caller, { kind: 'client', id: client.clientId });
    if (token.startsWith('glr_')) await revokeRefreshToken(core, client.clientId, token, origin);
    else await revokeAccess(core, client.clientId, token, origin);
    return reply.headers(NO_STORE).send({});
  });
}
