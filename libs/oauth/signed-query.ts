import { hashFor, sameHash } from '#credentials/credential-keys.ts';
import type { Core } from '#runtime/core.ts';

/** What a signed query is good for: `sign-in` and `consent` on those pages, `resume` back at the authorization endpoint. */
export type Purpose = 'sign-in' | 'consent' | 'resume';

const TAIL = /^(.*)&exp=(\d{1,12})&sig=([A-Za-z0-9_-]{43})$/s;

async function signature(core: Core, purpose: Purpose, browser: string, signed: string): Promise<string> {
  return hashFor(core.keyring, 'oauth-query', `${purpose}\n${browser}\n${signed}`);
}

/**
 * The query as `URLSearchParams` writes it, so that a script that read it with that and wrote it again sends the same bytes; without `exp`
 * and `sig`, which are ours. The & keeps a question mark at the start from being taken for the one before a query.
 */
function spelled(query: string): string {
  const parameters = new URLSearchParams(`&${query}`);
  parameters.delete('exp');
  parameters.delete('sig');
  return parameters.toString();
}

/**
 * An authorization query as it goes through the browser: the whole query, `exp` (seconds since the epoch) and `sig` over all names and values,
 * the purpose and the browser’s cookie. What comes back is byte for byte what was signed, or refused.
 */
export async function signQuery(core: Core, purpose: Purpose, browser: string, query: string, exp: number): Promise<string> {
  const signed = `${spelled(query)}&exp=${exp}`;
  return `${signed}&sig=${await signature(core, purpose, browser, signed)}`;
}

export interface SignedQuery {
  /** The authorization query, without `exp` and `sig`. */
  readonly query: string;
  /** Seconds since the epoch. */
  readonly exp: number;
}

/** What was signed; null when it was changed, has expired, was meant for another page, or comes from another browser. */
export async function openQuery(core: Core, purpose: Purpose, browser: string | null, text: string): Promise<SignedQuery | null> {
  const [, query, exp, sig] = TAIL.exec(text) ?? [];
  if (browser === null || query === undefined || exp === undefined || sig === undefined) return null;
  const expected = await signature(core, purpose, browser, `${query}&exp=${exp}`);
  return sameHash(sig, expected) && Number(exp) * 1000 > core.clock.now() ? { query, exp: Number(exp) } : null;
}
