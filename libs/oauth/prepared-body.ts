import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';

/** Seconds that others may keep metadata and JWK set; short, so that a new signing key is found in time. */
const MAX_AGE = 60;

const etags = new LRUCache<string, string>({ max: 16 });

/** RFC 9110 8.8.3: a strong validator, the hash of the body. */
function etagOf(body: string): string {
  const known = etags.get(body);
  if (known !== undefined) return known;
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  etags.set(body, etag);
  return etag;
}

/** Answers a public document of which everybody gets the same bytes: cacheable, revalidated by ETag, readable from any origin. */
export function sendPrepared(request: FastifyRequest, reply: FastifyReply, body: string, contentType: string): FastifyReply {
  const etag = etagOf(body);
  reply.headers({ etag, 'cache-control': `public, max-age=${MAX_AGE}`, 'access-control-allow-origin': '*', 'content-type': contentType });
  return request.headers['if-none-match'] === etag ? reply.code(304).send() : reply.send(body);
}
