import { type ClientState, clients } from '#client/projection.ts';
import type { Document } from '#kernel/aggregate.ts';
import type { Scope } from '#kernel/scope.ts';
import type { Core } from '#runtime/core.ts';
import { OAuthError } from '../errors.ts';
import { asOAuthError } from '../failure.ts';
import { type Parameters, parseParameters } from '../parameters.ts';
import { matchRedirectUri } from '#client/redirect-uri.ts';
import { requestedResources } from '../resources.ts';
import { requestedScope } from '../scope-request.ts';

/** Where the answer goes: decided first, because no error may leave before it is known to lead to the client. */
export interface AnswerTarget {
  readonly client: Document<ClientState>;
  readonly redirectUri: string;
  readonly state: string | null;
  readonly responseMode: 'query' | 'form_post';
  /** Languages for what is shown on the way, best first; null when none are asked for. */
  readonly uiLocales: string | null;
}

/** An authorization request that passed every check (RFC 6749 4.1.1, RFC 7636 4.3, OpenID Connect Core 3.1.2.1). */
export interface AuthorizationRequest extends AnswerTarget {
  readonly scope: Scope;
  /** Resources that the request names (RFC 8707), sorted; what is granted follows the granted scope (`requestedResources`). */
  readonly namedResources: readonly string[];
  readonly codeChallenge: string | null;
  readonly nonce: string | null;
  readonly prompt: readonly Prompt[];
  /** Seconds since the last sign-in after which the person signs in again. */
  readonly maxAge: number | null;
  readonly loginHint: string | null;
  /** Subject that the ID token in `id_token_hint` names. */
  readonly hintedSub: string | null;
}

const PROMPTS = ['none', 'login', 'consent', 'select_account'] as const;
export type Prompt = (typeof PROMPTS)[number];

/** A refusal or failure that goes to the client’s redirect URI (RFC 6749 4.1.2.1); a failure of ours as server_error or temporarily_unavailable. */
export class RedirectedError extends Error {
  readonly target: AnswerTarget;
  readonly error: OAuthError;
  constructor(target: AnswerTarget, cause: unknown) {
    const error = asOAuthError(cause);
    super(error.message, { cause });
    this.name = 'RedirectedError';
    this.target = target;
    this.error = error;
  }
}

/**
 * Reads and checks an authorization query.
 * @throws OAuthError when client or redirect URI are not good: shown to the person, never redirected (RFC 6749 4.1.2.1)
 * @throws RedirectedError for everything after that
 */
export async function parseAuthorizationRequest(core: Core, query: string): Promise<AuthorizationRequest> {
  const parameters = parseParameters(query);
  const target = await answerTarget(core, parameters);
  try {
    checkNothingTwice(parameters);
    checkResponseMode(parameters, target);
    checkUnsupported(parameters);
    checkResponseType(parameters, target.client.state);
    const scope = requestedScope(core, target.client.state, parameters.get('scope'));
    const namedResources = [...new Set(parameters.all('resource'))].sort();
    requestedResources(core, namedResources, scope);
    return {
      ...target,
      scope,
      namedResources,
      codeChallenge: checkPkce(core, parameters, target.client.state),
      nonce: bounded(parameters, 'nonce'),
      prompt: checkPrompt(parameters),
      maxAge: checkMaxAge(parameters, target.client.state),
      loginHint: bounded(parameters, 'login_hint'),
      uiLocales: bounded(parameters, 'ui_locales'),
      hintedSub: await checkIdTokenHint(core, parameters, target.client.id),
    };
  } catch (error) {
    throw new RedirectedError(target, error);
  }
}

/** Client and redirect URI. A URI may be left out where exactly one is registered. */
async function answerTarget(core: Core, parameters: Parameters): Promise<AnswerTarget> {
  const clientId = parameters.require('client_id');
  const client = clientId.length > 128 ? null : await core.commands.load(clients, clientId);
  if (client === null || client.state.status !== 'active') throw new OAuthError('invalid_client', 'the client is not known, or is disabled', { status: 400 });
  const { redirect_uris: registered } = client.state.metadata;
  const sent = parameters.get('redirect_uri');
  const redirectUri = sent ?? (registered.length === 1 ? registered[0] : undefined);
  if (redirectUri === undefined) throw new OAuthError('invalid_request', 'parameter redirect_uri is missing');
  if (!matchRedirectUri(registered, redirectUri)) throw new OAuthError('invalid_redirect_uri', 'redirect_uri is not one of those registered for this client');
  const isWeb = /^https?:/i.test(redirectUri);
  const responseMode = parameters.peek('response_mode') === 'form_post' && isWeb ? 'form_post' : 'query';
  return { client, redirectUri, state: parameters.peek('state'), responseMode, uiLocales: parameters.peek('ui_locales') };
}

