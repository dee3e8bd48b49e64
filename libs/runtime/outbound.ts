import { type LookupAddress, type LookupAllOptions, lookup as systemLookup } from 'node:dns';
import { request } from 'node:https';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Limits of every fetch that somebody else’s metadata can cause. */
const MAX_BYTES = 65_536;
const TIMEOUT_MS = 5000;

/** A fetch that was refused or failed. */
export class OutboundError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OutboundError';
  }
}

/** The only IPv6 addresses that are given out for the public internet (RFC 4291 2.4); what embeds an IPv4 address elsewhere (`::127.0.0.1`, NAT64) is none. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** Whether an address is public unicast, in whatever spelling: IPv4-mapped IPv6 counts as the IPv4 address in it. */
export function isPublicAddress(text: string): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  return address.range() === 'unicast' && (address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST));
}

function isAllowed(allow: readonly string[], hostname: string, address: string): boolean {
  if (isPublicAddress(address) || allow.includes(hostname)) return true;
  const parsed = ipaddr.process(address);
  return allow.some((entry) => {
    if (ipaddr.isValidCIDR(entry)) {
      const [range, bits] = ipaddr.parseCIDR(entry);
      return range.kind() === parsed.kind() && parsed.match(range as never, bits as never);
    }
    return ipaddr.isValid(entry) && ipaddr.process(entry).toString() === parsed.toString();
  });
}

/** How names become addresses; tests bring their own. */
type Resolve = (hostname: string, options: LookupAllOptions, callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;

/** Resolves a name once and hands the checked address to the connection, so that a second answer (DNS rebinding) is never asked for. */
function guardedLookup(allow: readonly string[], resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 4);
      const refused = addresses.find(({ address }) => !isAllowed(allow, hostname, address));
      if (refused !== undefined || addresses.length === 0) return callback(new OutboundError(`${hostname} leads to an address that is not public`), '', 4);
      const [first] = addresses;
      if (options.all === true) return callback(null, addresses);
      return callback(null, first?.address ?? '', first?.family ?? 4);
    });
  };
}

/**
 * Fetches a JSON document: https only, public addresses only (after resolution) unless `outbound.allow` names the host or its range,
 * no redirects, at most 64 KiB, at most 5 seconds.
 * @throws OutboundError
 */
export async function fetchJson(allow: readonly string[], uri: string, resolveName: Resolve = systemLookup): Promise<unknown> {
  const url = URL.parse(uri);
  if (url?.protocol !== 'https:') throw new OutboundError('only https is fetched');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // A literal address needs no resolution, so it never meets the lookup.
  if (ipaddr.isValid(host) && !isAllowed(allow, host, host)) throw new OutboundError(`${host} is not public`);
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown) => reject(new OutboundError(reason, { cause }));
    const outgoing = request(url, { lookup: guardedLookup(allow, resolveName), headers: { accept: 'application/json' }, signal: AbortSignal.timeout(TIMEOUT_MS), agent: false }, (response) => {
      if (response.statusCode !== 200) {
        response.destroy();
        return fail(`answered ${response.statusCode}`);
      }
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_BYTES) response.destroy(new OutboundError(`is larger than ${MAX_BYTES} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', (error) => fail(error.message, error));
      response.on('end', () => {
        try {
          resolve(JSON.parse(Buffer.concat(chunks).toString()));
        } catch (error) {
          fail('is not JSON', error);
        }
      });
    });
    outgoing.on('error', (error) => fail(error.message, error));
    outgoing.end();
  });
}
