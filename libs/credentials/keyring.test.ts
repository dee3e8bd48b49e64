import { randomBytes } from 'node:crypto';
import t from 'tap';
import { systemRandom } from '#ports/random.ts';
import { memoryKeyVault } from '#support/memory-key-vault.ts';
import { createCredentialKeys, keyedHash, sameHash, secretHash } from './credential-keys.ts';
import { createKeyring, masterKeyCheck, WrongMasterKey } from './keyring.ts';
import { clientKey, dayKey, openPersonal, sealPersonal, subjectKey } from './personal-data.ts';

const masterKey = randomBytes(32);

t.test('a key is made at its first use and is the same ever after, in every process', async (t) => {
  const vault = memoryKeyVault();
  const keyring = createKeyring(vault, masterKey, systemRandom);
  t.equal(await keyring.existing('subject/1'), null);
  const key = await keyring.key('subject/1');
  t.equal(key?.length, 32);
  t.same(await keyring.key('subject/1'), key);
  t.same(await createKeyring(vault, masterKey, systemRandom).key('subject/1'), key);
  t.notSame(await keyring.key('subject/2'), key);
});

t.test('two processes that make a key at once agree on the one that was first', async (t) => {
  const vault = memoryKeyVault();
  const rings = Array.from({ length: 5 }, () => createKeyring(vault, masterKey, systemRandom));
  const keys = await Promise.all(rings.map((ring) => ring.key('subject/1')));
  for (const key of keys) t.same(key, keys[0]);
  t.same(await createKeyring(vault, masterKey, systemRandom).existing('subject/1'), keys[0]);
});

t.test('a key leaves the process wrapped, each time differently, and is asked for once', async (t) => {
  const vault = memoryKeyVault();
  const keyring = createKeyring(vault, masterKey, systemRandom);
  const bytes = Buffer.alloc(32, 7);
  t.equal(await keyring.put('a', bytes), true);
  t.equal(await keyring.put('b', bytes), true);
  const [a, b] = [vault.wrapped.get('a'), vault.wrapped.get('b')].map((wrapped) => Buffer.from(wrapped as Uint8Array));
  t.equal(a?.includes(bytes.subarray(0, 8)), false);
  t.not(a?.toString('hex'), b?.toString('hex'));
  const other = createKeyring(vault, masterKey, systemRandom);
  vault.reads = 0;
  await other.existing('a');
  await other.existing('a');
  t.equal(vault.reads, 1);
});

t.test('an id is used once: what is there stays, what was destroyed stays destroyed', async (t) => {
  const vault = memoryKeyVault();
  const keyring = createKeyring(vault, masterKey, systemRandom);
  t.equal(await keyring.put('a', Buffer.alloc(32, 1)), true);
  t.equal(await keyring.put('a', Buffer.alloc(32, 2)), false);
  t.same(await keyring.existing('a'), Buffer.alloc(32, 1));
  await keyring.destroy('a');
  t.equal(await keyring.existing('a'), null);
  t.equal(await keyring.key('a'), null);
  t.equal(await keyring.put('a', Buffer.alloc(32, 3)), false);
  t.equal(await keyring.existing('a'), null);
  t.strictSame(await keyring.list(''), []);
});

t.test('a read that is under way while a key is destroyed does not keep it alive', async (t) => {
  const vault = memoryKeyVault();
  await createKeyring(vault, masterKey, systemRandom).key('subject/1');
  const keyring = createKeyring(vault, masterKey, systemRandom);
  const reading = keyring.existing('subject/1');
  await keyring.destroy('subject/1');
  await reading;
  t.equal(await keyring.existing('subject/1'), null);
  const making = keyring.put('subject/2', Buffer.alloc(32));
  await keyring.destroy('subject/2');
  await making;
  t.equal(await keyring.existing('subject/2'), null);
});

t.test('a key that could not be destroyed is still there', async (t) => {
  const vault = memoryKeyVault();
  const keyring = createKeyring({ ...vault, destroy: () => Promise.reject(new Error('disk full')) }, masterKey, systemRandom);
  const key = await keyring.key('subject/1');
  await t.rejects(keyring.destroy('subject/1'), /disk full/);
  t.same(await keyring.key('subject/1'), key);
});

t.test('keys are listed by prefix, in order, without the destroyed ones', async (t) => {
  const keyring = createKeyring(memoryKeyVault(), masterKey, systemRandom);
  for (const id of ['credential/2', 'subject/1', 'credential/1', 'credential/3']) await keyring.put(id, Buffer.alloc(32));
  await keyring.destroy('credential/3');
  t.strictSame(await keyring.list('credential/'), ['credential/1', 'credential/2']);
});

t.test('another master key opens nothing, and a wrapped key cannot be passed off as another', async (t) => {
  const vault = memoryKeyVault();
  await createKeyring(vault, masterKey, systemRandom).key('subject/1');
  await t.rejects(createKeyring(vault, randomBytes(32), systemRandom).existing('subject/1'), WrongMasterKey);
  vault.wrapped.set('subject/2', vault.wrapped.get('subject/1') ?? 'destroyed');
  await t.rejects(createKeyring(vault, masterKey, systemRandom).existing('subject/2'), { name: 'WrongMasterKey' });
});

t.test('every bit of a wrapped key counts', async (t) => {
  const vault = memoryKeyVault();
  await createKeyring(vault, masterKey, systemRandom).key('a');
  const wrapped = Buffer.from(vault.wrapped.get('a') as Uint8Array);
  const reader = createKeyring(vault, masterKey, systemRandom);
  for (let bit = 0; bit < wrapped.length * 8; bit++) {
    const altered = Buffer.from(wrapped);
    altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    vault.wrapped.set('a', altered);
    const opened = await reader.existing('a').catch((error: unknown) => error);
    if (!(opened instanceof WrongMasterKey)) t.fail(`bit ${bit}`);
  }
  t.equal(wrapped.length, 12 + 32 + 16);
});

