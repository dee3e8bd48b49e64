import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { Connection, getRequest } from './connection.ts';

const SERVER_CORE = 0;
const GENERATOR_CORE = 1;

/** Whether servers and generator can be kept apart: Linux with taskset and two cores. */
export const canPin = process.platform === 'linux' && availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Keeps this process, the generator, on its core. */
export function pinGenerator(): void {
  if (canPin) spawnSync('taskset', ['-a', '-c', '-p', String(GENERATOR_CORE), String(process.pid)]);
}

export interface Running {
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from the start of the process to its first 200. */
  readonly startMs: number;
  /** SIGTERM; resolves when the process has ended. */
  stop(): Promise<void>;
}

export interface StartOptions {
  readonly script: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  /** Path that answers 200 once the server is ready. */
  readonly readyPath: string;
}

const running = new Set<number>();
process.on('exit', () => {
  for (const pid of running) process.kill(pid, 'SIGKILL');
});

/** Starts a server in a process of its own on the servers' core. Its log goes to /dev/null, its errors to ours. */
export async function startProcess({ script, env = {}, nodeOptions = [], readyPath }: StartOptions): Promise<Running> {
  const port = await freePort();
  const command = [...(canPin ? ['taskset', '-c', String(SERVER_CORE)] : []), process.execPath, ...nodeOptions, script];
  const startedAt = performance.now();
  const child = spawn(command[0] ?? '', command.slice(1), { env: { ...process.env, NODE_ENV: 'production', PORT: String(port), ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${script}`);
  running.add(pid);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void ended.then(() => running.delete(pid));
  await ready(port, readyPath, () => child.exitCode !== null);
  const startMs = performance.now() - startedAt;
  const stop = (): Promise<void> => {
    child.kill('SIGTERM');
    return ended;
  };
  return { port, pid, startMs, stop };
}

async function ready(port: number, path: string, hasEnded: () => boolean): Promise<void> {
  for (const until = performance.now() + 20_000; performance.now() < until; await pause(4)) {
    if (hasEnded()) break;
    const status = await statusOf(port, path).catch(() => null);
    if (status === 200) return;
  }
  throw new Error('a server did not get ready');
}

async function statusOf(port: number, path: string): Promise<number> {
  const connection = await Connection.open(port);
  try {
    return (await connection.send(getRequest(port, path))).status;
  } finally {
    connection.close();
  }
}

export const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port'))));
    });
  });
}

/** Processor time that a process has used, in seconds; null where /proc is missing. */
export function cpuSecondsOf(pid: number): number | null {
  if (process.platform !== 'linux') return null;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  // utime and stime (proc_pid_stat 14 and 15) in ticks of 10 ms.
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Resident memory of a process in MiB. */
export function memoryOf(pid: number): number {
  return Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)]).stdout.toString()) / 1024;
}
