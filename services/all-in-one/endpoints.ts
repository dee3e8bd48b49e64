import type { FastifyInstance } from 'fastify';
import { authorizationEndpoint } from '#oauth/authorization/authorization-endpoint.ts';
import { corsPreflights } from '#oauth/cors.ts';
import { errorHandler } from '#oauth/error-handler.ts';
import { introspectionEndpoint } from '#oauth/introspection.ts';
import { jwksEndpoint } from '#oauth/jwks.ts';
import { metadataEndpoints } from '#oauth/metadata.ts';
import { consentEndpoints } from '#oauth/pages/consent.ts';
import { signInEndpoints } from '#oauth/pages/sign-in.ts';
import { revocationEndpoint } from '#oauth/revocation.ts';
import { tokenEndpoint } from '#oauth/token/token-endpoint.ts';
import { userinfoEndpoint } from '#oauth/userinfo.ts';
import type { Core } from '#runtime/core.ts';

/** Every endpoint of the server, in the order of the contract. */
export function endpoints(app: FastifyInstance, core: Core): void {
  errorHandler(app, core);
  authorizationEndpoint(app, core);
  tokenEndpoint(app, core);
  introspectionEndpoint(app, core);
  revocationEndpoint(app, core);
  jwksEndpoint(app, core);
  userinfoEndpoint(app, core);
  metadataEndpoints(app, core);
  signInEndpoints(app, core);
  consentEndpoints(app, core);
  corsPreflights(app, core);
}
