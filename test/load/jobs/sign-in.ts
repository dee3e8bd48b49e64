import { createHash, randomBytes } from 'node:crypto';
import { type Answer, Connection, expectStatus, formRequest, getRequest } from '../connection.ts';
import { CONNECTIONS, type Job } from '../generator.ts';
import { ACCOUNTS, CLIENT, PASSWORD, PERSON_SCOPE, REDIRECT_URI, RESOURCES, type Target } from '../target.ts';
import { isJwt, type Tokens, tokenRequest, tokensOf } from './token-request.ts';

const unescapeHtml = (text: string): string => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>');
const attribute = (tag: string, name: string): string => unescapeHtml(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? '');

/** A browser without a past: keeps cookies, follows redirects on the server, fills in the form it is shown. */
class Visit {
  readonly #target: Target;
  readonly #connection: Connection;
  readonly #cookies = new Map<string, string>();

  constructor(target: Target, connection: Connection) {
    this.#target = target;
    this.#connection = connection;
  }

  async #send(request: (cookieHeader: string) => string): Promise<Answer> {
    const cookies = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await this.#connection.send(request(cookies === '' ? '' : `Cookie: ${cookies}\r\n`));
    for (const [, name = '', value = ''] of answer.head.matchAll(/^set-cookie: ([^=]+)=([^;\r\n]*)/gim)) {
      if (value === '') this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return answer;
  }

  get(path: string): Promise<Answer> {
    return this.#send((headers) => getRequest(this.#target.port, path, headers));
  }

  /** Sends the form of a page: its hidden fields and checked boxes, and user name and password or the agreement. */
  submit(html: string, account: string): Promise<Answer> {
    const form = /<form[^>]*>/.exec(html)?.[0] ?? '';
    const fields: Record<string, string> = html.includes('type="password"') ? { username: account, password: PASSWORD } : { accept: 'true', scope: PERSON_SCOPE };
    for (const [tag] of html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) fields[attribute(tag, 'name')] ??= attribute(tag, 'value');
    return this.#send((headers) => formRequest(this.#target.port, attribute(form, 'action'), fields, headers));
  }
}

const locationOf = (answer: Answer): string => /^location: (.*)$/im.exec(expectStatus(answer, 303).head)?.[1]?.trim() ?? '';

/** One person's way through an application: authorization request with PKCE, sign-in page, form, code, tokens. */
export async function signInOnce(target: Target, connection: Connection, account: string): Promise<Tokens> {
  const visit = new Visit(target, connection);
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const query = new URLSearchParams({ response_type: 'code', client_id: CLIENT.id, redirect_uri: REDIRECT_URI, scope: PERSON_SCOPE, state: verifier.slice(0, 16), nonce: verifier.slice(16, 32), code_challenge: challenge, code_challenge_method: 'S256', resource: RESOURCES.jwt.identifier });
  let location = locationOf(await visit.get(`${target.paths.authorization}?${query}`));
  while (!location.startsWith(REDIRECT_URI)) {
    const answer = await visit.get(location.replace(/^https?:\/\/[^/]+/, ''));
    location = locationOf(answer.status === 200 ? await visit.submit(answer.body, account) : answer);
  }
  const code = new URL(location).searchParams.get('code');
  if (code === null) throw new Error(`no code: ${location}`);
  const tokens = await tokensOf(connection, tokenRequest(target, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT_URI, code_verifier: verifier }));
  if (!isJwt(tokens.access_token) || !isJwt(tokens.id_token) || tokens.refresh_token === undefined) throw new Error(`not all tokens: ${JSON.stringify(tokens)}`);
  return tokens;
}

/** Sign-ins of people who have agreed before; each connection has its own people, and each time is a browser without cookies. */
export async function signIn(target: Target): Promise<Job> {
  const connection = await Connection.open(target.port);
  for (const account of ACCOUNTS) await signInOnce(target, connection, account);
  connection.close();
  const share = ACCOUNTS.length / CONNECTIONS;
  let turn = 0;
  return async (own, lane) => {
    await signInOnce(target, own, ACCOUNTS[lane * share + (turn++ % share)] ?? '');
  };
}
