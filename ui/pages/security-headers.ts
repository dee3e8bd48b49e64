import { createHash } from 'node:crypto';
import { STYLE } from './style.ts';

export interface PageHeaderOptions {
  /** URIs (or origins, or `scheme:`) that a form of this page may lead to besides our own: the validated redirect URI, since browsers apply form-action to the redirect that follows. */
  readonly formAction?: readonly string[];
  /** `sha256-…` of the one script, without quotes. */
  readonly scriptHash?: string;
  /** URIs of the images on the page; what is not http or https is left out. */
  readonly imgSrc?: readonly string[];
}

const STYLE_HASH = `sha256-${createHash('sha256').update(STYLE).digest('base64')}`;

const PERMISSIONS_POLICY = ['camera', 'display-capture', 'geolocation', 'microphone', 'midi', 'payment', 'screen-wake-lock', 'serial', 'usb', 'xr-spatial-tracking']
  .map((feature) => `${feature}=()`)
  .join(', ');

/** Headers of every HTML page. Strict-Transport-Security is the server's, who knows whether it speaks https. */
export function pageHeaders(options: PageHeaderOptions): Record<string, string> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': contentSecurityPolicy(options),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Permissions-Policy': PERMISSIONS_POLICY,
  };
}

function contentSecurityPolicy(options: PageHeaderOptions): string {
  const images = sources(options.imgSrc ?? []).filter((source) => /^https?:/.test(source));
  return [
    "default-src 'none'",
    `style-src '${STYLE_HASH}'`,
    ...(options.scriptHash === undefined ? [] : [`script-src '${options.scriptHash}'`]),
    ...(images.length === 0 ? [] : [`img-src ${images.join(' ')}`]),
    `form-action ${["'self'", ...sources(options.formAction ?? [])].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

const sources = (uris: readonly string[]): readonly string[] => [...new Set(uris.flatMap((uri) => sourceOf(uri) ?? []))];

/**
 * The CSP source for a URI: its origin where the grammar can say it (CSP3 2.3.1 knows no IPv6 literal, and a URL's host may hold `;` or `*`),
 * else its scheme. Null for what is no absolute URI.
 */
function sourceOf(uri: string): string | null {
  const url = URL.parse(uri);
  if (url === null) return null;
  return /^https?:$/.test(url.protocol) && /^[a-z0-9._-]+$/i.test(url.hostname) ? url.origin : url.protocol;
}
