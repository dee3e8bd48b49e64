import canonicalize from 'canonicalize';
import { accounts } from '#account/projection.ts';
import { accountByUsername, usernameHash } from '#account/queries.ts';
import { registerAccount } from '#account/register-account.ts';
import { changePassword, updateAccount } from '#account/update-account.ts';
import { clients } from '#client/projection.ts';
import { needsSecret, registerClient } from '#client/register-client.ts';
import { rotateSecret } from '#client/rotate-secret.ts';
import { findSecret } from '#client/secrets.ts';
import { updateClient } from '#client/update-client.ts';
import { hashFor } from '#credentials/credential-keys.ts';
import { StreamDenied } from '#ports/store-errors.ts';
import type { BootstrapAccount, BootstrapClient } from './config/bootstrap.ts';
import type { Core } from './core.ts';
import type { Origin } from './handle-command.ts';

const ORIGIN: Origin = { actor: { kind: 'bootstrap', id: null }, request: null };

/**
 * How an entry is recognised as applied: a keyed hash, because it holds passwords. It is over the entry as written, in canonical JSON
 * (RFC 8785), so that neither the order of keys nor a default that a later release adds makes an entry look changed.
 */
async function fingerprint(core: Core, { source }: BootstrapAccount | BootstrapClient): Promise<string> {
  return `v1.${await hashFor(core.keyring, 'bootstrap', canonicalize(source) as string)}`;
}

/**
 * Applies the accounts and clients of the configuration. An entry that did not change since it was last applied is left alone, so that a
 * restart changes nothing, revives nothing and resets no password. The fingerprint is written last: what is broken off is done again.
 */
export async function applyBootstrap(core: Core): Promise<void> {
  for (const account of core.config.bootstrap.accounts) await unlessDenied(core, () => applyAccount(core, account));
  for (const client of core.config.bootstrap.clients) await unlessDenied(core, () => applyClient(core, client));
}

/** An entry whose stream cannot be read is left out: everybody else's server starts. */
async function unlessDenied(core: Core, apply: () => Promise<void>): Promise<void> {
  try {
    await apply();
  } catch (error) {
    if (!(error instanceof StreamDenied)) throw error;
    core.log.error({ err: error, stream: error.stream }, 'an entry of bootstrap was not applied: its stream is denied');
  }
}

async function applyAccount(core: Core, entry: BootstrapAccount): Promise<void> {
  const mark = await fingerprint(core, entry);
  const present = await accountByUsername(core, await usernameHash(core, entry.username));
  if (present === null) {
    const { username, password, sub, admin, claims } = entry;
    const registered = await registerAccount(core, { username, password, sub, admin, claims, bootstrapFingerprint: mark }, ORIGIN);
    if (registered.kind === 'refused') core.log.warn({ reason: registered.reason, sub: entry.sub }, 'an account of bootstrap was not made: its name or sub belongs to another account');
    return;
  }
  if (present.state.bootstrapFingerprint === mark) return;
  if (entry.sub !== null && entry.sub !== present.id) return core.log.warn({ sub: entry.sub }, 'an account of bootstrap was not applied: its user name belongs to another sub');
  await changePassword(core, present.id, entry.password, ORIGIN);
  await updateAccount(core, present.id, { admin: entry.admin, claims: entry.claims, bootstrapFingerprint: mark }, ORIGIN);
}

async function applyClient(core: Core, entry: BootstrapClient): Promise<void> {
  const { client_id, client_secret, metadata } = entry;
  const mark = await fingerprint(core, entry);
  const present = await core.commands.load(clients, client_id);
  if (present === null) {
    await registerClient(core, { clientId: client_id, metadata, secret: client_secret, bootstrapFingerprint: mark }, ORIGIN);
    return;
  }
  if (present.state.status === 'deleted') return core.log.warn({ client_id }, 'a client of bootstrap was deleted before; its client_id is never used again');
  if (present.state.bootstrapFingerprint === mark) return;
  const isNewSecret = client_secret !== null && needsSecret(metadata) && (await findSecret(core, present.state, client_secret)) === null;
  if (isNewSecret) await rotateSecret(core, client_id, 0, ORIGIN, client_secret);
  await updateClient(core, client_id, metadata, mark, ORIGIN);
}

/** Whether an account exists at all: a server without one can be started, but nobody can sign in. */
export async function hasAccounts(core: Core): Promise<boolean> {
  return (await core.readModels.list(accounts.collection, {}, null, 1)).length > 0;
}
