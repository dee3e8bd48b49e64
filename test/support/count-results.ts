import { readFileSync } from 'node:fs';

/**
 * node test/support/count-results.ts LOG
 *
 * Counts the tests in the TAP output of a run: named tests and their sub-tests, not assertions. Prints how many of each kind, and the
 * closing line `N passed, N failed`. Exit 1 when one failed or when there was none.
 */
interface Count {
  passed: number;
  failed: number;
}

const RESULT = /^( *)(not ok|ok) \d+ - (.*?)(?: # (.*))?$/;

/** Where a test file lies: `test/protocol`, or `unit` for tests beside what they test. */
const kindOf = (file: string): string => /^test\/[^/]+/.exec(file)?.[0] ?? 'unit';

function count(lines: readonly string[]): ReadonlyMap<string, Count> {
  const kinds = new Map<string, Count>();
  const seen = new Set<string>();
  let file = '';
  let isRepeated = false;
  let announced = new Set<string>();
  for (const line of lines) {
    const subtest = /^( *)# Subtest: (.*)$/.exec(line);
    if (subtest !== null) {
      const [, indent = '', name = ''] = subtest;
      if (indent === '') {
        file = name;
        // The coverage gate runs some files once more: they count once.
        isRepeated = seen.has(file);
        seen.add(file);
        announced = new Set();
      } else announced.add(`${indent.length} ${name.trim()}`);
      continue;
    }
    const [, indent = '', verdict = '', name = '', directive = ''] = RESULT.exec(line) ?? [];
    // The result of a named test stands at the level above its own lines, under the name it was announced by.
    const isTest = indent !== '' && announced.has(`${indent.length} ${name.trim()}`);
    const isBrokenFile = indent === '' && verdict === 'not ok';
    if ((!isTest && !isBrokenFile) || (isRepeated && !isBrokenFile) || directive.startsWith('SKIP')) continue;
    const kind = kindOf(isBrokenFile ? name : file);
    const tally = kinds.get(kind) ?? { passed: 0, failed: 0 };
    kinds.set(kind, tally);
    if (verdict === 'ok') tally.passed += 1;
    else tally.failed += 1;
  }
  return kinds;
}

const kinds = count(readFileSync(process.argv[2] ?? '', 'utf8').split('\n'));
const total: Count = { passed: 0, failed: 0 };
for (const [kind, { passed, failed }] of [...kinds].sort(([a], [b]) => a.localeCompare(b))) {
  console.log(`${kind.padEnd(20)} ${String(passed).padStart(5)} passed ${String(failed).padStart(5)} failed`);
  total.passed += passed;
  total.failed += failed;
}
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
