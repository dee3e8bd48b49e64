/**
 * A point in time: RFC 3339, UTC, always with milliseconds (`2026-11-24T14:00:00.000Z`).
 * The form has a fixed width, so instants compare with `<` and `>` as strings and deciders need no clock and no date arithmetic.
 */
export type Instant = string;

export const laterOf = (a: Instant, b: Instant): Instant => (a > b ? a : b);
