import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Clock, systemClock } from '#ports/clock.ts';
import { openSqliteStores, type SqliteStores } from '#stores/sqlite/open.ts';
import { ephemeralStoreContract } from './ephemeral-store.contract.ts';
import { eventStoreContract } from './event-store.contract.ts';
import { COLLECTIONS, type Made } from './fixture.ts';
import { journalContract } from './journal.contract.ts';
import { keyVaultContract } from './key-vault.contract.ts';
import { readModelsContract } from './read-models.contract.ts';
import { subscriptionContract } from './subscription.contract.ts';

const open = (t: Test, directory: string, clock: Clock): SqliteStores => openSqliteStores({ directory, collections: COLLECTIONS, clock, onFatal: (error) => t.fail(error) });

/** Picks one port (or several) out of the stores, in memory or in a directory of its own. */
function maker<Store>(t: Test, directory: string | null, pick: (stores: SqliteStores) => Store) {
  return async (clock: Clock = systemClock): Promise<Made<Store>> => {
    if (directory === null) {
      const stores = open(t, ':memory:', clock);
      return { store: pick(stores), close: () => stores.close() };
    }
    const own = mkdtempSync(join(directory, 'data-'));
    let stores = open(t, own, clock);
    const close = (): Promise<void> => stores.close();
    const reopen = async (): Promise<Store> => {
      await stores.close();
      stores = open(t, own, clock);
      return pick(stores);
    };
    return { store: pick(stores), close, reopen };
  };
}

for (const place of ['memory', 'disk'] as const) {
  t.test(`SQLite in ${place}`, async (t) => {
    const directory = place === 'disk' ? t.testdir() : null;
    t.test('event store', async (t) =>
      eventStoreContract(
        t,
        maker(t, directory, (stores) => stores.events),
      ),
    );
    t.test('subscription', async (t) =>
      subscriptionContract(
        t,
        maker(t, directory, (stores) => stores.events),
      ),
    );
    t.test('read models', async (t) =>
      readModelsContract(
        t,
        maker(t, directory, (stores) => stores.readModels),
      ),
    );
    t.test('journal', async (t) =>
      journalContract(
        t,
        maker(t, directory, (stores) => stores),
      ),
    );
    t.test('ephemeral store', async (t) =>
      ephemeralStoreContract(
        t,
        maker(t, directory, (stores) => stores.ephemeral),
      ),
    );
    t.test('key vault', async (t) =>
      keyVaultContract(
        t,
        maker(t, directory, (stores) => stores.vault),
      ),
    );
  });
}
