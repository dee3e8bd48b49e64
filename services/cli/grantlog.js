#!/usr/bin/env node
// The one file that any Node >= 20 can run: goes on in this process where it is new enough, else in the runtime that the project brings.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MINIMUM = 26;

if (Number(process.versions.node.split('.')[0]) >= MINIMUM) {
  await import('./main.ts');
} else {
  const runtime = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
  const child = spawn(runtime, [fileURLToPath(new URL('./main.ts', import.meta.url)), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === null ? 1 : 128);
  });
}
