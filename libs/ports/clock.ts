import type { Instant } from '#kernel/instant.ts';

/** Where time comes from; nothing else asks the machine. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** Milliseconds since the epoch, as an instant. */
export const toInstant = (milliseconds: number): Instant => new Date(milliseconds).toISOString();
/** An instant, as milliseconds since the epoch. */
export const toMilliseconds = (instant: Instant): number => Date.parse(instant);
/** An instant, as whole seconds since the epoch (NumericDate, RFC 7519 section 2). */
export const toSeconds = (instant: Instant): number => Math.floor(Date.parse(instant) / 1000);
