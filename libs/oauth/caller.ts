import type { FastifyRequest } from 'fastify';
import ipaddr from 'ipaddr.js';
import { type Caller, normalizeAddress } from '#runtime/caller.ts';

/** An address and the number of its bits that count. */
export type AddressRange = [ipaddr.IPv4 | ipaddr.IPv6, number];

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
  let address = normalizeAddress(request.socket.remoteAddress ?? '');
  if (trusted.length > 0) {
    for (const hop of [...forwardedFor(request)].reverse()) {
      if (address === null || !within(address, trusted)) break;
      const next = normalizeAddress(hop);
      if (next === null) break;
      address = next;
    }
  }
  return address?.toString() ?? 'unknown';
}

export function callerOf(request: FastifyRequest, trusted: readonly AddressRange[]): Caller {
  const userAgent = request.headers['user-agent'];
  return { requestId: request.id, address: callerAddress(request, trusted), userAgent: userAgent === undefined ? null : userAgent.slice(0, 256) };
}
