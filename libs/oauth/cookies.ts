import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Core } from '#runtime/core.ts';

type Name = 'session' | 'browser';

/** Names of cookies depend on the issuer alone: what a proxy speaks to us does not matter, and a client cannot change it. */
const isSecure = (core: Core): boolean => core.issuer.startsWith('https:');

const nameOf = (core: Core, name: Name): string => `${isSecure(core) ? '__Host-' : ''}grantlog-${name}`;

export function readCookie(core: Core, request: FastifyRequest, name: Name): string | null {
  const { cookie } = request.headers;
  return cookie === undefined ? null : (parseCookie(cookie)[nameOf(core, name)] ?? null);
}

/** Sets a cookie for the browser’s session; null removes it. */
export function setCookie(core: Core, reply: FastifyReply, name: Name, value: string | null): void {
  const options = { path: '/', httpOnly: true, secure: isSecure(core), sameSite: 'lax' } as const;
  const cookie = stringifySetCookie({ name: nameOf(core, name), value: value ?? '', ...options, ...(value === null ? { maxAge: 0 } : {}) });
  // A header already set by an earlier step stays.
  const present = reply.getHeader('set-cookie');
  reply.header('set-cookie', present === undefined ? cookie : [present, cookie].flat());
}

const BROWSER_ID = /^[A-Za-z0-9_-]{43}$/;

/** The value that binds signed queries and forms to this browser; null when it sent none. It authenticates nobody. */
export function browserId(core: Core, request: FastifyRequest): string | null {
  const value = readCookie(core, request, 'browser');
  return value !== null && BROWSER_ID.test(value) ? value : null;
}

/** The browser’s value, given to it now if it has none. */
export function ensureBrowserId(core: Core, request: FastifyRequest, reply: FastifyReply): string {
  const present = browserId(core, request);
  if (present !== null) return present;
  const fresh = core.random.bytes(32).toString('base64url');
  setCookie(core, reply, 'browser', fresh);
  return fresh;
}
