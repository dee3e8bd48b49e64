import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { type Finished, startProcess, startServerProcess } from '#support/process.ts';

const base = mkdtempSync(join(tmpdir(), 'grantlog-cli-'));
t.teardown(() => rmSync(base, { recursive: true, force: true }));
const dataDir = join(base, 'data');
const config = join(base, 'grantlog.json');
writeFileSync(config, JSON.stringify({ issuer: 'https://auth.example.com', policy: { pkceForConfidentialClients: 'optional' }, bootstrap: { accounts: [{ username: 'alice', password: 'a password that is long' }] } }));

const grantlog = (...args: string[]): Promise<Finished> => startProcess('services/cli/main.ts', args, { GRANTLOG_DATA_DIR: dataDir, GRANTLOG_CONFIG: config }).finished;

t.test('--help: an overview, and a page for each command', async (t) => {
  const overview = await grantlog('--help');
  t.equal(overview.code, 0);
  const commands = [...overview.stdout.matchAll(/^ {2}(serve|config check|config schema|keys rotate|doctor)\b/gm)].map(([, name]) => name ?? '');
  t.same(commands, ['serve', 'config check', 'config schema', 'keys rotate', 'doctor']);
  for (const command of commands) {
    const { code, stdout } = await grantlog(...command.split(' '), '--help');
    t.equal(code, 0, command);
    t.match(stdout, `Usage: grantlog ${command}`);
  }
});

t.test('bad usage is one line on standard error and exit 2', async (t) => {
  t.equal((await grantlog()).code, 2, 'no command: the overview, exit 2');
  for (const args of [['bogus'], ['keys'], ['keys', 'rotate', '--fast'], ['keys', 'rotate', 'extra'], ['serve', 'projector'], ['config', 'check', 'a', 'b']]) {
    const { code, stderr, stdout } = await grantlog(...args);
    t.equal(code, 2, args.join(' '));
    t.equal(stderr.trimEnd().split('\n').length, 1);
    t.match(stderr, /^grantlog: .*--help/);
    t.equal(stdout, '');
  }
});

t.test('config check: 0 for a good file, 78 and the key for a bad one', async (t) => {
  const good = await grantlog('config', 'check', config, '--json');
  t.equal(good.code, 0);
  t.same(JSON.parse(good.stdout), { valid: true, issuer: 'https://auth.example.com' });
  const bad = join(base, 'bad.json');
  writeFileSync(bad, '{"lifetimes":{"accessTokn":5}}');
  const refused = await grantlog('config', 'check', bad);
  t.equal(refused.code, 78);
  t.match(refused.stderr, /^grantlog: lifetimes\.accessTokn/);
});

t.test('config schema is a JSON Schema that names every key', async (t) => {
  const { code, stdout } = await grantlog('config', 'schema');
  t.equal(code, 0);
  const schema = JSON.parse(stdout) as { properties: object };
  for (const key of ['port', 'issuer', 'lifetimes', 'policy', 'resources', 'scopes', 'bootstrap', 'tls', 'outbound', 'paths', 'pages']) t.ok(Object.hasOwn(schema.properties, key), key);
});

t.test('remote stores are refused as the server refuses them, not passed over for the embedded one', async (t) => {
  const remote = { EVENTSTORE_URL: 'esdb://127.0.0.1:2113', MONGO_URL: 'mongodb://127.0.0.1/grantlog', GRANTLOG_MASTER_KEY: Buffer.alloc(32, 7).toString('base64url') };
  for (const command of [['doctor'], ['keys', 'rotate']]) {
    t.match(await startProcess('services/cli/main.ts', command, { GRANTLOG_DATA_DIR: dataDir, ...remote }).finished, { code: 78, stderr: /^grantlog: stores\.events: .*not part of this release/ });
  }
});

t.test('commands on a store', async (t) => {
  t.match(await grantlog('doctor'), { code: 1, stderr: /there is no store/ }, 'none is made by looking');

  const server = await startServerProcess({ GRANTLOG_DATA_DIR: dataDir, GRANTLOG_CONFIG: config });
  const published = async (): Promise<string[]> => ((await (await fetch(`${server.url}/oauth2/jwks`)).json()) as { keys: { kid: string; alg: string }[] }).keys.filter(({ alg }) => alg === 'ES256').map(({ kid }) => kid);
  interface Key {
    readonly kid: string;
    readonly alg: string;
    readonly status: string;
  }
  const rotated = async (...args: string[]): Promise<readonly Key[]> => {
    const { code, stdout } = await grantlog('keys', 'rotate', '--json', ...args);
    t.equal(code, 0);
    return (JSON.parse(stdout) as { items: Key[] }).items.filter(({ alg }) => alg === 'ES256');
  };

  await t.test('beside a running server they go through its control socket', async (t) => {
    const [first, announced] = await published();
    const keys = await rotated();
    t.same(keys.map(({ status }) => status), ['retired', 'active', 'announced']);
    t.equal(keys[1]?.kid, announced, 'the announced key signs now');
    t.same(await published(), keys.map(({ kid }) => kid), 'and the running server publishes the new set at once');
    t.equal(keys[0]?.kid, first);
  });

  await t.test('keys rotate --compromised withdraws the key before at once', async (t) => {
    const [, active] = await published();
    await rotated('--compromised');
    t.notOk((await published()).includes(active ?? ''));
  });

  await t.test('doctor names what is looser than its default', async (t) => {
    const { code, stdout } = await grantlog('doctor');
    t.equal(code, 0);
    t.match(stdout, /notice +policy\.pkceForConfidentialClients/);
    t.match(stdout, /ok +master key/);
  });

  server.kill('SIGTERM');
  await server.finished;

  await t.test('without a server they open the store themselves', async (t) => {
    t.equal((await rotated()).at(-1)?.status, 'announced');
    const { code, stdout } = await grantlog('doctor', '--json');
    t.equal(code, 0);
    t.ok((JSON.parse(stdout) as { findings: unknown[] }).findings.length >= 5);
  });
});

t.test('serve runs until SIGTERM', async (t) => {
  const server = await startServerProcess({ GRANTLOG_DATA_DIR: join(base, 'served'), GRANTLOG_CONFIG: config }, 'services/cli/grantlog.js', ['serve', 'all']);
  t.equal(server.issuer, 'https://auth.example.com');
  server.kill('SIGTERM');
  t.match(await server.finished, { code: 0 });
});
