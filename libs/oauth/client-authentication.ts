import { type ClientState, clients } from '#client/projection.ts';
import { findSecret } from '#client/secrets.ts';
import type { ClientFailureReason } from '#failed-attempt/events.ts';
import type { ClientAuthenticationFact } from '#grant/events.ts';
import type { Document } from '#kernel/aggregate.ts';
import type { Core } from '#runtime/core.ts';
import { CLIENT_ASSERTION_TYPE, verifyClientAssertion } from './client-assertion.ts';
import { OAuthError } from './errors.ts';
import type { FormRequest } from './form-request.ts';
import type { Parameters } from './parameters.ts';

/** A client that proved who it is, or a public one that only said so. */
export interface AuthenticatedClient {
  readonly document: Document<ClientState>;
  readonly clientId: string;
  readonly fact: ClientAuthenticationFact;
}

type Method = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none';

interface Presented {
  readonly method: Method;
  readonly clientId: string;
  readonly secret: string;
}

const CLIENT_ID_LIMIT = 128;

/** RFC 6749 2.3.1: each half is form-urlencoded before it is joined and base64-encoded. */
function basicCredentials(header: string): { clientId: string; secret: string } | null {
  const encoded = /^Basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString();
  const colon = text.indexOf(':');
  if (colon < 0) return null;
  try {
    const decode = (half: string) => decodeURIComponent(half.replaceAll('+', ' '));
    return { clientId: decode(text.slice(0, colon)), secret: decode(text.slice(colon + 1)) };
  } catch {
    return null;
  }
}

const challenge = { 'www-authenticate': 'Basic realm="grantlog", charset="UTF-8"' };

/** RFC 6749 5.2: 401, and the challenge where the client tried the Authorization header. */
const invalidClient = (detail: string, basicTried: boolean): OAuthError =>
  new OAuthError('invalid_client', 'client authentication failed', { detail, headers: basicTried ? challenge : {} });

function presentedCredentials(parameters: Parameters, authorization: string | undefined): Presented {
  const clientId = parameters.get('client_id');
  const secret = parameters.get('client_secret');
  const assertion = parameters.get('client_assertion');
  const assertionType = parameters.get('client_assertion_type');
  const methods = [authorization !== undefined, secret !== null, assertion !== null || assertionType !== null];
  if (methods.filter(Boolean).length > 1) throw new OAuthError('invalid_request', 'more than one method of client authentication is used');
  if (authorization !== undefined) {
    const basic = basicCredentials(authorization);
    if (basic === null || basic.clientId === '') throw invalidClient('malformed Authorization header', true);
    if (clientId !== null && clientId !== basic.clientId) throw new OAuthError('invalid_request', 'client_id differs from the one in the Authorization header');
    return { method: 'client_secret_basic', ...basic };
  }
  if (methods[2]) {
    if (assertionType !== CLIENT_ASSERTION_TYPE) throw new OAuthError('invalid_request', `client_assertion_type must be ${CLIENT_ASSERTION_TYPE}`);
    if (assertion === null) throw new OAuthError('invalid_request', 'parameter client_assertion is missing');
    return { method: 'private_key_jwt', clientId: clientId ?? '', secret: assertion };
  }
  if (clientId === null) throw invalidClient('no client authentication and no client_id', false);
  return secret === null ? { method: 'none', clientId, secret: '' } : { method: 'client_secret_post', clientId, secret };
}

/**
 * Authenticates the client of a token, introspection or revocation request (RFC 6749 2.3, RFC 7523 2.2) by its registered method and no other.
 * A public client is only identified; whether that is enough is the endpoint's to say. A disabled or deleted client is refused like an unknown one.
 * @throws OAuthError invalid_client, invalid_request
 */
export async function authenticateClient(core: Core, form: FormRequest): Promise<AuthenticatedClient> {
  try {
    return await authenticate(core, form);
  } catch (error) {
    if (error instanceof OAuthError && error.code === 'invalid_client') {
      core.failedAttempts.clientAuthentication({ ...(await failureOf(core, form)), caller: form.caller });
    }
    throw error;
  }
}

/** What of a failed request is recorded: the client only where there is one, and a reason of ours, never a text of the caller's. */
async function failureOf(core: Core, { parameters, authorization }: FormRequest): Promise<{ readonly clientId: string | null; readonly reason: ClientFailureReason }> {
  const claimed = parameters.peek('client_id') ?? (authorization === undefined ? undefined : basicCredentials(authorization)?.clientId);
  const client = claimed === undefined || claimed.length > CLIENT_ID_LIMIT ? null : await core.commands.load(clients, claimed);
  if (client === null) return { clientId: null, reason: 'unknown_client' };
  if (client.state.status !== 'active') return { clientId: client.id, reason: 'client_not_active' };
  const method = presentedMethod(parameters, authorization);
  return { clientId: client.id, reason: method === client.state.metadata.token_endpoint_auth_method ? 'wrong_credentials' : 'wrong_method' };
}

function presentedMethod(parameters: Parameters, authorization: string | undefined): Method {
  if (authorization !== undefined) return 'client_secret_basic';
  if (parameters.peek('client_assertion') !== null) return 'private_key_jwt';
  return parameters.peek('client_secret') === null ? 'none' : 'client_secret_post';
}

async function authenticate(core: Core, { parameters, authorization }: FormRequest): Promise<AuthenticatedClient> {
  const presented = presentedCredentials(parameters, authorization);
  const basicTried = presented.method === 'client_secret_basic';
  if (presented.method === 'private_key_jwt') {
    const verified = await verifyClientAssertion(core, presented.secret, presented.clientId === '' ? null : presented.clientId);
    return { document: verified.document, clientId: verified.document.id, fact: { method: presented.method, secret_id: null, kid: verified.kid } };
  }
  const document = presented.clientId.length > CLIENT_ID_LIMIT ? null : await core.commands.load(clients, presented.clientId);
  if (document === null || document.state.status !== 'active') throw invalidClient(`client is ${document?.state.status ?? 'unknown'}`, basicTried);
  const registered = document.state.metadata.token_endpoint_auth_method;
  if (registered !== presented.method) throw invalidClient(`method ${presented.method} was used, ${registered} is registered`, basicTried);
  if (presented.method === 'none') return { document, clientId: document.id, fact: { method: 'none', secret_id: null, kid: null } };
  const secret = await findSecret(core, document.state, presented.secret);
  if (secret === null) throw invalidClient('the secret is not one of the live ones', basicTried);
  core.secretUse.note(secret.secretId);
  return { document, clientId: document.id, fact: { method: presented.method, secret_id: secret.secretId, kid: null } };
}