function checkNothingTwice(parameters: Parameters): void {
  const repeated = parameters.repeated('resource');
  if (repeated !== null) throw new OAuthError('invalid_request', `parameter ${repeated.slice(0, 64)} is given more than once`);
}

function checkResponseMode(parameters: Parameters, target: AnswerTarget): void {
  const mode = parameters.get('response_mode');
  if (mode === 'fragment') throw new OAuthError('unsupported_response_mode', 'response_mode fragment is not supported: it belonged to the implicit grant');
  if (mode !== null && mode !== 'query' && mode !== 'form_post') throw new OAuthError('unsupported_response_mode', 'response_mode must be query or form_post');
  if (mode === 'form_post' && target.responseMode !== 'form_post') throw new OAuthError('invalid_request', 'response_mode form_post needs an http or https redirect_uri');
}

function checkUnsupported(parameters: Parameters): void {
  if (parameters.get('request') !== null) throw new OAuthError('request_not_supported', 'request objects are not supported');
  if (parameters.get('request_uri') !== null) throw new OAuthError('request_uri_not_supported', 'request_uri is not supported');
  if (parameters.get('registration') !== null) throw new OAuthError('registration_not_supported', 'registration in a request is not supported');
}

function checkResponseType(parameters: Parameters, client: ClientState): void {
  const responseType = parameters.require('response_type');
  if (responseType !== 'code') throw new OAuthError('unsupported_response_type', 'only response_type=code is supported; implicit and hybrid responses put tokens into URLs (OAuth 2.1, RFC 9700 2.1.2)');
  if (!client.metadata.grant_types.includes('authorization_code')) throw new OAuthError('unauthorized_client', 'the client is not registered for the authorization_code grant');
}

const CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/** RFC 7636 with S256 alone. Required for every client, but for confidential ones where policy makes it optional. */
function checkPkce(core: Core, parameters: Parameters, client: ClientState): string | null {
  const challenge = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (challenge === null) {
    if (method !== null) throw new OAuthError('invalid_request', 'code_challenge_method is given without code_challenge');
    const isConfidential = client.metadata.token_endpoint_auth_method !== 'none';
    if (isConfidential && core.config.policy.pkceForConfidentialClients === 'optional') return null;
    throw new OAuthError('invalid_request', 'code_challenge is missing: PKCE with S256 is required. Switch it on in the client library (Spring: requireProofKey; passport: pkce), or set policy.pkceForConfidentialClients to optional');
  }
  if (method !== 'S256') throw new OAuthError('invalid_request', 'code_challenge_method must be S256; plain is refused');
  if (!CHALLENGE.test(challenge)) throw new OAuthError('invalid_request', 'code_challenge is not the base64url of a SHA-256 hash');
  return challenge;
}

function checkPrompt(parameters: Parameters): readonly Prompt[] {
  const values = (parameters.get('prompt') ?? '').split(' ').filter((value) => value !== '');
  const prompts = PROMPTS.filter((prompt) => values.includes(prompt));
  if (prompts.length !== new Set(values).size) throw new OAuthError('invalid_request', 'prompt has a value that is not known');
  if (prompts.includes('none') && prompts.length > 1) throw new OAuthError('invalid_request', 'prompt=none goes with no other value');
  return prompts;
}

function checkMaxAge(parameters: Parameters, client: ClientState): number | null {
  const text = parameters.get('max_age');
  if (text === null) return client.metadata.default_max_age ?? null;
  if (!/^\d{1,10}$/.test(text)) throw new OAuthError('invalid_request', 'max_age must be a number of seconds');
  return Number(text);
}

/** A hint is an ID token that this server issued to this client, expired or not (OpenID Connect Core 3.1.2.1); anything else is refused. */
async function checkIdTokenHint(core: Core, parameters: Parameters, clientId: string): Promise<string | null> {
  const hint = parameters.get('id_token_hint');
  if (hint === null) return null;
  const jwt = await core.jwts.verify(hint);
  // Access tokens may have typ JWT too (accessTokenHeaderTyp); they name a client.
  const isOurs = jwt?.typ === 'JWT' && jwt.claims['iss'] === core.issuer && jwt.claims['aud'] === clientId && jwt.claims['client_id'] === undefined;
  const sub = isOurs ? jwt.claims['sub'] : undefined;
  if (typeof sub !== 'string') throw new OAuthError('invalid_request', 'id_token_hint is not an ID token that this server issued to the client');
  return sub;
}

/** Values that are kept or shown are bounded; 512 characters is more than any client sends. */
function bounded(parameters: Parameters, name: string): string | null {
  const value = parameters.get(name);
  if (value !== null && value.length > 512) throw new OAuthError('invalid_request', `${name} is longer than 512 characters`);
  return value;
}
