import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Seconds that others may keep metadata and JWK set; short, so that a new signing key is found in time. */
const MAX_AGE = 60;

/** A public document of which everybody gets the same bytes. */
export interface PreparedBody {
  readonly body: string;
  /** RFC 9110 8.8.3: a strong validator, the hash of the body. */
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Cacheable, revalidated by ETag, readable from any origin. */
export function prepareBody(body: string, contentType: string): PreparedBody {
  const etag = `"${hash('sha256', body, 'base64url')}"`;
  return { body, etag, headers: { etag, 'cache-control': `public, max-age=${MAX_AGE}`, 'access-control-allow-origin': '*', 'content-type': contentType } };
}

/** RFC 9110 13.1.2: any of a list, compared weakly (a proxy that compresses makes a strong validator weak). */
const matches = (ifNoneMatch: string | undefined, etag: string): boolean => ifNoneMatch?.split(',').some((known) => known.trim() === '*' || known.trim().replace(/^W\//, '') === etag) === true;

export function sendPrepared(request: FastifyRequest, reply: FastifyReply, { body, etag, headers }: PreparedBody): FastifyReply {
  reply.headers(headers);
  return matches(request.headers['if-none-match'], etag) ? reply.code(304).send() : reply.send(body);
}
