import { Connection } from '../connection.ts';
import { CONNECTIONS, type Job } from '../generator.ts';
import { ACCOUNTS, type Target } from '../target.ts';
import { signInOnce } from './sign-in.ts';
import { isJwt, tokenRequest, tokensOf } from './token-request.ts';

/** Refresh with rotation: each connection spends the token it was given last. */
export async function refresh(target: Target): Promise<Job> {
  const connection = await Connection.open(target.port);
  const current: string[] = [];
  for (const account of ACCOUNTS.slice(0, CONNECTIONS)) current.push((await signInOnce(target, connection, account)).refresh_token ?? '');
  connection.close();
  return async (own, lane) => {
    const spent = current[lane] ?? '';
    const { access_token, refresh_token, id_token } = await tokensOf(own, tokenRequest(target, { grant_type: 'refresh_token', refresh_token: spent }));
    if (refresh_token === undefined || refresh_token === spent || !isJwt(access_token) || !isJwt(id_token)) throw new Error('the refresh token was not rotated, or a token is missing');
    current[lane] = refresh_token;
  };
}
