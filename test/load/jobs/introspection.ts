import { Connection, expectStatus, formRequest } from '../connection.ts';
import type { Job } from '../generator.ts';
import { ACCOUNTS, BASIC, CLIENT, type Target } from '../target.ts';
import { clientCredentialsRequest, type Format } from './client-credentials.ts';
import { signInOnce } from './sign-in.ts';
import { tokensOf } from './token-request.ts';

/** So many different tokens are asked about, in turn; oidc-provider's memory holds 1,000. */
const TOKENS = 200;

/** Introspection of live tokens by the client they were issued to. */
async function introspect(target: Target, tokens: readonly string[]): Promise<Job> {
  const requests = tokens.map((token) => formRequest(target.port, target.paths.introspection, { token }, BASIC));
  let turn = 0;
  return async (connection) => {
    const { body } = expectStatus(await connection.send(requests[turn++ % requests.length] ?? ''), 200);
    const answer: { active?: boolean; client_id?: string; exp?: number } = JSON.parse(body);
    if (answer.active !== true || answer.client_id !== CLIENT.id || answer.exp === undefined) throw new Error(`the token is not live: ${body}`);
  };
}

export async function introspectClientTokens(target: Target, format: Format): Promise<Job> {
  const connection = await Connection.open(target.port);
  const request = clientCredentialsRequest(target, format);
  const tokens: string[] = [];
  while (tokens.length < TOKENS) tokens.push((await tokensOf(connection, request)).access_token);
  connection.close();
  return introspect(target, tokens);
}

/** Tokens of people: behind each stand a grant, a consent and an account that must all agree. */
export async function introspectPersonTokens(target: Target): Promise<Job> {
  const connection = await Connection.open(target.port);
  const tokens: string[] = [];
  for (const account of ACCOUNTS) tokens.push((await signInOnce(target, connection, account)).access_token);
  connection.close();
  return introspect(target, tokens);
}
