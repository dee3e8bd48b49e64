import { OAuthError } from './errors.ts';

/** The parameters of a request, decoded once. A parameter without a value counts as absent (RFC 6749 3.1). */
export class Parameters {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]>) {
    this.#values = values;
  }

  /** The value of a parameter that may come once. @throws OAuthError invalid_request when it comes twice */
  get(name: string): string | null {
    const values = this.#values.get(name);
    if (values !== undefined && values.length > 1) throw new OAuthError('invalid_request', `parameter ${name} is given more than once`);
    return values?.[0] ?? null;
  }

  /** The value if it is there exactly once; for places that must not throw. */
  peek(name: string): string | null {
    const values = this.#values.get(name);
    return values?.length === 1 ? (values[0] ?? null) : null;
  }

  /** All values of a parameter that may repeat (`resource`, RFC 8707 2; `scope` of the consent form). */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** @throws OAuthError invalid_request when it is absent */
  require(name: string): string {
    const value = this.get(name);
    if (value === null) throw new OAuthError('invalid_request', `parameter ${name} is missing`);
    return value;
  }

  names(): Iterable<string> {
    return this.#values.keys();
  }

  /** The first name that comes more than once, other than the ones that may. */
  repeated(...mayRepeat: readonly string[]): string | null {
    for (const [name, values] of this.#values) if (values.length > 1 && !mayRepeat.includes(name)) return name;
    return null;
  }
}

export const NO_PARAMETERS = new Parameters(new Map());

const ENCODED = /[%+]/;

function decode(text: string): string {
  if (!ENCODED.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new OAuthError('invalid_request', 'a parameter is not correctly percent-encoded UTF-8');
  }
}

/**
 * Reads `application/x-www-form-urlencoded` text: a query string or a form body.
 * @throws OAuthError invalid_request for broken percent-encoding, bytes that are not UTF-8, and NUL
 */
export function parseParameters(text: string): Parameters {
  const values = new Map<string, string[]>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    if (name.includes('\0') || value.includes('\0')) throw new OAuthError('invalid_request', 'a parameter has a NUL character');
    if (value === '') continue;
    const present = values.get(name);
    if (present === undefined) values.set(name, [value]);
    else present.push(value);
  }
  return new Parameters(values);
}

/** The raw query string of a request target, without the question mark; empty when there is none. */
export function queryOf(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? '' : url.slice(at + 1);
}

/** A JSON body of the form endpoints: an object of strings, or lists of strings for what may repeat. @throws OAuthError invalid_request */
export function parametersFromJson(body: unknown): Parameters {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new OAuthError('invalid_request', 'the body is not a JSON object');
  const values = new Map<string, string[]>();
  for (const [name, value] of Object.entries(body)) {
    const list = Array.isArray(value) ? value : [value];
    const texts = list.map((item) => (typeof item === 'boolean' ? String(item) : item));
    if (!texts.every((item) => typeof item === 'string' && item.isWellFormed() && !item.includes('\0'))) throw new OAuthError('invalid_request', 'a member of the body is not text');
    const present = texts.filter((item) => item !== '');
    if (present.length > 0) values.set(name, present);
  }
  return new Parameters(values);
}
