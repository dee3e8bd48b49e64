/**
 * Redirect URIs: what may be registered, which request matches a registration, and which of them identify the client.
 * Matching compares bytes and never parses, so that no two parsers can disagree about a URI (RFC 9700 4.1.3).
 */

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):/;
/** All characters of RFC 3986, with complete percent-encodings. */
const URI_CHARACTERS = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*$/;
/** Authority and path of a hierarchical URI, as written. */
const HIERARCHICAL = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)([^?#]*)/;
const PORT = /^(.*?)(?::([1-9][0-9]{0,4}))?$/;
/** http on a loopback IP literal, its port, and everything after it. Whatever follows the port must begin a path or a query, so no host can hide behind it. */
const LOOPBACK_LITERAL = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]))(?::([1-9][0-9]{0,4}))?((?:[/?].*)?)$/s;

const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', '[::1]', 'localhost']);
const SCRIPT_SCHEMES: ReadonlySet<string> = new Set(['javascript', 'data', 'file', 'vbscript', 'blob', 'about', 'filesystem', 'view-source']);
const MAX_LENGTH = 2048;
const MAX_PORT = 65535;

/**
 * Says why a URI cannot be registered as a redirect URI; null when it can.
 * The text is for error descriptions: ASCII, without quotes, and it repeats nothing of the URI.
 * @see RFC 6749 3.1.2, RFC 8252 7 and 8.4, RFC 9700 4.1
 */
export function redirectUriProblem(uri: string): string | null {
  if (uri.length > MAX_LENGTH) return `is longer than ${MAX_LENGTH} characters`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0020\u007f-\u00a0\u2028\u2029\ufeff]/.test(uri)) return 'contains white space or a control character';
  if (uri.includes('\\')) return 'contains a backslash';
  if (uri.includes('#')) return 'contains a fragment';
  if (uri.includes('*')) return 'contains a wildcard; register each URI in full';
  const scheme = SCHEME.exec(uri)?.[1]?.toLowerCase();
  if (scheme === undefined) return 'is not an absolute URI';
  if (SCRIPT_SCHEMES.has(scheme)) return `uses the scheme ${scheme}, which a browser would run or read instead of redirecting`;
  if (!URI_CHARACTERS.test(uri)) return 'contains a character that must be percent-encoded';
  const [, authority, path] = HIERARCHICAL.exec(uri) ?? [];
  if (authority?.includes('@')) return 'contains user information';
  return scheme === 'https' || scheme === 'http' ? webUriProblem(uri, scheme, authority, path) : privateUseProblem(uri, scheme);
}

function webUriProblem(uri: string, scheme: string, authority: string | undefined, path: string | undefined): string | null {
  if (authority === undefined || authority === '') return 'has no host';
  const [, host, port] = PORT.exec(authority) ?? [];
  if (!URL.canParse(uri) || (port !== undefined && Number(port) > MAX_PORT)) return 'is not a valid URI';
  const parsed = new URL(uri);
  // Browsers rewrite hosts such as 0x7f.1 or ex%61mple.com, empty ports and dot segments: what was registered would not be where the person lands.
  if (host?.toLowerCase() !== parsed.hostname) return 'has a host or port that is not in its normal form';
  if ((path === '' ? '/' : path) !== parsed.pathname) return 'contains dot segments';
  if (scheme === 'http' && !LOOPBACK_HOSTS.has(parsed.hostname)) return 'uses plain http, which is for loopback hosts only; use https';
  return null;
}

function privateUseProblem(uri: string, scheme: string): string | null {
  if (!scheme.includes('.')) return 'uses a private-use scheme without a period; use a reversed domain name such as com.example.app:/callback';
  if (uri.length === scheme.length + 1 || !URL.canParse(uri)) return 'is not a valid URI';
  return null;
}

/**
 * True when a requested redirect URI is one of the registered ones: byte for byte, but for the port of http on a loopback IP literal,
 * which a native app learns only when it starts. `localhost` is a name, so its port is compared too.
 * @see RFC 8252 7.3 and 8.3, RFC 9700 4.1.3
 */
export function matchRedirectUri(registered: readonly string[], requested: string): boolean {
  if (registered.includes(requested)) return true;
  const wanted = withoutLoopbackPort(requested);
  return wanted !== null && registered.some((uri) => withoutLoopbackPort(uri) === wanted);
}

function withoutLoopbackPort(uri: string): string | null {
  const [, origin, port, rest] = LOOPBACK_LITERAL.exec(uri) ?? [];
  return origin === undefined || Number(port ?? 0) > MAX_PORT ? null : `${origin}${rest}`;
}

/**
 * True when who receives the redirect is assured by the URI: https, where a host name is owned. False for loopback and private-use URIs,
 * which any program on the device can claim (RFC 8252 8.4 and 8.6).
 */
export function assuredRedirectUri(uri: string): boolean {
  if (!uri.startsWith('https://') || !URL.canParse(uri)) return false;
  const host = new URL(uri).hostname;
  return !isLoopbackHost(host) && !host.endsWith('.localhost');
}

/** True for `localhost`, 127.0.0.0/8 and `[::1]`; the host as `URL.hostname` gives it. */
export const isLoopbackHost = (host: string): boolean => LOOPBACK_HOSTS.has(host) || /^127(?:\.[0-9]{1,3}){3}$/.test(host);
