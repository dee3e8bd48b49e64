import { mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compare, FULL, measure, QUICK } from './compare.ts';
import { logSize } from './event-bytes.ts';
import type { Job } from './generator.ts';
import { document } from './jobs/document.ts';
import { isJwt, tokensOf } from './jobs/token-request.ts';
import { JOBS, type Measured } from './jobs.ts';
import { formRequest } from './connection.ts';
import { canPin, pinGenerator } from './processes.ts';
import { profiling, showProfiles } from './profile.ts';
import { type Ceiling, ceilingTable, jobTable, machine, type Row, startTable, writeFigures } from './report.ts';
import { startBareFastify, startGrantlog, type StartedTarget, startOidcProvider } from './servers/start-targets.ts';
import { measureStarts } from './start-time.ts';
import type { Target } from './target.ts';

/** `npm run bench [-- --quick] [--job TEXT]… [--profile DIR]`: measures this server beside oidc-provider. See docs/performance.md. */
const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, job: { type: 'string', multiple: true }, profile: { type: 'string' } },
});

const plan = options.quick ? QUICK : FULL;
const chosen = JOBS.filter(({ name }) => options.job === undefined || options.job.some((text) => name.includes(text)));
const isWhole = options.job === undefined && options.profile === undefined;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const TMPFS = 0x01021994;
const directory = mkdtempSync(join(tmpdir(), 'grantlog-bench-'));
const fileSystem = statfsSync(directory).type === TMPFS ? 'tmpfs (memory: a commit costs nothing; set TMPDIR to a directory on disk)' : 'disk';

async function measureJob({ name, budget, prepare, prepareOther = prepare }: Measured, grantlog: StartedTarget, oidcProvider: StartedTarget): Promise<Row> {
  const ours = { target: grantlog, job: await prepare(grantlog) };
  const theirs = { target: oidcProvider, job: await prepareOther(oidcProvider) };
  const before = logSize(grantlog.dataDir);
  let jobs = 0;
  const counted: Job = async (connection, lane) => {
    await ours.job(connection, lane);
    jobs += 1;
  };
  const comparison = await compare({ target: grantlog, job: counted }, theirs, plan);
  const eventBytes = (logSize(grantlog.dataDir).bytes - before.bytes) / jobs;
  say(`${name}: ${comparison.ratio.median.toFixed(2)} x (budget ${budget})`);
  return { name, budget, comparison, eventBytes };
}

/** Only what is measured is started, so that nothing else uses the servers' core. */
async function measureJobs(nodeOptions: readonly string[]): Promise<readonly Row[]> {
  const oidcProvider = await startOidcProvider([]);
  const rows: Row[] = [];
  for (const withoutPasswordHash of [false, true]) {
    const jobs = chosen.filter((job) => (job.withoutPasswordHash ?? false) === withoutPasswordHash);
    if (jobs.length === 0) continue;
    const grantlog = await startGrantlog(directory, nodeOptions, withoutPasswordHash);
    for (const job of jobs) rows.push(await measureJob(job, grantlog, oidcProvider));
    await grantlog.stop();
  }
  await oidcProvider.stop();
  return rows;
}

async function measureCeilings(): Promise<readonly Ceiling[]> {
  const bare = await startBareFastify(directory);
  const token = (path: string): Job => {
    const request = formRequest(bare.port, path, { grant_type: 'client_credentials', scope: 'read' });
    return async (connection) => {
      if (!isJwt((await tokensOf(connection, request)).access_token)) throw new Error('no JWT');
    };
  };
  const ceilings: readonly (readonly [name: string, job: Job])[] = [
    ['a document of 2 KB', await document(bare as Target, '/document', 'filler')],
    ['an ES256 JWT', token('/token')],
    ['an ES256 JWT and one durable event', token('/durable-token')],
  ];
  try {
    const measured: Ceiling[] = [];
    for (const [name, job] of ceilings) measured.push({ name, figures: await measure({ target: bare, job }, { ...plan, rounds: 3 }) });
    return measured;
  } finally {
    await bare.stop();
  }
}

pinGenerator();
try {
  const rows = await measureJobs(options.profile === undefined ? [] : profiling(options.profile));
  const figures = [`Measured ${machine(fileSystem)}${canPin ? '' : '; servers and generator were not kept apart'}.`, jobTable(rows)];
  if (isWhole) {
    const used = { dataDir: join(directory, 'grantlog'), configFile: join(directory, 'grantlog.json') };
    const { events } = logSize(used.dataDir);
    figures.push(ceilingTable(await measureCeilings()), startTable(await measureStarts(directory, used, options.quick ? 1 : 5)), `The data directory of this run holds ${events.toLocaleString('en')} events.`);
  }
  console.log(figures.join('\n\n'));
  if (options.profile !== undefined) console.log(`\n${showProfiles(options.profile)}`);
  if (isWhole && !options.quick) writeFigures(fileURLToPath(new URL('../../docs/performance.md', import.meta.url)), figures.join('\n\n'));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
