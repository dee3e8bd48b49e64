import type { IForbiddenRuleType } from 'dependency-cruiser';

type Rule = Extract<IForbiddenRuleType, { to: object }> & { readonly name: string };
type From = Rule['from'];
type To = Rule['to'];

const AGGREGATES = '(client|consent|notice|grant|account|session|signing-key|access-token|client-credentials|failed-attempt)';
const PURE = `^libs/${AGGREGATES}/(events|decider|projection)\\.ts$`;
const TEST = '\\.test\\.ts$|^test/';

/** One rule: what the importing file is, what it must not import. `comment` is the reason, shown with each violation. */
const forbid = (name: string, comment: string, from: From, to: To): Rule => ({ name, comment, severity: 'error', from, to });

/** The structure of ARCHITECTURE.md, as rules. Each has a planted violation in dependencies.test.ts. */
export const RULES: readonly Rule[] = [
  forbid('no-cycles', 'what imports each other is one thing in two files', {}, { circular: true }),
  forbid('kernel-imports-nothing', 'pure words depend on nothing', { path: '^libs/kernel/', pathNot: `${TEST}|^libs/kernel/schemas\\.ts$` }, { pathNot: '^libs/kernel/' }),
  forbid('kernel-schemas-know-zod-alone', 'the one file of the kernel with a library', { path: '^libs/kernel/schemas\\.ts$' }, { pathNot: '^libs/kernel/|node_modules/zod/' }),
  forbid('pure-files-import-pure-files', 'deciders and folds know events and nothing that reads the world', { path: PURE }, { pathNot: `^libs/kernel/|${PURE}|^libs/client/metadata\\.ts$|node_modules/zod/` }),
  forbid('aggregates-meet-at-events', 'a decider or fold that knows another aggregate’s state decides on two streams', { path: `^libs/${AGGREGATES}/(events|decider|projection)\\.ts$` }, { path: `^libs/${AGGREGATES}/(decider|projection)\\.ts$`, pathNot: '^libs/$1/' }),
  forbid('commands-do-not-know-endpoints', 'one direction, no way back: an endpoint calls a command, never the other way round', { path: `^libs/(${AGGREGATES.slice(1, -1)}|credentials|runtime)/`, pathNot: TEST }, { path: '^libs/oauth/' }),
  forbid('ports-know-the-kernel', 'a port is an interface in the kernel’s words', { path: '^libs/ports/', pathNot: TEST }, { pathNot: '^libs/(kernel|ports)/|^node:crypto$|^crypto$' }),
  forbid('stores-know-ports', 'an adapter knows the port it implements and nothing of the protocol', { path: '^libs/stores/', pathNot: TEST }, { path: '^(libs|services|ui)/', pathNot: '^libs/(stores|ports|kernel|audit)/' }),
  forbid('only-services-know-adapters', 'security logic never asks which store it is on', { path: '^(libs|ui)/', pathNot: `^libs/stores/|${TEST}` }, { path: '^libs/stores/' }),
  forbid('libs-do-not-know-services', 'one direction, no way back', { path: '^(libs|ui)/', pathNot: TEST }, { path: '^services/' }),
  forbid('pages-are-pure', 'a page is a function of what it shows', { path: '^ui/pages/', pathNot: TEST }, { path: '^(libs|services)/', pathNot: '^libs/(notice/notice-text|kernel/.*)\\.ts$' }),
  forbid('nothing-imports-tests', 'what only tests use lives in test/', { path: '^(libs|services|ui)/', pathNot: TEST }, { path: TEST }),
  forbid('no-unresolved', 'an import that leads nowhere', {}, { couldNotResolve: true }),
  forbid('only-declared-dependencies', 'what is used is named in package.json', { path: '^(libs|services|ui)/', pathNot: TEST }, { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] }),
];
