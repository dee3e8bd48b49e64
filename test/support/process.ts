import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the project: the server by default. */
export interface Child {
  readonly child: ChildProcess;
  /** Everything it has printed so far. */
  readonly stdout: () => string;
  readonly finished: Promise<Finished>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts a script of the project in a process of its own, with nothing of this process's GRANTLOG_ settings. */
export function startProcess(script: string, args: readonly string[], env: Readonly<Record<string, string>>): Child {
  const variables = { PATH: process.env['PATH'] ?? '', PORT: '0', ...env };
  // By way of env, which becomes the process: tap would have its own code loaded into a Node child, handlers for every signal included.
  const settings = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  const child = spawn('/usr/bin/env', ['-i', ...settings, process.execPath, join(ROOT, script), ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const finished = once(child, 'close').then(([code, signal]): Finished => ({ code: code as number | null, signal: signal as NodeJS.Signals | null, stdout, stderr }));
  return { child, stdout: () => stdout, finished, kill: (signal) => child.kill(signal) };
}

export interface ServerProcess extends Child {
  readonly url: string;
  readonly issuer: string;
}

/** Starts the server and waits for its `ready`. @throws Error with what it printed when it ends instead */
export async function startServerProcess(env: Readonly<Record<string, string>>, script = 'services/all-in-one/main.js', args: readonly string[] = []): Promise<ServerProcess> {
  const server = startProcess(script, args, env);
  const ready = (async () => {
    for (;;) {
      const line = server.stdout().split('\n').find((text) => text.includes('"msg":"ready"'));
      if (line !== undefined) return JSON.parse(line) as { url: string; issuer: string };
      await once(server.child.stdout ?? server.child, 'data');
    }
  })();
  const ended = server.finished.then(({ code, stderr, stdout }) => {
    throw new Error(`the server ended with ${code}: ${stderr}${stdout}`);
  });
  ended.catch(() => {});
  const { url, issuer } = await Promise.race([ready, ended]);
  return { ...server, url, issuer };
}

/** Names, sizes and bytes of all files below a directory: to see that nothing was written. */
export function snapshot(directory: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const entry of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(directory, entry);
    const stat = statSync(path);
    if (stat.isFile()) files[entry] = readFileSync(path).toString('base64');
    else files[entry] = stat.isDirectory() ? 'directory' : 'other';
  }
  return files;
}
