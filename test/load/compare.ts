import { generate, type Job, type Load } from './generator.ts';
import { Histogram, type Spread, spreadOf } from './histogram.ts';
import type { Target } from './target.ts';

/** How long and how often is measured. Times in milliseconds. */
export interface Plan {
  readonly warmUp: number;
  readonly round: number;
  readonly rounds: number;
}

/** Short rounds, so that the two of a pair meet the same neighbours on a shared machine. */
export const FULL: Plan = { warmUp: 3000, round: 1500, rounds: 9 };
/** To see that it works; a server is not warm after a second. */
export const QUICK: Plan = { warmUp: 800, round: 600, rounds: 2 };

export interface Contender {
  readonly target: Target;
  readonly job: Job;
}

export interface Figures {
  /** Pieces of work a second. */
  readonly rate: Spread;
  /** Milliseconds of single requests, over all rounds. */
  readonly p50: number;
  readonly p99: number;
  readonly requestsPerJob: number;
  readonly jobs: number;
  readonly generatorBusy: number;
  readonly serverBusy: number | null;
  /** Processor time of the server for one piece of work, in microseconds: what remains comparable when others use the machine too. */
  readonly cpuMicros: number | null;
}

function figuresOf(loads: readonly Load[]): Figures {
  const latency = new Histogram();
  for (const load of loads) latency.merge(load.latency);
  const jobs = loads.reduce((sum, load) => sum + load.jobs, 0);
  const serverBusy = loads.map((load) => load.serverBusy).filter((busy) => busy !== null);
  const cpuMicros = loads.map((load) => (load.serverBusy === null ? null : (1e6 * load.serverBusy) / load.rate)).filter((micros) => micros !== null);
  return {
    rate: spreadOf(loads.map((load) => load.rate)),
    p50: latency.quantile(0.5),
    p99: latency.quantile(0.99),
    requestsPerJob: latency.total / jobs,
    jobs,
    generatorBusy: spreadOf(loads.map((load) => load.generatorBusy)).median,
    serverBusy: serverBusy.length === 0 ? null : spreadOf(serverBusy).median,
    cpuMicros: cpuMicros.length === 0 ? null : spreadOf(cpuMicros).median,
  };
}

export interface Comparison {
  readonly ours: Figures;
  readonly theirs: Figures;
  /** Of each round with the one beside it. */
  readonly ratio: Spread;
}

/** Warms both up, then measures in turn, so that what else the machine does meets both alike. */
export async function compare(ours: Contender, theirs: Contender, plan: Plan): Promise<Comparison> {
  for (const { target, job } of [ours, theirs]) await generate(target, job, plan.warmUp);
  const pairs: { ours: Load; theirs: Load }[] = [];
  for (let round = 0; round < plan.rounds; round++) {
    pairs.push({ ours: await generate(ours.target, ours.job, plan.round), theirs: await generate(theirs.target, theirs.job, plan.round) });
  }
  return {
    ours: figuresOf(pairs.map((pair) => pair.ours)),
    theirs: figuresOf(pairs.map((pair) => pair.theirs)),
    ratio: spreadOf(pairs.map((pair) => pair.ours.rate / pair.theirs.rate)),
  };
}

/** One server alone. */
export async function measure({ target, job }: Contender, plan: Plan): Promise<Figures> {
  await generate(target, job, plan.warmUp);
  const loads: Load[] = [];
  for (let round = 0; round < plan.rounds; round++) loads.push(await generate(target, job, plan.round));
  return figuresOf(loads);
}
