import type { Job } from '../generator.ts';
import { RESOURCES, type Target } from '../target.ts';
import { isJwt, tokenRequest, tokensOf } from './token-request.ts';

export type Format = 'jwt' | 'opaque';

export const clientCredentialsRequest = (target: Target, format: Format): string => {
  const { identifier, scope } = RESOURCES[format];
  return tokenRequest(target, { grant_type: 'client_credentials', scope, resource: identifier });
};

/** A token for the client itself. */
export function clientCredentials(target: Target, format: Format): Job {
  const request = clientCredentialsRequest(target, format);
  return async (connection) => {
    const { access_token } = await tokensOf(connection, request);
    if (isJwt(access_token) !== (format === 'jwt')) throw new Error(`not a token of format ${format}: ${access_token}`);
  };
}
