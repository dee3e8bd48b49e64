import { withSources } from './bootstrap.ts';
import { ConfigError } from './config-error.ts';
import { configJsonSchema } from './json-schema.ts';
import { resolvePaths } from './paths.ts';
import { describeProblem, keyName, list, type Problem } from './problem.ts';
import { type Config, configSchema } from './schema.ts';

/** Where a configuration comes from. `readFile` answers the text of a file or throws. */
export interface ConfigSource {
  readonly env: { readonly [variable: string]: string | undefined };
  readonly readFile: (path: string) => string;
}

interface Variable {
  readonly name: string;
  readonly path: readonly string[];
  readonly read: (text: string) => unknown;
}

const asText = (text: string): unknown => text;
const asNumber = (text: string): unknown => (/^[0-9]+$/.test(text) ? Number(text) : text);
const asList = (text: string): unknown =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

/** The environment variables and the keys they set. One that is empty counts as not set. */
const VARIABLES: readonly Variable[] = [
  { name: 'PORT', path: ['port'], read: asNumber },
  { name: 'HOST', path: ['host'], read: asText },
  { name: 'GRANTLOG_ISSUER', path: ['issuer'], read: asText },
  { name: 'GRANTLOG_DATA_DIR', path: ['dataDir'], read: asText },
  { name: 'GRANTLOG_MASTER_KEY', path: ['masterKey'], read: asText },
  { name: 'EVENTSTORE_URL', path: ['stores', 'events'], read: asText },
  { name: 'MONGO_URL', path: ['stores', 'readModels'], read: asText },
  { name: 'GRANTLOG_NAMESPACE', path: ['stores', 'namespace'], read: asText },
  { name: 'GRANTLOG_TRUSTED_PROXIES', path: ['trustedProxies'], read: asList },
  { name: 'LOG_LEVEL', path: ['logLevel'], read: asText },
];

/**
 * Reads the configuration: defaults < the JSON file named by `GRANTLOG_CONFIG` < environment.
 * @throws ConfigError with one line for stderr; nothing is started then (exit 78)
 */
export function loadConfig({ env, readFile }: ConfigSource): Config {
  const file = env.GRANTLOG_CONFIG ? readJson(env.GRANTLOG_CONFIG, readFile) : {};
  const set = VARIABLES.filter(({ name }) => env[name] !== undefined && env[name] !== '');
  const input = set.reduce<unknown>((whole, { name, path, read }) => withValue(whole, path, read(env[name] ?? '')), file);
  const parsed = configSchema.safeParse(input);
  if (!parsed.success) throw configError(describeProblem(parsed.error.issues, input, configJsonSchema()), set);
  const config: Config = { ...parsed.data, bootstrap: withSources(parsed.data.bootstrap, (input as { readonly bootstrap?: unknown }).bootstrap) };
  resolvePaths(config.paths, config.pages, resolveIssuer(config, config.port));
  return config;
}

/**
 * The issuer: the configured one, else `http://localhost:<port>` with the port that was taken (https where the server has a certificate),
 * and with the prefix behind it where the preset is better-auth.
 */
export function resolveIssuer(config: Pick<Config, 'issuer' | 'paths' | 'tls'>, actualPort: number): string {
  if (config.issuer !== null) return config.issuer;
  const { origin } = new URL(`${config.tls === null ? 'http' : 'https'}://localhost:${actualPort}`);
  return config.paths.preset === 'better-auth' ? origin + config.paths.prefix : origin;
}

function readJson(path: string, readFile: ConfigSource['readFile']): unknown {
  const example = 'GRANTLOG_CONFIG=./grantlog.json';
  const shownPath = JSON.stringify(path);
  let text: string;
  try {
    text = readFile(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
    throw new ConfigError('GRANTLOG_CONFIG', `cannot read ${shownPath}${code}`, example);
  }
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The message of JSON.parse quotes the text around the mistake, which may be a secret: only the place is taken from it.
    const place = error instanceof Error ? (/at position \d+(?: \(line \d+ column \d+\))?/.exec(error.message)?.[0] ?? '') : '';
    throw new ConfigError('GRANTLOG_CONFIG', `${shownPath} is not valid JSON ${place}`.trimEnd(), '{ "port": 3000 }');
  }
}

/** A copy with the value at the path. What stands in the way and is no object is left as it is, for the schema to refuse. */
function withValue(whole: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (typeof whole !== 'object' || whole === null || Array.isArray(whole)) return whole;
  const inside: unknown = Object.hasOwn(whole, key) ? (whole as { readonly [key: string]: unknown })[key] : {};
  return { ...whole, [key]: withValue(inside, rest, value) };
}

function configError({ path, what, examples }: Problem, set: readonly Variable[]): ConfigError {
  const variable = VARIABLES.find((candidate) => candidate.path.every((step, index) => step === path[index]));
  const key = keyName(path) || 'GRANTLOG_CONFIG';
  if (variable === undefined) return new ConfigError(key, what, list(examples.slice(0, 3)) || '{ "port": 3000 }');
  if (!set.includes(variable)) return new ConfigError(key, what, `${list(examples.slice(0, 3))} (or ${variable.name} in the environment)`);
  return new ConfigError(`${variable.name} (${variable.path.join('.')})`, what, `${variable.name}=${[examples[0]].flat().join(',')}`);
}
