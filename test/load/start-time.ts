import { join } from 'node:path';
import { type Spread, spreadOf } from './histogram.ts';
import { memoryOf, pause, startProcess } from './processes.ts';
import { MAIN } from './servers/start-targets.ts';

export interface Starts {
  readonly name: string;
  /** Milliseconds from the start of the process to the first 200 of /health/ready. */
  readonly startMs: Spread;
  /** MiB resident, a second later. */
  readonly memory: Spread;
}

const IDLE_MS = 1000;

async function startAgain(name: string, directories: readonly string[], configFile?: string): Promise<Starts> {
  const times: number[] = [];
  const memory: number[] = [];
  for (const dataDir of directories) {
    const env = { GRANTLOG_DATA_DIR: dataDir, ...(configFile === undefined ? {} : { GRANTLOG_CONFIG: configFile }) };
    const running = await startProcess({ script: MAIN, env, readyPath: '/health/ready' });
    await pause(IDLE_MS);
    times.push(running.startMs);
    memory.push(memoryOf(running.pid));
    await running.stop();
  }
  return { name, startMs: spreadOf(times), memory: spreadOf(memory) };
}

/** Starts of the default configuration on fresh and on used directories, and of a server with all the data of this run. */
export async function measureStarts(directory: string, used: { readonly dataDir: string; readonly configFile: string } | null, times: number): Promise<readonly Starts[]> {
  const fresh = Array.from({ length: times }, (_, index) => join(directory, `fresh-${index}`));
  const starts = [await startAgain('fresh data directory', fresh), await startAgain('existing data directory', fresh)];
  if (used === null) return starts;
  return [...starts, await startAgain('the data directory of this run', Array.from({ length: times }, () => used.dataDir), used.configFile)];
}
