import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import type { Actor, PersonalFields } from '#kernel/event.ts';
import type { Origin } from '#runtime/handle-command.ts';

/** Who is at the other end of a connection, as far as it can be believed. */
export interface Caller {
  readonly requestId: string;
  readonly address: string;
  readonly userAgent: string | null;
}

/** An address and the number of its bits that count. */
export type AddressRange = [ipaddr.IPv4 | ipaddr.IPv6, number];

/** An address in one spelling: IPv4-mapped IPv6 becomes IPv4. Null for what is no address. */
function normalize(text: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  return ipaddr.isValid(text) ? ipaddr.process(text) : null;
}

export function parseRanges(proxies: readonly string[]): readonly AddressRange[] {
  return proxies.map((proxy) => {
    if (proxy.includes('/')) return ipaddr.parseCIDR(proxy);
    const address = ipaddr.process(proxy);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  });
}

const within = (address: ipaddr.IPv4 | ipaddr.IPv6, ranges: readonly AddressRange[]): boolean => ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range as never, bits as never));

/** The addresses that a `Forwarded` (RFC 7239) or `X-Forwarded-For` header names, in order; empty when one is not an address. */
function forwardedFor(request: FastifyRequest): readonly string[] {
  const { forwarded, 'x-forwarded-for': xForwardedFor } = request.headers;
  if (typeof forwarded === 'string') {
    return forwarded.split(',').map((hop) => {
      const named = /(?:^|;)\s*for=(?:"([^"]*)"|([^;\s]+))/i.exec(hop);
      const node = named?.[1] ?? named?.[2] ?? '';
      return /^\[([^\]]+)\](?::\d+)?$/.exec(node)?.[1] ?? node.replace(/:\d+$/, '');
    });
  }
  return typeof xForwardedFor === 'string' ? xForwardedFor.split(',').map((hop) => hop.trim()) : [];
}

/**
 * The caller's address. Forwarding headers count only when the peer is a trusted proxy, and are read from the right:
 * the first address that is not a trusted proxy is the caller. Nothing here ever decides the issuer or a link.
 */
export function callerAddress(request: FastifyRequest, trusted: readonly AddressRange[]): string {
  let address = normalize(request.socket.remoteAddress ?? '');
  if (trusted.length > 0) {
    for (const hop of [...forwardedFor(request)].reverse()) {
      if (address === null || !within(address, trusted)) break;
      const next = normalize(hop);
      if (next === null) break;
      address = next;
    }
  }
  return address?.toString() ?? 'unknown';
}

/** What counts as one address for limits: an IPv4 address, or the /64 of an IPv6 address, which one household or attacker holds whole. */
export function limitKey(address: string): string {
  const parsed = normalize(address);
  if (parsed === null || parsed.kind() === 'ipv4') return address;
  return `${(parsed as ipaddr.IPv6).parts.slice(0, 4).map((part) => part.toString(16)).join(':')}::/64`;
}

export function callerOf(request: FastifyRequest, trusted: readonly AddressRange[]): Caller {
  const userAgent = request.headers['user-agent'];
  return { requestId: request.id, address: callerAddress(request, trusted), userAgent: userAgent === undefined ? null : userAgent.slice(0, 256) };
}

/** Address and agent of the caller, to be sealed under the owner's key. */
export const originFields = (caller: Caller, owner: string): PersonalFields => ({ owner, fields: { address: caller.address, user_agent: caller.userAgent } });

export const originOf = (caller: Caller, actor: Actor): Origin => ({ actor, request: caller.requestId });
