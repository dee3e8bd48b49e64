import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { isLoopbackHost } from '#client/redirect-uri.ts';

const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._~-]+$/;
const HOST_NAME = /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** Second-level labels under which countries register names (`example.co.uk`). */
const PUBLIC_SECOND_LEVEL: ReadonlySet<string> = new Set(['ac', 'co', 'com', 'edu', 'go', 'gov', 'ne', 'net', 'or', 'org']);

/** True for `''` and for `/a/b`: unreserved characters only, no empty or dot segment, no slash at the end. Routers and proxies then agree on it. */
export const isPlainPath = (path: string): boolean => path === '' || (path.startsWith('/') && path.slice(1).split('/').every((segment) => SEGMENT.test(segment)));

/** The path of an issuer: `''` or `/tenant`. */
export const issuerPath = (issuer: string): string => new URL(issuer).pathname.replace(/\/$/, '');

/**
 * Says why a URL cannot be the issuer; null when it can. An issuer is compared byte for byte by every client, so only the normal form is taken.
 * @see RFC 8414 2, OpenID Connect Discovery 3
 */
export function issuerProblem(issuer: string): string | null {
  if (!/^https?:\/\/[^/]/.test(issuer) || !URL.canParse(issuer)) return 'expected an https URL';
  const url = new URL(issuer);
  if (url.username !== '' || url.password !== '' || issuer.includes('@')) return 'contains user information';
  if (issuer.includes('?')) return 'contains a query';
  if (issuer.includes('#')) return 'contains a fragment';
  if (issuer.endsWith('/')) return 'ends with a slash';
  const normal = url.origin + issuerPath(issuer);
  if (normal !== issuer) return `is not in its normal form, which is ${JSON.stringify(normal)}`;
  if (!isPlainPath(issuerPath(issuer))) return 'has a path with other characters than A-Z a-z 0-9 . _ ~ -';
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) return 'uses plain http, which is for loopback hosts only; use https';
  return null;
}

/**
 * Says why a text cannot identify a resource; null when it can: https, a URN, or http on a loopback host, without fragment.
 * @see RFC 8707 2
 */
export function resourceIdentifierProblem(identifier: string): string | null {
  if (identifier.includes('#')) return 'contains a fragment';
  if (!/^[\x21-\x7e]+$/.test(identifier) || !URL.canParse(identifier)) return 'expected an absolute URI';
  if (/^urn:[a-z0-9][a-z0-9-]{0,31}:./i.test(identifier)) return null;
  if (!/^https?:\/\/[^/]/.test(identifier)) return 'expected an https URL or a URN';
  const url = new URL(identifier);
  if (url.username !== '' || url.password !== '') return 'contains user information';
  return url.protocol === 'http:' && !isLoopbackHost(url.hostname) ? 'uses plain http, which is for loopback hosts only; use https' : null;
}

/**
 * True when a browser counts both as one site: same scheme and same registrable domain, ports aside. Without the public suffix list the
 * registrable domain is a guess (two labels, three below `co.uk` and its like), good enough to catch a mistake; the browser decides.
 */
export function sameSite(a: URL, b: URL): boolean {
  return a.protocol === b.protocol && siteOf(a.hostname) === siteOf(b.hostname);
}

function siteOf(host: string): string {
  const labels = host.split('.');
  if (host.startsWith('[') || ipaddr.IPv4.isValidFourPartDecimal(host) || labels.length < 3) return host;
  const country = labels.at(-1)?.length === 2 && PUBLIC_SECOND_LEVEL.has(labels.at(-2) ?? '');
  return labels.slice(country ? -3 : -2).join('.');
}

/** True for an IPv4 address in four decimal parts or an IPv6 address without a zone. */
const isAddress = (text: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(text) || (text.includes(':') && !text.includes('%') && ipaddr.IPv6.isValid(text));

function isAddressRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  if (!isAddress(address) || more.length > 0) return false;
  return bits === undefined || (/^(?:0|[1-9][0-9]{0,2})$/.test(bits) && Number(bits) <= (address.includes(':') ? 128 : 32));
}

const isHostName = (text: string): boolean => HOST_NAME.test(text) && !/(?:^|\.)[0-9]+$/.test(text);

/** An address or a CIDR. */
export const addressRange = z.string().refine(isAddressRange, 'expected an IP address or a CIDR');

/** A host name in lower case, an address or a CIDR. */
export const hostOrRange = z.string().refine((text) => isAddressRange(text) || isHostName(text), 'expected a host name in lower case, an IP address or a CIDR');

/** What the server can listen on: an address or a host name. */
export const listenHost = z.string().refine((text) => isAddress(text) || isHostName(text.toLowerCase()), 'expected an IP address or a host name');
