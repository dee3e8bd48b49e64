import { PasswordQueueFull } from '#account/password.ts';
import { LeafTooLarge } from '#audit/leaf.ts';
import { StoreUnavailable, StreamDenied } from '#ports/store-errors.ts';
import { OAuthError } from './errors.ts';

/** Seconds after which a caller may repeat what failed for a reason of ours. */
const RETRY_AFTER = '1';

const unavailable = (detail: string) => new OAuthError('temporarily_unavailable', 'the server cannot do this right now', { detail, headers: { 'retry-after': RETRY_AFTER } });

/** What anything that was thrown means to the caller; the rest of it stays in the log. */
export function asOAuthError(error: unknown): OAuthError {
  if (error instanceof OAuthError) return error;
  if (error instanceof StoreUnavailable || error instanceof StreamDenied || error instanceof PasswordQueueFull) return unavailable(error.message);
  if (error instanceof LeafTooLarge) return new OAuthError('invalid_request', 'the request is too large to be recorded', { status: 413 });
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 0;
  // A media type that is not taken is an invalid_request like any other: 400 (RFC 6749 5.2).
  if (status >= 400 && status < 500) return new OAuthError('invalid_request', describe(status), { status: status === 415 ? 400 : status });
  return new OAuthError('server_error', 'something went wrong here', { detail: error instanceof Error ? error.message : String(error) });
}

function describe(status: number): string {
  if (status === 413) return 'the body is too large';
  if (status === 415) return 'the body must be application/x-www-form-urlencoded';
  return 'the request cannot be read';
}
