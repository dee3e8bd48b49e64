import type { Test } from 'tap';
import type { KeyVault } from '#ports/key-vault.ts';
import type { Made, Make } from './fixture.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What every KeyVault does. */
export function keyVaultContract(t: Test, make: Make<KeyVault>): void {
  const check = (name: string, body: (t: Test, store: KeyVault, made: Made<KeyVault>) => Promise<void>): void => {
    t.test(name, async (t) => {
      const made = await make();
      t.teardown(() => made.close());
      await body(t, made.store, made);
    });
  };

  check('a key is created once and read back', async (t, vault) => {
    t.equal(await vault.read('subject/a'), null);
    t.equal(await vault.create('subject/a', new Uint8Array([0, 255, 1])), 'created');
    t.strictSame(await vault.read('subject/a'), { status: 'live', wrapped: new Uint8Array([0, 255, 1]) });
    t.equal(await vault.create('subject/a', bytes('another')), 'exists');
    t.strictSame(await vault.read('subject/a'), { status: 'live', wrapped: new Uint8Array([0, 255, 1]) }, 'the first one stays');
  });

  check('of 50 that create one key one succeeds', async (t, vault) => {
    const results = await Promise.all(Array.from({ length: 50 }, (_, index) => vault.create('subject/a', bytes(`key ${index}`))));
    t.equal(results.filter((result) => result === 'created').length, 1);
    t.ok(results.every((result) => result === 'created' || result === 'exists'));
    t.strictSame(await vault.read('subject/a'), { status: 'live', wrapped: bytes(`key ${results.indexOf('created')}`) });
  });

  check('a destroyed key stays destroyed', async (t, vault) => {
    await vault.create('subject/a', bytes('a'));
    await vault.create('subject/ab', bytes('ab'));
    await vault.destroy('subject/a');
    t.strictSame(await vault.read('subject/a'), { status: 'destroyed' });
    t.equal(await vault.create('subject/a', bytes('again')), 'destroyed');
    await vault.destroy('subject/a');
    t.strictSame(await vault.read('subject/a'), { status: 'destroyed' });
    t.match(await vault.read('subject/ab'), { status: 'live' }, 'others live');
  });

  check('destroying an unknown id is no error and uses the id up', async (t, vault) => {
    await vault.destroy('subject/unknown');
    t.strictSame(await vault.read('subject/unknown'), { status: 'destroyed' });
    t.equal(await vault.create('subject/unknown', bytes('late')), 'destroyed');
  });

  check('live ids are listed by prefix, ascending', async (t, vault) => {
    for (const id of ['subject/b', 'day/2026-11-24', 'subject/a', 'subject0', 'subject', 'subject/c', 'subject/%']) await vault.create(id, bytes(id));
    await vault.destroy('subject/b');
    t.strictSame(await vault.list('subject/'), ['subject/%', 'subject/a', 'subject/c']);
    t.strictSame(await vault.list('day/'), ['day/2026-11-24']);
    t.strictSame(await vault.list('subject/%'), ['subject/%'], 'a prefix is no pattern');
    t.strictSame(await vault.list('none/'), []);
    t.equal((await vault.list('')).length, 6);
  });

  check('keys and marks are there after the store was opened again', async (t, vault, { reopen }) => {
    if (reopen === undefined) return void t.comment('not run: this store keeps nothing');
    await vault.create('subject/a', bytes('a'));
    await vault.create('subject/b', bytes('b'));
    await vault.destroy('subject/b');
    const again = await reopen();
    t.strictSame(await again.read('subject/a'), { status: 'live', wrapped: bytes('a') });
    t.strictSame(await again.read('subject/b'), { status: 'destroyed' });
    t.equal(await again.create('subject/b', bytes('b')), 'destroyed');
  });

  check('a closed store is unavailable', async (t, vault, made) => {
    await made.close();
    await t.rejects(vault.read('subject/a'), { name: 'StoreUnavailable' });
    await t.rejects(vault.list(''), { name: 'StoreUnavailable' });
    await t.rejects(vault.create('subject/a', bytes('a')), { name: 'StoreUnavailable' });
    await t.rejects(vault.destroy('subject/a'), { name: 'StoreUnavailable' });
  });
}
