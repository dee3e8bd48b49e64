import { createHash, randomBytes } from 'node:crypto';

/** A browser as far as forms and cookies go: follows nothing by itself, keeps cookies, sends what a page’s form has. */
export class Browser {
  readonly #cookies = new Map<string, string>();
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(base: string, headers: Readonly<Record<string, string>> = {}) {
    this.#base = base;
    this.#headers = headers;
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  setCookie(name: string, value: string): void {
    this.#cookies.set(name, value);
  }

  forget(name: string): void {
    this.#cookies.delete(name);
  }

  async fetch(url: string, init: { method?: string; body?: string; headers?: Record<string, string> } = {}): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...this.#headers, ...(cookie === '' ? {} : { cookie }), ...init.headers };
    const response = await fetch(new URL(url, this.#base), { ...init, headers, redirect: 'manual' });
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split('; ');
      const equals = pair.indexOf('=');
      if (attributes.some((attribute) => attribute.toLowerCase() === 'max-age=0')) this.#cookies.delete(pair.slice(0, equals));
      else this.#cookies.set(pair.slice(0, equals), pair.slice(equals + 1));
    }
    return response;
  }

  post(url: string, fields: readonly (readonly [string, string])[] | Record<string, string>): Promise<Response> {
    const body = new URLSearchParams(Array.isArray(fields) ? fields.map(([name, value]) => [name, value]) : (fields as Record<string, string>)).toString();
    return this.fetch(url, { method: 'POST', body, headers: { 'content-type': 'application/x-www-form-urlencoded' } });
  }
}

const unescapeHtml = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&#96;', '`').replaceAll('&amp;', '&');

export interface Form {
  readonly action: string;
  /** Hidden fields and checked boxes, as a browser would send them. */
  readonly fields: readonly (readonly [string, string])[];
}

const attribute = (tag: string, name: string): string | undefined => {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return value === undefined ? undefined : unescapeHtml(value);
};

/** The one form of a page. */
export function formOf(html: string): Form {
  const form = /<form[^>]*>/.exec(html)?.[0];
  if (form === undefined) throw new Error(`no form in: ${html.slice(0, 2000)}`);
  const fields: [string, string][] = [];
  for (const [tag] of html.matchAll(/<input[^>]*>/g)) {
    const type = attribute(tag, 'type');
    const isSent = type === 'hidden' || (type === 'checkbox' && / checked/.test(tag) && !/ disabled/.test(tag));
    if (isSent) fields.push([attribute(tag, 'name') ?? '', attribute(tag, 'value') ?? '']);
  }
  return { action: attribute(form, 'action') ?? '', fields };
}

/** What an error page says in its `[data-error]`. */
export const errorOf = (html: string): string | null => /data-error[^>]*>([^<]*)</.exec(html)?.[1] ?? null;

export interface Pkce {
  readonly verifier: string;
  readonly challenge: string;
}

export function pkce(): Pkce {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') };
}

const locationOf = (response: Response): string => {
  const location = response.headers.get('location');
  if (location === null) throw new Error(`no redirect but ${response.status}`);
  return location;
};

export interface Journey {
  readonly username?: string;
  readonly password?: string;
  /** Null: deny. A list: exactly these boxes checked. Left out: the page as it comes. */
  readonly scopes?: readonly string[] | null;
}

/**
 * Goes from an authorization URL to the client’s redirect URI: signs in and consents where a page asks for it.
 * @returns the address of the answer
 */
export async function walk(browser: Browser, url: string, { username = 'alice', password = 'correct horse battery staple', scopes }: Journey = {}): Promise<URL> {
  let response = await browser.fetch(url);
  for (let step = 0; step < 8; step++) {
    if (response.status === 303) {
      const location = locationOf(response);
      if (!location.startsWith('/')) return new URL(location);
      response = await browser.fetch(location);
      continue;
    }
    const html = await response.text();
    const error = errorOf(html);
    if (error !== null) throw new Error(`error page ${response.status}: ${html.replace(/<style>[\s\S]*?<\/style>/, '')}`);
    const form = formOf(html);
    if (html.includes('type="password"')) response = await browser.post(form.action, [...form.fields, ['username', username], ['password', password]]);
    else {
      const fields = scopes === undefined || scopes === null ? form.fields : [...form.fields.filter(([name]) => name !== 'scope'), ...scopes.map((scope) => ['scope', scope] as const)];
      response = await browser.post(form.action, [...fields, ['accept', String(scopes !== null)]]);
    }
    if (response.status !== 303) throw new Error(`form answered ${response.status}: ${(await response.text()).replace(/<style>[\s\S]*?<\/style>/, '')}`);
  }
  throw new Error('the journey does not end');
}

/** An authorization request of code flow with PKCE. */
export function authorizeUrl(base: string, parameters: Record<string, string>): string {
  return `${base}?${new URLSearchParams({ response_type: 'code', ...parameters })}`;
}