t.test('a data directory recognises its master key by a value that opens nothing', (t) => {
  t.equal(masterKeyCheck(masterKey), masterKeyCheck(Buffer.from(masterKey)));
  t.not(masterKeyCheck(masterKey), masterKeyCheck(randomBytes(32)));
  t.match(masterKeyCheck(masterKey), /^[\w-]{43}$/);
  t.end();
});

t.test('hashes are compared whole, whatever their length', (t) => {
  t.equal(sameHash('abc', 'abc'), true);
  t.equal(sameHash('abc', 'abd'), false);
  t.equal(sameHash('abc', 'ab'), false);
  t.equal(sameHash('', ''), true);
  t.equal(sameHash('\u00e9', 'e\u0301'), false);
  t.end();
});

t.test('the first credential key is made when it is needed; the newest is the active one', async (t) => {
  const vault = memoryKeyVault();
  const keyring = createKeyring(vault, masterKey, systemRandom);
  const keys = createCredentialKeys(keyring, systemRandom);
  const first = await keys.active();
  t.match(first.id, /^[0-9a-f]{16}$/);
  t.equal(await keys.active(), first);
  t.equal((await createCredentialKeys(keyring, systemRandom).active()).id, first.id, 'another process finds it');
  await new Promise((resolve) => setTimeout(resolve, 2));
  const second = await keys.rotate();
  t.equal((await keys.active()).id, second);
  t.equal((await createCredentialKeys(createKeyring(vault, masterKey, systemRandom), systemRandom).active()).id, second);
  t.equal((await keys.byId(first.id))?.id, first.id, 'the older one goes on opening what it sealed');
});

t.test('a credential key that never existed or was destroyed is none', async (t) => {
  const vault = memoryKeyVault();
  const keyring = createKeyring(vault, masterKey, systemRandom);
  const keys = createCredentialKeys(keyring, systemRandom);
  const { id } = await keys.active();
  t.equal(await keys.byId('0000000000000000'), null);
  await keyring.destroy(`credential/${id}`);
  t.equal(await createCredentialKeys(keyring, systemRandom).byId(id), null);
  t.equal(await keys.byId(id), null, 'also in the process that used it');
  await t.rejects(keys.active(), /the active credential key is gone/);
});

t.test('the two keys of a credential key are different, and the same in every process', async (t) => {
  const vault = memoryKeyVault();
  const here = await createCredentialKeys(createKeyring(vault, masterKey, systemRandom), systemRandom).active();
  const there = await createCredentialKeys(createKeyring(vault, masterKey, systemRandom), systemRandom).active();
  t.equal(here.seal.equals(there.seal), true);
  t.equal(here.derive.equals(there.derive), true);
  t.equal(here.seal.equals(here.derive), false);
  const raw = await createKeyring(vault, masterKey, systemRandom).existing(`credential/${here.id}`);
  t.equal(here.seal.export().equals(raw ?? Buffer.alloc(0)), false);
});

t.test('hashes of secrets are SHA-256 and HMAC-SHA-256, base64url (RFC 7636 Appendix B)', (t) => {
  t.equal(secretHash('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'), 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM');
  t.equal(secretHash(Buffer.from('a')), secretHash('a'));
  // RFC 4231, test case 2.
  t.equal(
    keyedHash(Buffer.from('Jefe'), 'what do ya want for nothing?'),
    Buffer.from('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843', 'hex').toString('base64url'),
  );
  t.end();
});

t.test('personal fields are sealed under the keys of their owners, one entry each', async (t) => {
  const keyring = createKeyring(memoryKeyVault(), masterKey, systemRandom);
  const personal = [
    { owner: subjectKey('sub-1'), fields: { name: 'Zo\u00eb' } },
    { owner: clientKey('app'), fields: { contacts: ['ops@example.com'] } },
    { owner: dayKey('2026-11-24T14:00:00.000Z'), fields: { address: '192.0.2.7' } },
  ];
  const sealed = await sealPersonal(keyring, systemRandom, 'event-1', 'account-1', personal);
  t.strictSame(
    sealed?.map(({ key_id }) => key_id),
    ['subject/sub-1', 'client/app', 'day/2026-11-24'],
  );
  t.notMatch(JSON.stringify(sealed), /Zo\u00eb|ops@|192\.0/);
  t.strictSame(await openPersonal(keyring, 'event-1', 'account-1', sealed), { name: 'Zo\u00eb', contacts: ['ops@example.com'], address: '192.0.2.7' });
});

t.test('erasing a person takes only that person’s fields; nothing new is recorded about them', async (t) => {
  const keyring = createKeyring(memoryKeyVault(), masterKey, systemRandom);
  const personal = [
    { owner: subjectKey('sub-1'), fields: { name: 'Zo\u00eb' } },
    { owner: subjectKey('admin-1'), fields: { by: 'Alice' } },
  ];
  const sealed = await sealPersonal(keyring, systemRandom, 'event-1', 'account-1', personal);
  await keyring.destroy(subjectKey('sub-1'));
  t.strictSame(await openPersonal(keyring, 'event-1', 'account-1', sealed), { by: 'Alice' });
  t.strictSame(
    (await sealPersonal(keyring, systemRandom, 'event-2', 'account-1', personal))?.map(({ key_id }) => key_id),
    ['subject/admin-1'],
  );
  t.equal(await sealPersonal(keyring, systemRandom, 'event-2', 'account-1', personal.slice(0, 1)), null);
  t.strictSame(await openPersonal(keyring, 'event-2', 'account-1', null), {});
});
