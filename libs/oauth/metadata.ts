import type { FastifyInstance } from 'fastify';
import type { JsonObject } from '#kernel/json.ts';
import { endpointUrl } from '#runtime/config/paths.ts';
import type { Core } from '#runtime/core.ts';
import { SIGNING_ALGORITHMS } from '#signing-key/algorithms.ts';
import { LOCALES } from '#ui/pages/locale.ts';
import { CLAIMS_OF_SCOPE } from './claims.ts';
import { prepareBody, sendPrepared } from './prepared-body.ts';
import { knownScopes } from './resources.ts';
import { ACR_VALUES } from '#session/acr.ts';
import { supportedGrantTypes } from './token/token-endpoint.ts';

const SECRET_METHODS = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
const PROTOCOL_CLAIMS = ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'at_hash', 'sid'];

/**
 * The metadata of RFC 8414 2 and OpenID Connect Discovery 3: one document, served under both names.
 * What is not there is not supported; where silence would mean yes, it says no.
 */
export function metadata(core: Core): JsonObject {
  const url = (path: string) => endpointUrl(core.issuer, path);
  const { paths } = core;
  return {
    issuer: core.issuer,
    authorization_endpoint: url(paths.authorization),
    token_endpoint: url(paths.token),
    introspection_endpoint: url(paths.introspection),
    revocation_endpoint: url(paths.revocation),
    jwks_uri: url(paths.jwks),
    userinfo_endpoint: url(paths.userinfo),
    scopes_supported: [...knownScopes(core.config)],
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'form_post'],
    grant_types_supported: supportedGrantTypes(core),
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...SIGNING_ALGORITHMS],
    token_endpoint_auth_methods_supported: [...SECRET_METHODS, 'none'],
    token_endpoint_auth_signing_alg_values_supported: [...SIGNING_ALGORITHMS],
    introspection_endpoint_auth_methods_supported: SECRET_METHODS,
    introspection_endpoint_auth_signing_alg_values_supported: [...SIGNING_ALGORITHMS],
    revocation_endpoint_auth_methods_supported: [...SECRET_METHODS, 'none'],
    revocation_endpoint_auth_signing_alg_values_supported: [...SIGNING_ALGORITHMS],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    prompt_values_supported: ['none', 'login', 'consent', 'select_account'],
    claim_types_supported: ['normal'],
    claims_supported: [...PROTOCOL_CLAIMS, ...Object.values(CLAIMS_OF_SCOPE).flat()],
    claims_parameter_supported: false,
    acr_values_supported: [...ACR_VALUES],
    ui_locales_supported: [...LOCALES],
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    require_request_uri_registration: false,
  };
}

/** Both well-known documents, at the inserted and the appended place where the issuer has a path. */
export function metadataEndpoints(app: FastifyInstance, core: Core): void {
  const prepared = prepareBody(JSON.stringify(metadata(core)), 'application/json; charset=utf-8');
  for (const path of [...core.paths.oauthMetadata, ...core.paths.openidMetadata]) {
    app.get(path, { exposeHeadRoute: true }, (request, reply) => sendPrepared(request, reply, prepared));
  }
}
