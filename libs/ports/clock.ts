import type { Instant } from '#kernel/instant.ts';

/** Where time comes from; nothing else asks the machine. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

let last: { readonly milliseconds: number; readonly instant: Instant } | null = null;

/** Milliseconds since the epoch, as an instant. The last one is kept: one request asks several times for the same now, and so do those beside it. */
export function toInstant(milliseconds: number): Instant {
  if (last?.milliseconds !== milliseconds) last = { milliseconds, instant: new Date(milliseconds).toISOString() };
  return last.instant;
}

/** An instant, as milliseconds since the epoch. */
export const toMilliseconds = (instant: Instant): number => Date.parse(instant);
/** An instant, as whole seconds since the epoch (NumericDate, RFC 7519 section 2). */
export const toSeconds = (instant: Instant): number => Math.floor(Date.parse(instant) / 1000);
