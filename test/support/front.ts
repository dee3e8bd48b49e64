import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Test } from 'tap';
import type { RecordedEvent } from '#kernel/event.ts';
import { DATABASE_FILE } from '#stores/sqlite/open.ts';
import { Browser, errorOf, formOf, type Form } from './browser.ts';
import { PEOPLE, REDIRECT_URI, type TestServer } from './server.ts';

/** What the browser’s side of the server (authorization endpoint, pages, form targets) answered. */
export interface Shown {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly location: string | null;
  /** The answer for the client, when the redirect leaves this server. */
  readonly toClient: URL | null;
  /** What an error page says in `[data-error]`. */
  readonly error: string | null;
}

export async function shownOf(response: Response): Promise<Shown> {
  const text = await response.text();
  const location = response.headers.get('location');
  const toClient = location === null || location.startsWith('/') ? null : URL.parse(location);
  return { status: response.status, headers: response.headers, text, location, toClient, error: errorOf(text) };
}

/** SHA-256 of a verifier, as good as any where no code is redeemed. */
export const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';

type Changes = Readonly<Record<string, string | null>>;

/** A good authorization request of the client `web`, with changes: null leaves a parameter out. */
export function requestOf(changes: Changes = {}): URLSearchParams {
  const base = { response_type: 'code', client_id: 'web', redirect_uri: REDIRECT_URI, scope: 'openid profile', state: 'state-1', code_challenge: CHALLENGE, code_challenge_method: 'S256' };
  const parameters = Object.entries({ ...base, ...changes }).filter((entry): entry is [string, string] => entry[1] !== null);
  return new URLSearchParams(parameters);
}

const PASSWORDS: Readonly<Record<string, string>> = Object.fromEntries(PEOPLE.accounts.map(({ username, password }) => [username, password]));
/** The password of one of `PEOPLE`. */
export const passwordOf = (username: string): string => PASSWORDS[username] ?? 'nobody has this password';

/** The browser’s side of a server at its configured paths. */
export function frontOf(server: TestServer) {
  const { paths } = server.core;
  const front = {
    paths,
    browser: (headers: Record<string, string> = {}) => new Browser(server.url, headers),
    get: async (browser: Browser, url: string, headers: Record<string, string> = {}) => shownOf(await browser.fetch(url, { headers })),
    post: async (browser: Browser, url: string, fields: readonly (readonly [string, string])[] | Record<string, string>) => shownOf(await browser.post(url, fields)),
    json: async (browser: Browser, url: string, body: unknown, headers: Record<string, string> = {}) =>
      shownOf(await browser.fetch(url, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } })),
    /** An authorization request: changes to the good one, or a query as it is. */
    ask: (changes: Changes | string = {}, browser: Browser = front.browser(), headers: Record<string, string> = {}) =>
      front.get(browser, `${paths.authorization}?${typeof changes === 'string' ? changes : requestOf(changes)}`, headers),
    /** The page that an authorization request leads to, with its form. */
    async page(changes: Changes | string = {}, browser: Browser = front.browser(), headers: Record<string, string> = {}) {
      const asked = await front.ask(changes, browser, headers);
      if (asked.location === null || asked.toClient !== null) throw new Error(`no page but ${asked.status} ${asked.location} ${asked.error}`);
      const shown = await front.get(browser, asked.location, headers);
      return { ...shown, url: asked.location, form: formOf(shown.text), browser };
    },
    /** Sends a page’s form with a person’s name and password. */
    signInOn: (browser: Browser, form: Form, username = 'alice', password = passwordOf(username)) =>
      front.post(browser, form.action, [...form.fields, ['username', username], ['password', password]]),
    /** Signs a person in without any request; where somebody is signed in already, by a request that wants a new sign-in. */
    async signIn(username = 'alice', browser: Browser = front.browser(), password = passwordOf(username)): Promise<Browser> {
      const shown = await front.get(browser, paths.signInPage);
      const form = shown.text.includes('<form') ? formOf(shown.text) : (await front.page({ prompt: 'login' }, browser)).form;
      const answer = await front.signInOn(browser, form, username, password);
      if (answer.status !== 303) throw new Error(`sign-in answered ${answer.status} ${answer.error}`);
      return browser;
    },
    /** Sends a consent page’s form: as it came, or with exactly these boxes; false denies. */
    decide(browser: Browser, form: Form, accept: boolean | readonly string[] = true): Promise<Shown> {
      const fields = typeof accept === 'boolean' ? form.fields : [...form.fields.filter(([name]) => name !== 'scope'), ...accept.map((scope) => ['scope', scope] as const)];
      return front.post(browser, form.action, [...fields, ['accept', String(accept !== false)]]);
    },
    /** Follows redirects within the server. */
    async follow(browser: Browser, shown: Shown): Promise<Shown> {
      let next = shown;
      while (next.location?.startsWith('/')) next = await front.get(browser, next.location);
      return next;
    },
  };
  return front;
}

/** RFC 6749 4.1.2.1: the error goes to the client by redirect, with `state` and (RFC 9207) `iss`, without a code. */
export function sentToClient(t: Test, issuer: string, shown: Shown, error: string, { state = 'state-1', redirectUri = REDIRECT_URI, message = error }: { state?: string | null; redirectUri?: string; message?: string } = {}): void {
  t.equal(shown.status, 303, `${message}: 303`);
  t.ok(shown.location?.startsWith(redirectUri), `${message}: to the client, not ${shown.location ?? `${shown.status} ${shown.error}`}`);
  const parameters = shown.toClient?.searchParams;
  t.equal(parameters?.get('error'), error, `${message}: error`);
  t.equal(parameters?.get('state'), state, `${message}: state`);
  t.equal(parameters?.get('iss'), issuer, `${message}: iss`);
  t.equal(parameters?.has('code'), false, `${message}: no code`);
  t.ok(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/.test(parameters?.get('error_description') ?? ''), `${message}: description`);
}

/** RFC 6749 4.1.2.1: an error page for the person and nothing for anybody else. */
export function shownToPerson(t: Test, shown: Shown, error: string, { status = 400, message = error }: { status?: number; message?: string } = {}): void {
  t.equal(shown.status, status, `${message}: status`);
  t.equal(shown.location, null, `${message}: no redirect`);
  t.equal(shown.error, error, `${message}: [data-error]`);
  t.ok(/data-request-id[^>]*>[^<]+</.test(shown.text), `${message}: [data-request-id]`);
  t.ok(/^text\/html/.test(shown.headers.get('content-type') ?? ''), `${message}: a page`);
  t.equal(shown.headers.get('set-cookie'), null, `${message}: no cookie`);
}

/** Every event in the log of a server with a data directory, in order. */
export function eventsOf(server: { readonly dataDir: string }): readonly RecordedEvent[] {
  const database = new DatabaseSync(join(server.dataDir, DATABASE_FILE), { readOnly: true });
  try {
    return database.prepare('SELECT leaf FROM events ORDER BY position').all().map((row) => JSON.parse(String(row['leaf'])) as RecordedEvent);
  } finally {
    database.close();
  }
}

export const eventTypes = (server: { readonly dataDir: string }): readonly string[] => eventsOf(server).map((event) => event.type);

/** A request byte for byte: nothing is normalized, and headers that `fetch` keeps to itself (Host) can be set. */
export function raw(server: { readonly url: string }, options: { method?: string; path: string; headers?: Record<string, string | string[]>; body?: string | Uint8Array }): Promise<{ status: number; headers: Record<string, string | string[] | undefined>; text: string }> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ hostname, port, method: options.method ?? 'GET', path: options.path, headers: options.headers ?? {}, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() }));
    });
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}
