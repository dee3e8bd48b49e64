import type { JsonObject } from '#kernel/json.ts';

/** One error code of the protocol: HTTP status where it is answered directly, and what a developer can do about it. */
interface ErrorEntry {
  readonly status: number;
  readonly source: string;
  readonly guidance: string;
}

/** Every error code that leaves this server in an OAuth answer: the only list. */
export const OAUTH_ERRORS = {
  invalid_request: { status: 400, source: 'RFC 6749 4.1.2.1, 5.2', guidance: 'Check that each parameter is there, once, and well-formed.' },
  invalid_client: { status: 401, source: 'RFC 6749 5.2', guidance: 'Check client_id, the secret, and that the method is the registered token_endpoint_auth_method.' },
  invalid_grant: { status: 400, source: 'RFC 6749 5.2', guidance: 'The code or token was spent, has expired, was revoked or belongs to another client. Start again at the authorization endpoint.' },
  unauthorized_client: { status: 400, source: 'RFC 6749 4.1.2.1, 5.2', guidance: 'Register the grant type for this client.' },
  unsupported_grant_type: { status: 400, source: 'RFC 6749 5.2', guidance: 'The metadata list what is supported under grant_types_supported.' },
  invalid_redirect_uri: { status: 400, source: 'as oidc-provider answers it', guidance: 'Send one of the registered redirect URIs, byte for byte, or register this one.' },
  unsupported_response_type: { status: 400, source: 'RFC 6749 4.1.2.1', guidance: 'Use response_type=code with PKCE; implicit and hybrid responses are not part of OAuth 2.1.' },
  unsupported_response_mode: { status: 400, source: 'as oidc-provider answers it', guidance: 'Leave response_mode out, or use query or form_post.' },
  invalid_scope: { status: 400, source: 'RFC 6749 4.1.2.1, 5.2', guidance: 'Ask only for scopes that are registered for this client.' },
  invalid_target: { status: 400, source: 'RFC 8707 2', guidance: 'Ask for a resource that this server knows, and only for scopes that belong to it.' },
  access_denied: { status: 403, source: 'RFC 6749 4.1.2.1', guidance: 'The resource owner, or the policy of this server, said no.' },
  login_required: { status: 400, source: 'OpenID Connect Core 3.1.2.6', guidance: 'Ask again without prompt=none.' },
  consent_required: { status: 400, source: 'OpenID Connect Core 3.1.2.6', guidance: 'Ask again without prompt=none.' },
  interaction_required: { status: 400, source: 'OpenID Connect Core 3.1.2.6', guidance: 'Ask again without prompt=none.' },
  request_not_supported: { status: 400, source: 'OpenID Connect Core 3.1.2.6', guidance: 'Send the parameters themselves, not a request object.' },
  request_uri_not_supported: { status: 400, source: 'OpenID Connect Core 3.1.2.6', guidance: 'Send the parameters themselves, not a reference.' },
  registration_not_supported: { status: 400, source: 'OpenID Connect Core 3.1.2.6', guidance: 'Register the client before it asks.' },
  invalid_token: { status: 401, source: 'RFC 6750 3.1', guidance: 'The access token is malformed, expired or revoked.' },
  insufficient_scope: { status: 403, source: 'RFC 6750 3.1', guidance: 'Ask for an access token with the scope that is named.' },
  unsupported_token_type: { status: 400, source: 'RFC 7009 2.2.1', guidance: 'Only access tokens and refresh tokens can be revoked.' },
  server_error: { status: 500, source: 'RFC 6749 4.1.2.1', guidance: 'Something failed here. Repeat; if it goes on, report the request id.' },
  temporarily_unavailable: { status: 503, source: 'RFC 6749 4.1.2.1', guidance: 'Repeat after the time that Retry-After names.' },
} as const satisfies Record<string, ErrorEntry>;

export type OAuthErrorCode = keyof typeof OAUTH_ERRORS;

export interface OAuthErrorOptions {
  readonly status?: number;
  /** For the log only: never leaves the server. */
  readonly detail?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal in the words of the RFCs. The description is public; `detail` is for the log. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode;
  readonly description: string;
  readonly status: number;
  readonly detail: string | null;
  readonly headers: Readonly<Record<string, string>>;
  constructor(code: OAuthErrorCode, description: string, options: OAuthErrorOptions = {}) {
    super(`${code}: ${description}`);
    this.name = 'OAuthError';
    this.code = code;
    this.description = description;
    this.status = options.status ?? OAUTH_ERRORS[code].status;
    this.detail = options.detail ?? null;
    this.headers = options.headers ?? {};
  }
}

/** RFC 6749 5.2: `error_description` allows %x20-21, %x23-5B, %x5D-7E only. */
export const errorDescription = (text: string): string => text.replaceAll('"', "'").replaceAll('\\', '/').replace(/[^\x20-\x7E]/g, '?');

/** The body of an error answer (RFC 6749 5.2). */
export const errorBody = (error: OAuthError): JsonObject => ({ error: error.code, error_description: errorDescription(error.description) });
