import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DestinationStream } from 'pino';
import type { Clock } from '#ports/clock.ts';
import { loadConfig } from '#runtime/config/load.ts';
import type { Core } from '#runtime/core.ts';
import { createLog } from '#runtime/log.ts';
import { type RunningServer, startAllInOne } from '#services/all-in-one/start.ts';

/** A clock that tests move. */
export interface TestClock extends Clock {
  advance(seconds: number): void;
}

export function testClock(start = Date.now()): TestClock {
  let offset = 0;
  const began = Date.now();
  return {
    now: () => start + (Date.now() - began) + offset,
    advance: (seconds) => {
      offset += seconds * 1000;
    },
  };
}

/** A clock that stands still until a test moves it. */
export function stillClock(): TestClock {
  let now = Date.now();
  return {
    now: () => now,
    advance: (seconds) => {
      now += seconds * 1000;
    },
  };
}

export interface TestServer extends RunningServer {
  readonly dataDir: string;
  readonly clock: TestClock;
}

export interface TestServerOptions {
  readonly config?: object;
  readonly dataDir?: string;
  readonly clock?: TestClock;
  readonly log?: DestinationStream;
  readonly logLevel?: string;
  /** Changes the parts before the endpoints are made: how tests put a failing one in. */
  readonly adjust?: (core: Core) => Core;
}

/** Where nothing is written anyway: stdout’s stream would hang on the process once for each server. */
const NOWHERE: DestinationStream = { write: () => undefined };

interface TestContext {
  teardown(handler: () => Promise<void> | void): void;
}

/** Starts the whole server in this process, on a data directory of its own and a free port; ended with the test. */
export async function startServer(t: TestContext, options: TestServerOptions = {}): Promise<TestServer> {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'grantlog-test-'));
  const clock = options.clock ?? testClock();
  const text = JSON.stringify({ port: 0, dataDir, ...options.config });
  const config = loadConfig({ env: { GRANTLOG_CONFIG: 'test.json' }, readFile: () => text });
  const log = createLog(options.logLevel ?? (options.log === undefined ? 'silent' : 'info'), options.log ?? (options.logLevel === undefined ? NOWHERE : undefined));
  const running = await startAllInOne({ config, log, clock, ...(options.adjust === undefined ? {} : { adjust: options.adjust }) });
  let stopped = false;
  const stop = async () => {
    if (stopped) return;
    stopped = true;
    await running.stop();
  };
  t.teardown(async () => {
    await stop();
    if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
  });
  return { ...running, stop, dataDir, clock };
}

/** A person and clients of every kind, for tests that need no special ones. */
export const PEOPLE = {
  accounts: [
    { username: 'alice', password: 'correct horse battery staple', sub: 'sub-alice', claims: { name: 'Alice Example', email: 'alice@example.com', email_verified: true, address: { country: 'NL' }, phone_number: '+31201234567' } },
    { username: 'bob', password: 'hunter2 hunter2 hunter2', sub: 'sub-bob', claims: { name: 'Bob Example' } },
    { username: 'root', password: 'administrator of all', sub: 'sub-root', admin: true, claims: { name: 'Ruth Root' } },
  ],
} as const;

export const REDIRECT_URI = 'https://app.example.com/callback';
const SCOPE = 'openid profile email address phone offline_access read:photos write:photos';

export const CLIENTS = {
  web: { client_id: 'web', client_secret: 'web-secret-of-forty-characters-0123456789', client_name: 'Photo Print', redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code', 'refresh_token', 'client_credentials'], scope: SCOPE },
  post: { client_id: 'post', client_secret: 'post-secret-of-forty-characters-012345678', token_endpoint_auth_method: 'client_secret_post', client_name: 'Other App', redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code', 'refresh_token', 'client_credentials'], scope: SCOPE },
  spa: { client_id: 'spa', token_endpoint_auth_method: 'none', client_name: 'Single Page', redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code', 'refresh_token'], scope: SCOPE, allowed_cors_origins: ['https://spa.example.com'] },
  native: { client_id: 'native', token_endpoint_auth_method: 'none', client_name: 'Desktop', redirect_uris: ['http://127.0.0.1/cb', 'com.example.app:/cb'], grant_types: ['authorization_code', 'refresh_token'], scope: SCOPE, application_type: 'native' },
  trusted: { client_id: 'trusted', client_secret: 'trusted-secret-of-forty-characters-01234', client_name: 'Own App', redirect_uris: [REDIRECT_URI], grant_types: ['authorization_code', 'refresh_token'], scope: SCOPE, skip_consent: true },
  api: { client_id: 'api', client_secret: 'api-secret-of-forty-characters-0123456789', grant_types: [], introspects: ['*'] },
} as const;

export const BOOTSTRAP = { ...PEOPLE, clients: Object.values(CLIENTS) };
