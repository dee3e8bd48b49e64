import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { accounts } from '#account/projection.ts';
import { updateAccount } from '#account/update-account.ts';
import { clients } from '#client/projection.ts';
import { updateClient } from '#client/update-client.ts';
import { eventsOf } from '#support/front.ts';
import { startServer } from '#support/server.ts';
import { applyBootstrap } from './bootstrap.ts';
import type { Origin } from './handle-command.ts';

const ADMINISTRATOR: Origin = { actor: { kind: 'account', id: 'sub-root' }, request: null };
const person = { username: 'alice', password: 'correct horse battery staple', sub: 'sub-alice', claims: { name: 'Alice', nickname: 'Al' } };
const app = { client_id: 'app', client_secret: 'a secret of more than thirty characters', client_name: 'App', redirect_uris: ['https://app.example.com/callback'] };

const reversed = (entry: object): object => Object.fromEntries(Object.entries(entry).reverse().map(([key, value]) => [key, value !== null && typeof value === 'object' && !Array.isArray(value) ? reversed(value) : value]));

/** Servers one after the other on one data directory, each with its own bootstrap; answers the types of the events that a start wrote about accounts and clients. */
function restarts(t: Parameters<typeof startServer>[0]) {
  const dataDir = mkdtempSync(join(tmpdir(), 'grantlog-bootstrap-'));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  let seen = 0;
  return async (account: object, client: object) => {
    const server = await startServer(t, { dataDir, config: { bootstrap: { accounts: [account], clients: [client] } } });
    const about = eventsOf(server).filter(({ stream }) => /^(account|client)-/.test(stream));
    const written = about.slice(seen).map(({ type }) => type);
    seen = about.length;
    return { server, written };
  };
}

t.test('a restart with an unchanged entry, or one with its keys in another order, writes nothing', async (t) => {
  const start = restarts(t);
  const first = await start(person, app);
  t.same(first.written.sort(), ['AccountRegistered', 'ClientRegistered', 'ClientSecretAdded']);
  await first.server.stop();
  for (const [account, client] of [[person, app], [reversed(person), reversed(app)]] as const) {
    const { server, written } = await start(account, client);
    t.same(written, []);
    await server.stop();
  }
});

t.test('a default written out changes nothing, and is recognised from then on', async (t) => {
  const start = restarts(t);
  await (await start(person, app)).server.stop();
  const explicit = [{ ...person, admin: false }, { ...app, token_endpoint_auth_method: 'client_secret_basic' }] as const;
  const applied = await start(...explicit);
  const { state } = (await applied.server.core.commands.load(accounts, 'sub-alice')) ?? {};
  t.match(state, { admin: false });
  t.notOk(applied.written.includes('AccountPasswordChanged') || applied.written.some((type) => type.includes('Secret')), 'no password and no secret is set anew');
  await applied.server.stop();
  const again = await start(...explicit);
  t.same(again.written, []);
});

t.test('a changed entry is applied', async (t) => {
  const start = restarts(t);
  await (await start(person, app)).server.stop();
  const { server, written } = await start({ ...person, admin: true }, { ...app, client_name: 'New name' });
  t.ok(written.includes('AccountUpdated') && written.includes('ClientUpdated'), written.join());
  t.match(await server.core.commands.load(clients, 'app'), { state: { metadata: { client_name: 'New name' } } });
});

t.test('regression S5: a later release with a defaulted member more does not undo what an administrator changed', async (t) => {
  const server = await startServer(t, { config: { bootstrap: { accounts: [person], clients: [app] } } });
  const { core } = server;
  const { bootstrap } = core.config;
  const metadata = (await core.commands.load(clients, 'app'))?.state.metadata;
  if (metadata === undefined) return t.fail('no client');
  await updateClient(core, 'app', { ...metadata, client_name: 'Renamed by hand' }, null, ADMINISTRATOR);
  await updateAccount(core, 'sub-alice', { admin: true, claims: { name: 'Alice' }, bootstrapFingerprint: null }, ADMINISTRATOR);
  const before = eventsOf(server).length;
  // What the next release's schema would make of the same file.
  const later = {
    accounts: bootstrap.accounts.map((entry) => ({ ...entry, locale: 'en' })),
    clients: bootstrap.clients.map((entry) => ({ ...entry, metadata: { ...entry.metadata, backchannel_logout_session_required: false } })),
  };
  await applyBootstrap({ ...core, config: { ...core.config, bootstrap: later } });
  t.same(eventsOf(server).slice(before).map(({ type }) => type), []);
  t.match(await core.commands.load(clients, 'app'), { state: { metadata: { client_name: 'Renamed by hand' }, bootstrapFingerprint: /^v1\./ } });
  t.match(await core.commands.load(accounts, 'sub-alice'), { state: { admin: true, bootstrapFingerprint: /^v1\./ } });
});
