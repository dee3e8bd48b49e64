import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Comparison, Figures } from './compare.ts';
import type { Spread } from './histogram.ts';
import type { Starts } from './start-time.ts';

export interface Row {
  readonly name: string;
  readonly budget: number;
  readonly comparison: Comparison;
  /** Bytes of the leaves that one piece of work adds to the log. */
  readonly eventBytes: number;
}

export interface Ceiling {
  readonly name: string;
  readonly figures: Figures;
}

/** Of its core: from here on the generator may be what is measured. */
const SATURATED = 0.95;

const count = (value: number): string => Math.round(value).toLocaleString('en');
const spread = ({ min, median, max }: Spread, show: (value: number) => string): string => `${show(min)} / **${show(median)}** / ${show(max)}`;
const percent = (share: number | null): string => (share === null ? '?' : `${Math.round(100 * share)} %`);
const ms = (value: number): string => value.toFixed(value < 10 ? 2 : 1);
const micros = ({ cpuMicros }: Figures): string => (cpuMicros === null ? '?' : count(cpuMicros));
const times = (value: number): string => value.toFixed(2);
const cpuRatio = ({ ours, theirs }: Comparison): string => (ours.cpuMicros === null || theirs.cpuMicros === null ? '?' : times(theirs.cpuMicros / ours.cpuMicros));

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...lines.map((line) => line[column]?.length ?? 0)));
  const text = (line: readonly string[]): string => `| ${widths.map((width, column) => (line[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [text(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(text)].join('\n');
}

const verdict = (ratio: number, budget: number): string => (ratio >= budget ? 'yes' : '**no**');

function generatorOf({ ours, theirs }: Comparison): string {
  const busy = Math.max(ours.generatorBusy, theirs.generatorBusy);
  return `${percent(busy)}${busy >= SATURATED ? ' (saturated)' : ''}`;
}

export function jobTable(rows: readonly Row[]): string {
  const head = ['job', 'Grantlog /s (min / median / max)', 'oidc-provider /s', 'ratio by pairs', 'budget', 'met', 'p50 ms', 'p99 ms (budget 15)', 'p99 theirs', 'requests a job', 'event bytes a job', 'CPU µs a job', 'CPU µs theirs', 'ratio by CPU', 'server busy', 'generator busy'];
  return table(
    head,
    rows.map(({ name, budget, comparison, eventBytes }) => {
      const { ours, theirs, ratio } = comparison;
      const rates = [spread(ours.rate, count), spread(theirs.rate, count), spread(ratio, times)];
      return [name, ...rates, `${budget}`, verdict(ratio.median, budget), ms(ours.p50), ms(ours.p99), ms(theirs.p99), ours.requestsPerJob.toFixed(0), count(eventBytes), micros(ours), micros(theirs), cpuRatio(comparison), percent(ours.serverBusy), generatorOf(comparison)];
    }),
  );
}

export function ceilingTable(ceilings: readonly Ceiling[]): string {
  return table(
    ['bare Fastify', '/s (min / median / max)', 'p99 ms', 'generator busy'],
    ceilings.map(({ name, figures }) => [name, spread(figures.rate, count), ms(figures.p99), `${percent(figures.generatorBusy)}${figures.generatorBusy >= SATURATED ? ' (saturated)' : ''}`]),
  );
}

export function startTable(starts: readonly Starts[]): string {
  return table(
    ['start', 'ms to the first 200 (min / median / max; budget 600)', 'MiB resident when idle (budget 110)'],
    starts.map(({ name, startMs, memory }) => [name, spread(startMs, count), spread(memory, count)]),
  );
}

/** What it was measured on. */
export function machine(dataFileSystem: string): string {
  const processor = cpus()[0]?.model ?? 'unknown processor';
  return `${new Date().toISOString().slice(0, 10)}, Node ${process.versions.node}, ${process.platform} ${process.arch}, ${cpus().length} cores of ${processor}, ${Math.round(totalmem() / 2 ** 30)} GiB memory, data on ${dataFileSystem}`;
}

const BEGIN = '<!-- figures: written by npm run bench -->';
const END = '<!-- end of figures -->';

/** Puts the figures into their place in a document, whose other words stay. */
export function writeFigures(file: string, figures: string): void {
  const text = readFileSync(file, 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`${file} has no place for figures`);
  writeFileSync(file, `${text.slice(0, before + BEGIN.length)}\n\n${figures}\n\n${text.slice(after)}`);
}
