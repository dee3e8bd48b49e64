/** Latencies in steps of 20 microseconds up to one second; what is slower counts as a second. */
const STEP_MS = 0.02;
const STEPS = 50_000;

export class Histogram {
  readonly #counts = new Uint32Array(STEPS);
  #total = 0;

  add(milliseconds: number): void {
    const step = Math.min(STEPS - 1, Math.floor(milliseconds / STEP_MS));
    this.#counts[step] = (this.#counts[step] ?? 0) + 1;
    this.#total += 1;
  }

  /** Puts all that another one holds into this one. */
  merge(other: Histogram): void {
    for (const [step, count] of other.#counts.entries()) this.#counts[step] = (this.#counts[step] ?? 0) + count;
    this.#total += other.#total;
  }

  get total(): number {
    return this.#total;
  }

  /** Milliseconds that this share of all latencies (0 to 1) stays within. */
  quantile(share: number): number {
    let seen = 0;
    for (const [step, count] of this.#counts.entries()) {
      seen += count;
      if (seen >= share * this.#total) return (step + 1) * STEP_MS;
    }
    return 0;
  }
}

/** The middle of some numbers; of an even count the lower of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export const spreadOf = (values: readonly number[]): Spread => ({ min: Math.min(...values), median: median(values), max: Math.max(...values) });
