import type { z } from 'zod';
import type { JsonSchema } from './json-schema.ts';

/**
 * Turns the first zod issue into the three things a person needs: the key, what is wrong with it, and an example. Examples come from the
 * JSON Schema, so they are those of the reference page. Values are repeated only where they cannot be secret or personal.
 */

type Path = readonly PropertyKey[];

export interface Problem {
  readonly path: Path;
  readonly what: string;
  readonly examples: readonly unknown[];
}

/** Everything below these keys is kept out of messages. */
const SECRET_KEYS: ReadonlySet<PropertyKey> = new Set(['masterKey', 'password', 'client_secret', 'claims', 'jwks', 'key', 'events', 'readModels', 'accounts']);
/** Passwords in URLs, PEM, and what looks like a key. */
const SECRET_TEXT = /:\/\/[^/]*@|-----BEGIN|^[A-Za-z0-9_+/=-]{32,}$|[\r\n]/;
const MAX_SHOWN = 80;

/** `lifetimes.accessToken`, `resources[0].identifier`; a key of odd characters is quoted. */
export const keyName = (path: Path): string =>
  path.map((step) => (typeof step === 'number' ? `[${step}]` : /^[\w#:.-]{1,80}$/.test(String(step)) ? `.${String(step)}` : `.${JSON.stringify(String(step).slice(0, MAX_SHOWN))}`)).join('').replace(/^\./, '');

/** Describes one problem of a failed parse: an unknown key before others, because a misspelt key is often also a missing one. */
export function describeProblem(issues: readonly z.core.$ZodIssue[], input: unknown, schema: JsonSchema): Problem {
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  return issue === undefined ? { path: [], what: 'is not valid', examples: [] } : describeIssue(issue, input, schema);
}

function describeIssue(issue: z.core.$ZodIssue, input: unknown, schema: JsonSchema): Problem {
  if (issue.code === 'unrecognized_keys') return unknownKey([...issue.path, issue.keys[0] ?? ''], schema);
  const branch = issue.code === 'invalid_union' ? issue.errors.flat().find((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys') : undefined;
  if (branch !== undefined) return describeIssue({ ...branch, path: [...issue.path, ...branch.path] }, input, schema);
  const value = issue.path.reduce<unknown>((at, step) => (isObject(at) && Object.hasOwn(at, step) ? at[step] : undefined), input);
  const silent = value === undefined || issue.code === 'invalid_key' || (issue.code === 'custom' && isObject(value));
  const got = silent ? '' : `, got ${shown(issue.path, value, issue.code === 'invalid_type' && issue.expected)}`;
  return { path: issue.path, what: expectation(issue, value) + got, examples: examplesAt(issue.path, schema) };
}

const OWN_WORDS: { readonly [expected: string]: string } = { string: 'a text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'an array', object: 'an object', record: 'an object' };

function expectation(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined && issue.code !== 'custom') return 'is required';
  if (issue.code === 'invalid_key') return issue.issues[0]?.message ?? 'is not a valid name';
  // Messages of this folder are made to be read; those of zod are told apart by how they begin.
  if (!/^(?:Invalid|Too|Unrecognized)\b/.test(issue.message)) return issue.message;
  if (issue.code === 'invalid_type') return `expected ${OWN_WORDS[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `expected ${list(issue.values)}`;
  if (issue.code === 'too_small' || issue.code === 'too_big') return `expected ${issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`}${unitOf(issue.origin)}`;
  return 'is not valid';
}

const unitOf = (origin: string): string => (origin === 'string' ? ' characters' : origin === 'array' ? ' entries' : '');

function shown(path: Path, value: unknown, expected: string | false): string {
  if (value === null) return 'null';
  if (isObject(value)) return Array.isArray(value) ? 'an array' : 'an object';
  const misplaced = expected === 'object' || expected === 'array' || expected === 'record';
  const secret = misplaced || path.some((step) => SECRET_KEYS.has(step)) || (typeof value === 'string' && SECRET_TEXT.test(value));
  if (secret) return typeof value === 'string' ? 'a text that is not repeated here' : `a ${typeof value}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** `"a"`, `"a" or "b"`, `"a", "b" or "c"`. */
export function list(values: readonly unknown[]): string {
  const texts = values.map((value) => (typeof value === 'bigint' || typeof value === 'symbol' ? String(value) : JSON.stringify(value)));
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}

function unknownKey(path: Path, schema: JsonSchema): Problem {
  const known = Object.entries(schemasAt(path.slice(0, -1), schema).find(({ properties }) => properties !== undefined)?.properties ?? {});
  const written = String(path.at(-1));
  const [closest] = known.map(([name]) => ({ name, distance: editDistance(written.toLowerCase(), name.toLowerCase()) })).sort((a, b) => a.distance - b.distance);
  const meant = closest !== undefined && closest.distance <= Math.max(2, written.length / 4) ? closest.name : undefined;
  const what = meant === undefined ? `is not a known key; known are ${known.map(([name]) => name).join(', ')}` : `is not a known key, did you mean ${JSON.stringify(meant)}?`;
  const [name, content] = known.find(([candidate]) => candidate === meant) ?? known[0] ?? [];
  return { path, what, examples: name === undefined ? [] : [{ [name]: examplesOf(content)[0] ?? null }] };
}

/** Levenshtein: how many characters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j <= b.length; j++) next.push(Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row.at(-1) ?? 0;
}

const isObject = (value: unknown): value is { readonly [key: PropertyKey]: unknown } => typeof value === 'object' && value !== null;
const isSchema = (value: unknown): value is JsonSchema => isObject(value);

/** The alternatives of the schema that describe what is at a path. */
function schemasAt(path: Path, schema: JsonSchema): readonly JsonSchema[] {
  const alternatives = [schema, ...(schema.anyOf ?? [])].filter(isSchema);
  const [step, ...rest] = path;
  if (step === undefined) return alternatives;
  return alternatives.flatMap((alternative) => {
    const name = String(step);
    const byPattern = Object.entries(alternative.patternProperties ?? {}).find(([pattern]) => new RegExp(pattern).test(name))?.[1];
    const next = typeof step === 'number' ? alternative.items : (alternative.properties?.[name] ?? byPattern ?? alternative.additionalProperties);
    return isSchema(next) ? schemasAt(rest, next) : [];
  });
}

function examplesOf(schema: unknown): readonly unknown[] {
  if (!isSchema(schema)) return [];
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples;
  if (schema.default !== undefined) return [schema.default];
  if (schema.enum !== undefined) return schema.enum;
  return schema.type === 'boolean' && schema.description !== undefined ? [true] : [];
}

/** Examples of the key, or of the nearest key around it that has some: an entry of an array is shown as the array shows it. */
function examplesAt(path: Path, schema: JsonSchema): readonly unknown[] {
  for (let length = path.length; length > 0; length--) {
    const found = schemasAt(path.slice(0, length), schema).map(examplesOf).find((examples) => examples.length > 0);
    if (found === undefined) continue;
    const inside = path.slice(length);
    if (inside.length === 0) return found;
    const isEntry = inside.every((step) => typeof step === 'number');
    return [isEntry ? inside.reduce<unknown>((at) => (Array.isArray(at) ? at[0] : at), found[0]) : found[0]];
  }
  return [];
}
