import { existsSync, globSync } from 'node:fs';

/**
 * What `npm run test:coverage` measures: each decider and projection, by the test beside it and by nothing else, so that no line counts
 * as covered only because some other test happened to pass through it.
 */
const covered = (test: string): string[] | null => {
  const folder = /libs\/[^/]+(?=\/decider\.test\.ts$)/.exec(test)?.[0];
  return folder === undefined ? null : [`${folder}/decider.ts`, `${folder}/projection.ts`].filter((file) => existsSync(file));
};

// A file that no test loads is in no coverage report; it must not pass unseen.
const untested = globSync('libs/*/{decider,projection}.ts').filter((file) => !existsSync(file.replace(/[^/]+$/, 'decider.test.ts')));
if (untested.length > 0) throw new Error(`no decider.test.ts beside ${untested.join(', ')}`);

// biome-ignore lint/style/noDefaultExport: tap asks for one.
export default covered;
