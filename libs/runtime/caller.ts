import ipaddr from 'ipaddr.js';
import type { Actor, PersonalFields } from '#kernel/event.ts';
import type { Origin } from './handle-command.ts';

/** Who is at the other end of a connection, as far as it can be believed. */
export interface Caller {
  readonly requestId: string;
  readonly address: string;
  readonly userAgent: string | null;
}

/** An address in one spelling: IPv4-mapped IPv6 becomes IPv4. Null for what is no address. */
export function normalizeAddress(text: string): Address | null {
  return ipaddr.isValid(text) ? ipaddr.process(text) : null;
}

/** An IP address, parsed. */
export type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An address and the number of its bits that count. */
export type AddressRange = [Address, number];

/** Addresses and CIDRs of the configuration. */
export function parseRanges(proxies: readonly string[]): readonly AddressRange[] {
  return proxies.map((proxy) => {
    if (proxy.includes('/')) return ipaddr.parseCIDR(proxy);
    const address = ipaddr.process(proxy);
    return [address, address.kind() === 'ipv4' ? 32 : 128];
  });
}

/** Whether an address lies in one of the ranges. */
export const within = (address: Address, ranges: readonly AddressRange[]): boolean => ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range as never, bits as never));

/** What counts as one address for limits: an IPv4 address, or the /64 of an IPv6 address, which one household or attacker holds whole. */
export function limitKey(address: string): string {
  const parsed = normalizeAddress(address);
  if (parsed === null || parsed.kind() === 'ipv4') return address;
  return `${(parsed as ipaddr.IPv6).parts.slice(0, 4).map((part) => part.toString(16)).join(':')}::/64`;
}

/** Address and agent of the caller, to be sealed under the owner's key. */
export const originFields = (caller: Caller, owner: string): PersonalFields => ({ owner, fields: { address: caller.address, user_agent: caller.userAgent } });

export const originOf = (caller: Caller, actor: Actor): Origin => ({ actor, request: caller.requestId });
