import { Browser, type Journey, pkce, walk } from './browser.ts';
import { CLIENTS, REDIRECT_URI } from './server.ts';

/** A client as far as it speaks to the direct endpoints (token, introspection, revocation). */
export interface TestClient {
  readonly client_id: string;
  readonly client_secret?: string;
  readonly token_endpoint_auth_method?: string;
  readonly redirect_uris?: readonly string[];
}

export type Fields = Readonly<Record<string, string>> | readonly (readonly [string, string])[] | string;

/** What an endpoint answered. `body` is the JSON of it; undefined when it is none. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at members that may or may not be there.
  readonly body: any;
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  return { status: response.status, headers: response.headers, text, body };
}

const encode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');

/** RFC 6749 2.3.1: HTTP Basic of the form-urlencoded halves. */
export const basic = (clientId: string, secret: string): string => `Basic ${Buffer.from(`${encode(clientId)}:${encode(secret)}`).toString('base64')}`;

/** How a client says who it is, by its registered method. */
export function credentialsOf(client: TestClient): { readonly fields: Record<string, string>; readonly headers: Record<string, string> } {
  const { client_id, client_secret, token_endpoint_auth_method: method = 'client_secret_basic' } = client;
  if (method === 'client_secret_basic') return { fields: {}, headers: { authorization: basic(client_id, client_secret ?? '') } };
  return { fields: { client_id, ...(client_secret === undefined ? {} : { client_secret }) }, headers: {} };
}

const pairsOf = (fields: Exclude<Fields, string>): [string, string][] => (Array.isArray(fields) ? fields.map(([name, value]) => [name, value]) : Object.entries(fields as Record<string, string>));

/** A form body; text is sent as it is. */
export function form(url: string, fields: Fields, headers: Record<string, string> = {}): Promise<Answer> {
  const body = typeof fields === 'string' ? fields : new URLSearchParams(pairsOf(fields)).toString();
  return fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers } }).then(answerOf);
}

/** A code and what its redemption needs. */
export interface IssuedCode {
  readonly code: string;
  readonly code_verifier: string;
  readonly redirect_uri: string;
}

export interface CodeRequest extends Journey {
  readonly scope?: string;
  readonly browser?: Browser;
  /** Further parameters of the authorization request. */
  readonly parameters?: Record<string, string> | readonly (readonly [string, string])[];
  readonly redirectUri?: string;
}

/** The direct endpoints of a server at the default paths, and the way to a code. */
export function directOf(server: { readonly url: string }) {
  const { url } = server;
  const browsers = new Map<string, Browser>();
  const browserOf = (username: string): Browser => {
    const present = browsers.get(username) ?? new Browser(url);
    browsers.set(username, present);
    return present;
  };
  const authenticated = (path: string, client: TestClient, fields: Exclude<Fields, string>, headers: Record<string, string> = {}): Promise<Answer> => {
    const credentials = credentialsOf(client);
    return form(url + path, [...pairsOf(fields), ...Object.entries(credentials.fields)], { ...credentials.headers, ...headers });
  };
  const direct = {
    url,
    token: (client: TestClient, fields: Exclude<Fields, string>, headers?: Record<string, string>) => authenticated('/oauth2/token', client, fields, headers),
    introspect: (token: string, client: TestClient = CLIENTS.api, fields: Record<string, string> = {}) => authenticated('/oauth2/introspect', client, { token, ...fields }),
    revoke: (token: string, client: TestClient, fields: Record<string, string> = {}) => authenticated('/oauth2/revoke', client, { token, ...fields }),
    userinfo: (token: string, headers: Record<string, string> = {}) => fetch(`${url}/userinfo`, { headers: { authorization: `Bearer ${token}`, ...headers } }).then(answerOf),
    get: (path: string, headers: Record<string, string> = {}) => fetch(url + path, { headers, redirect: 'manual' }).then(answerOf),
    /** Whether introspection calls a token active. */
    isActive: async (token: string): Promise<boolean> => (await direct.introspect(token)).body.active === true,
    /** Walks to a code; alice is signed in once for all of them, each other person too. */
    async code(client: TestClient, { scope = 'openid offline_access read:photos', browser, parameters = {}, redirectUri = client.redirect_uris?.[0] ?? REDIRECT_URI, ...journey }: CodeRequest = {}): Promise<IssuedCode> {
      const { verifier, challenge } = pkce();
      const request = new URLSearchParams({ response_type: 'code', client_id: client.client_id, redirect_uri: redirectUri, scope, state: 'state-1', code_challenge: challenge, code_challenge_method: 'S256' });
      for (const [name, value] of Array.isArray(parameters) ? parameters : Object.entries(parameters)) request.append(name, value);
      const answer = await walk(browser ?? browserOf(journey.username ?? 'alice'), `${url}/oauth2/authorize?${request}`, journey);
      const code = answer.searchParams.get('code');
      if (code === null) throw new Error(`no code: ${answer.href}`);
      return { code, code_verifier: verifier, redirect_uri: redirectUri };
    },
    redeem: (client: TestClient, issued: Partial<IssuedCode>, fields: Record<string, string> = {}) => direct.token(client, { grant_type: 'authorization_code', ...issued, ...fields }),
    refresh: (client: TestClient, refreshToken: string, fields: Record<string, string> = {}) => direct.token(client, { grant_type: 'refresh_token', refresh_token: refreshToken, ...fields }),
    clientCredentials: (client: TestClient, fields: Record<string, string> = {}) => direct.token(client, { grant_type: 'client_credentials', ...fields }),
    /** The tokens of a whole code flow. */
    async tokens(client: TestClient, request: CodeRequest = {}) {
      const answer = await direct.redeem(client, await direct.code(client, request));
      if (answer.status !== 200) throw new Error(`no tokens: ${answer.text}`);
      return answer.body as { access_token: string; refresh_token: string; id_token: string; scope: string; expires_in: number; token_type: string };
    },
  };
  return direct;
}

export type Direct = ReturnType<typeof directOf>;

/** The parts of a JWT, unverified. */
// biome-ignore lint/suspicious/noExplicitAny: tests look at members that may or may not be there.
export function jwtParts(token: string): { header: any; payload: any } {
  const [header = '', payload = ''] = token.split('.');
  const parse = (segment: string) => JSON.parse(Buffer.from(segment, 'base64url').toString());
  return { header: parse(header), payload: parse(payload) };
}

/** Runs `work` so many times at once. */
export const parallel = <T>(times: number, work: (index: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: times }, (_, index) => work(index)));
