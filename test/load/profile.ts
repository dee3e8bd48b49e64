import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Node {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

interface Profile {
  readonly nodes: readonly Node[];
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

/** Options of node that leave a profile in this directory when the process ends. */
export function profiling(directory: string): readonly string[] {
  mkdirSync(directory, { recursive: true });
  return ['--cpu-prof', `--cpu-prof-dir=${directory}`];
}

const SHOWN = 25;

const placeOf = ({ functionName, url, lineNumber }: Node['callFrame']): string => {
  const file = url.replace(/^file:\/\//, '').replace(process.cwd(), '').replace(/^\//, '');
  return `${functionName || '(anonymous)'}${file === '' ? '' : `  ${file}:${lineNumber + 1}`}`;
};

/** Functions by the time spent in themselves, idle time left out: `12.3 %  name  file:line`. */
export function topOf(profile: Profile): readonly string[] {
  const places = new Map(profile.nodes.map((node) => [node.id, placeOf(node.callFrame)]));
  const times = new Map<string, number>();
  for (const [index, id] of profile.samples.entries()) {
    const place = places.get(id) ?? '';
    if (place.startsWith('(idle)') || place.startsWith('(root)')) continue;
    times.set(place, (times.get(place) ?? 0) + (profile.timeDeltas[index] ?? 0));
  }
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  return [...times]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, SHOWN)
    .map(([place, time]) => `${((100 * time) / total).toFixed(1).padStart(5)} %  ${place}`);
}

/** The profiles of a directory, as text. */
export function showProfiles(directory: string): string {
  const files = readdirSync(directory).filter((file) => file.endsWith('.cpuprofile'));
  return files.map((file) => `${join(directory, file)}\n${topOf(JSON.parse(readFileSync(join(directory, file), 'utf8'))).join('\n')}`).join('\n\n');
}
