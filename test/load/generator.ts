import { Connection } from './connection.ts';
import { Histogram } from './histogram.ts';
import { cpuSecondsOf } from './processes.ts';
import type { Target } from './target.ts';

/** Requests in flight: each connection sends its next request when it has the answer to the one before. */
export const CONNECTIONS = 16;

/** Does one piece of work on a connection and checks every answer; throws when one is not what it should be. */
export type Job = (connection: Connection, lane: number) => Promise<void>;

export interface Load {
  /** Finished pieces of work a second. */
  readonly rate: number;
  readonly jobs: number;
  /** Of single requests, in milliseconds. */
  readonly latency: Histogram;
  /** Share of its core that this process (the generator) used, and that the server used: 0 to 1. */
  readonly generatorBusy: number;
  readonly serverBusy: number | null;
}

/** Closed loop on 16 connections for some time. One wrong answer ends it all: errors never count as work. */
export async function generate(target: Target, job: Job, milliseconds: number): Promise<Load> {
  const latency = new Histogram();
  const connections = await Promise.all(Array.from({ length: CONNECTIONS }, () => Connection.open(target.port, (ms) => latency.add(ms))));
  const before = { own: process.cpuUsage(), server: cpuSecondsOf(target.pid) };
  const start = performance.now();
  const end = start + milliseconds;
  let jobs = 0;
  try {
    await Promise.all(
      connections.map(async (connection, lane) => {
        while (performance.now() < end) {
          await job(connection, lane);
          jobs += 1;
        }
      }),
    );
  } finally {
    for (const connection of connections) connection.close();
  }
  const seconds = (performance.now() - start) / 1000;
  const own = process.cpuUsage(before.own);
  const server = cpuSecondsOf(target.pid);
  return {
    rate: jobs / seconds,
    jobs,
    latency,
    generatorBusy: (own.user + own.system) / 1e6 / seconds,
    serverBusy: server === null || before.server === null ? null : (server - before.server) / seconds,
  };
}
