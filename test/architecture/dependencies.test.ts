import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import t from 'tap';
import { RULES } from './rules.ts';

const ROOT = resolve(import.meta.dirname, '../..');

async function violations(directory: string, roots: readonly string[]): Promise<{ modules: number; found: readonly string[] }> {
  const options = { baseDir: directory, ruleSet: { forbidden: [...RULES] }, validate: true, doNotFollow: { path: 'node_modules' }, exclude: { path: 'docs/reference' }, tsPreCompilationDeps: false, enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'], extensions: ['.ts', '.js', '.json'] } };
  const before = process.cwd();
  process.chdir(directory);
  try {
    const { output } = await cruise([...roots], options as never);
    const { summary, modules } = output as ICruiseResult;
    return { modules: modules.length, found: summary.violations.map((violation) => `${violation.rule.name}: ${violation.from} -> ${violation.to}`) };
  } finally {
    process.chdir(before);
  }
}

t.test('the structure is the one of ARCHITECTURE.md', async (t) => {
  const { modules, found } = await violations(ROOT, ['libs', 'services', 'ui']);
  t.ok(modules > 100, `looked at ${modules} modules`);
  t.same(found, []);
});

/** A small tree with one violation; the rule that must find it. */
const PLANTED: readonly { readonly rule: string; readonly files: Readonly<Record<string, string>> }[] = [
  { rule: 'no-cycles', files: { 'libs/oauth/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\n", 'libs/oauth/b.ts': "import { a } from './a.ts';\nexport const b = () => a;\n" } },
  { rule: 'kernel-imports-nothing', files: { 'libs/kernel/a.ts': "import { readFileSync } from 'node:fs';\nexport const a = readFileSync;\n" } },
  { rule: 'kernel-schemas-know-zod-alone', files: { 'libs/kernel/schemas.ts': "import { join } from 'node:path';\nexport const a = join;\n" } },
  { rule: 'pure-files-import-pure-files', files: { 'libs/grant/decider.ts': "import { randomBytes } from 'node:crypto';\nexport const a = randomBytes;\n" } },
  { rule: 'aggregates-meet-at-events', files: { 'libs/grant/decider.ts': "import { c } from '../consent/projection.ts';\nexport const a = c;\n", 'libs/consent/projection.ts': 'export const c = 1;\n' } },
  { rule: 'commands-do-not-know-endpoints', files: { 'libs/grant/refresh.ts': "import { o } from '../oauth/o.ts';\nexport const a = o;\n", 'libs/oauth/o.ts': 'export const o = 1;\n' } },
  { rule: 'ports-know-the-kernel', files: { 'libs/ports/a.ts': "import { o } from '../oauth/o.ts';\nexport const a = o;\n", 'libs/oauth/o.ts': 'export const o = 1;\n' } },
  { rule: 'stores-know-ports', files: { 'libs/stores/sqlite/a.ts': "import { o } from '../../oauth/o.ts';\nexport const a = o;\n", 'libs/oauth/o.ts': 'export const o = 1;\n' } },
  { rule: 'only-services-know-adapters', files: { 'libs/oauth/a.ts': "import { o } from '../stores/sqlite/o.ts';\nexport const a = o;\n", 'libs/stores/sqlite/o.ts': 'export const o = 1;\n' } },
  { rule: 'libs-do-not-know-services', files: { 'libs/oauth/a.ts': "import { o } from '../../services/cli/o.ts';\nexport const a = o;\n", 'services/cli/o.ts': 'export const o = 1;\n' } },
  { rule: 'pages-are-pure', files: { 'ui/pages/a.ts': "import { o } from '../../libs/oauth/o.ts';\nexport const a = o;\n", 'libs/oauth/o.ts': 'export const o = 1;\n' } },
  { rule: 'nothing-imports-tests', files: { 'libs/oauth/a.ts': "import { o } from '../../test/support/o.ts';\nexport const a = o;\n", 'test/support/o.ts': 'export const o = 1;\n' } },
  { rule: 'no-unresolved', files: { 'libs/oauth/a.ts': "import { o } from './nowhere.ts';\nexport const a = o;\n" } },
  { rule: 'only-declared-dependencies', files: { 'libs/oauth/a.ts': "import t from 'tap';\nexport const a = t;\n" } },
];

t.test('each rule finds its planted violation', async (t) => {
  t.same(RULES.map((rule) => rule.name), PLANTED.map(({ rule }) => rule), 'no rule is without one');
  for (const { rule, files } of PLANTED) {
    const directory = mkdtempSync(join(tmpdir(), 'grantlog-architecture-'));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ type: 'module', devDependencies: { tap: '1' }, dependencies: {} }));
    symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
    const { found } = await violations(directory, [...new Set(Object.keys(files).map((name) => name.split('/')[0] ?? ''))]);
    t.ok(found.some((violation) => violation.startsWith(`${rule}:`)), `${rule}: ${found.join('; ')}`);
  }
});
