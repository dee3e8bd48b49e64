import { isIPv4 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { type Address, type AddressRange, type Caller, normalizeAddress, within } from '#runtime/caller.ts';

/** An address as proxies write it: in brackets and with a port where they please. */
const withoutPort = (node: string): string => /^\[([^\]]+)\](?::\d+)?$/.exec(node)?.[1] ?? (/^[^:]+:\d+$/.test(node) ? node.slice(0, node.indexOf(':')) : node);

/** The nodes that a `Forwarded` header names (RFC 7239 5.2), in order; empty text where a hop names none. */
const forwardedNodes = (header: string): readonly string[] =>
  header.split(',').map((hop) => {
    const named = /(?:^|;)\s*for=(?:"([^"]*)"|([^;\s]+))/i.exec(hop);
    return withoutPort(named?.[1] ?? named?.[2] ?? '');
  });

const xForwardedForNodes = (header: string): readonly string[] => header.split(',').map((hop) => withoutPort(hop.trim()));

/** The first address from the right that is not a trusted proxy; the last trusted one where what is before it is no address. */
function firstUntrusted(peer: Address, nodes: readonly string[], trusted: readonly AddressRange[]): Address {
  let address = peer;
  for (const node of nodes.toReversed()) {
    if (!within(address, trusted)) break;
    const next = normalizeAddress(node);
    if (next === null) break;
    address = next;
  }
  return address;
}

/**
 * The caller's address. Forwarding headers count only when the peer is a trusted proxy, and are read from the right. A proxy that writes one
 * of the two headers passes on the other as it came: where they name different callers, neither is believed.
 * Nothing here ever decides the issuer or a link.
 */
export function callerAddress(request: FastifyRequest, trusted: readonly AddressRange[]): string {
  const { remoteAddress = '' } = request.socket;
  // The common case needs no parsing: an IPv4 address has one spelling.
  if (trusted.length === 0 && isIPv4(remoteAddress)) return remoteAddress;
  const peer = normalizeAddress(remoteAddress);
  if (peer === null) return 'unknown';
  const { forwarded, 'x-forwarded-for': xForwardedFor } = request.headers;
  const named = [
    ...(typeof forwarded === 'string' ? [forwardedNodes(forwarded)] : []),
    ...(typeof xForwardedFor === 'string' ? [xForwardedForNodes(xForwardedFor)] : []),
  ].map((nodes) => firstUntrusted(peer, nodes, trusted).toString());
  return new Set(named).size === 1 ? (named[0] ?? peer.toString()) : peer.toString();
}

export function callerOf(request: FastifyRequest, trusted: readonly AddressRange[]): Caller {
  const userAgent = request.headers['user-agent'];
  return { requestId: request.id, address: callerAddress(request, trusted), userAgent: userAgent === undefined ? null : userAgent.slice(0, 256) };
}
