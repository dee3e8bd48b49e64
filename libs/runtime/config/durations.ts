import { z } from 'zod';

/** Seconds of the units that have a fixed length; a year is 365 days. Months have none, so `P1M` is refused. */
const SECONDS = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800, y: 31_536_000 } as const;
const SHORT = /^([0-9]+)([smhdwy])$/;
const ISO_8601 = /^P(?=[0-9T])(?:([0-9]+)Y)?(?:([0-9]+)W)?(?:([0-9]+)D)?(?:T(?=[0-9])(?:([0-9]+)H)?(?:([0-9]+)M)?(?:([0-9]+)S)?)?$/;
const ISO_UNITS = ['y', 'w', 'd', 'h', 'm', 's'] as const;
/** A hundred years: far above every lifetime, far below what dates can hold. */
const MAX_SECONDS = 100 * SECONDS.y;

/**
 * Reads a duration: a number of seconds, ISO 8601 (`PT15M`, `P30D`, `P1Y`), or a number with a unit (`10s`, `30m`, `1h`, `30d`, `2w`, `1y`).
 * @returns whole seconds from 0 to a hundred years; null for anything else (fractions, signs, months)
 */
export function parseDuration(input: unknown): number | null {
  const seconds = typeof input === 'number' ? input : typeof input === 'string' ? secondsOf(input) : null;
  return seconds !== null && Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_SECONDS ? seconds : null;
}

function secondsOf(text: string): number | null {
  const [, amount, unit] = SHORT.exec(text) ?? [];
  if (amount !== undefined) return Number(amount) * SECONDS[unit as keyof typeof SECONDS];
  const iso = ISO_8601.exec(text);
  return iso === null ? null : ISO_UNITS.reduce((sum, isoUnit, index) => sum + Number(iso[index + 1] ?? 0) * SECONDS[isoUnit], 0);
}

/** Schema of a duration; its output is whole seconds. Bounds are seconds, both inclusive. */
export const duration = ({ min = 1, max = MAX_SECONDS }: { readonly min?: number; readonly max?: number } = {}) =>
  z
    .union([z.number(), z.string()], { error: 'expected a duration' })
    .transform((input, context): number => {
      const seconds = parseDuration(input);
      if (seconds !== null && seconds >= min && seconds <= max) return seconds;
      const message = seconds === null ? 'expected a duration' : seconds < min ? `expected at least ${min} s` : `expected at most ${max} s`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .meta({ examples: [3600, 'PT1H', '1h'] });
