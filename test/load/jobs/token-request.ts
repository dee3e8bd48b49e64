import { type Connection, expectStatus, formRequest } from '../connection.ts';
import { BASIC, type Target } from '../target.ts';

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
}

const JWT = /^[\w-]+\.[\w-]+\.[\w-]{86}$/;

/** Whether a token is signed with ES256, or else opaque. */
export const isJwt = (token: string | undefined): boolean => token !== undefined && JWT.test(token);

export const tokenRequest = (target: Target, fields: Readonly<Record<string, string>>): string => formRequest(target.port, target.paths.token, fields, BASIC);

/** Sends a token request and believes nothing of the answer. @throws Error for anything but tokens */
export async function tokensOf(connection: Connection, request: string): Promise<Tokens> {
  const { body } = expectStatus(await connection.send(request), 200);
  const tokens: Tokens & { token_type?: string; expires_in?: number } = JSON.parse(body);
  if (typeof tokens.access_token !== 'string' || tokens.token_type !== 'Bearer' || !(Number(tokens.expires_in) > 0)) throw new Error(`no token answer: ${body}`);
  return tokens;
}
