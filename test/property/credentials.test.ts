import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { createCredentialKeys } from '#credentials/credential-keys.ts';
import { createKeyring } from '#credentials/keyring.ts';
import { openPersonal, sealPersonal } from '#credentials/personal-data.ts';
import { deriveRefreshSecret, openHandle, type Prefix, seal, sealCode, sealRefreshToken, unseal } from '#credentials/sealed-token.ts';
import { systemRandom } from '#ports/random.ts';
import { jsonObject } from '#support/arbitraries.ts';
import { memoryKeyVault } from '#support/memory-key-vault.ts';

const keyring = createKeyring(memoryKeyVault(), randomBytes(32), systemRandom);
const keys = createCredentialKeys(keyring, systemRandom);
const older = await keys.active();
await keys.rotate();
const key = await keys.active();

const uuid = fc.uuid({ version: 7 });
const salt = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64url'));
const number = fc.oneof(fc.nat({ max: 3 }), fc.integer({ min: 0, max: 0xffff_ffff }));
const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const PREFIXES: readonly Prefix[] = ['glc_', 'glr_', 'gla_'];

const opens = async (prefix: Prefix, token: string): Promise<boolean> =>
  (await unseal(prefix, keys, token)) !== null || (prefix !== 'gla_' && (await openHandle(prefix, keys, token)) !== null);

/** One credential of each kind, and opaque tokens of every length modulo 3: base64url leaves 0, 2 or 4 bits unused at the end. */
const CREDENTIALS: readonly (readonly [Prefix, string])[] = [
  ['glc_', sealCode(key, systemRandom, { grantId: '0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b', revision: 1 }, randomBytes(32))],
  ['glr_', sealRefreshToken(older, 'c2FsdA', { grantId: '0190a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b', revision: 2, generation: 0 })],
  ...[1, 2, 3, 48].map((length) => ['gla_', seal('gla_', key, randomBytes(12), randomBytes(length))] as const),
];

t.test('what was sealed opens, byte for byte, under the key that sealed it', async (t) => {
  for (const [prefix, token] of CREDENTIALS) {
    t.match(token, /^gl[cra]_[A-Za-z0-9_-]+$/, 'characters that need no escaping anywhere');
    t.ok(await unseal(prefix, keys, token));
  }
  await fc.assert(
    fc.asyncProperty(uuid, number, secret, fc.constantFrom(key, older), async (grantId, revision, secret, key) => {
      const opened = await openHandle('glc_', keys, sealCode(key, systemRandom, { grantId, revision }, secret));
      t.same(opened, { grantId, revision, generation: 0, secret });
    }),
    { numRuns: 100 },
  );
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 80 }), fc.constantFrom(...PREFIXES), async (bytes, prefix) => {
      const opened = await unseal(prefix, keys, seal(prefix, key, randomBytes(12), Buffer.from(bytes)));
      t.same(opened?.content, Buffer.from(bytes));
      t.equal(opened?.key.id, key.id);
    }),
    { numRuns: 100 },
  );
});

t.test('no truncation of a credential opens, from either end', async (t) => {
  for (const [prefix, token] of CREDENTIALS) {
    for (let length = 0; length < token.length; length++) {
      if (await opens(prefix, token.slice(0, length))) t.fail(`${prefix} cut to ${length} of ${token.length}`);
      if (await opens(prefix, prefix + token.slice(prefix.length + 1, prefix.length + 1 + length))) t.fail(`${prefix} without its start`);
    }
    for (const longer of [`${token}A`, `${token}AA`, `${token}AAAA`, `${prefix}${token}`, token + token]) t.equal(await opens(prefix, longer), false);
  }
});

t.test('no change of a single bit of a credential opens, in its bytes or in its characters', async (t) => {
  for (const [prefix, token] of CREDENTIALS) {
    const bytes = Buffer.from(token.slice(prefix.length), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const altered = Buffer.from(bytes);
      altered.writeUInt8(altered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      if (await opens(prefix, prefix + altered.toString('base64url'))) t.fail(`${prefix} bit ${bit}`);
    }
    for (let bit = 0; bit < token.length * 16; bit++) {
      const index = bit >> 4;
      const altered = token.slice(0, index) + String.fromCharCode(token.charCodeAt(index) ^ (1 << (bit & 15))) + token.slice(index + 1);
      if (await opens(prefix, altered)) t.fail(`${prefix} bit ${bit & 15} of character ${index}`);
    }
  }
});

t.test('no other spelling of the same bytes opens', async (t) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  let twins = 0;
  for (const [prefix, token] of CREDENTIALS) {
    const text = token.slice(prefix.length);
    const bytes = Buffer.from(text, 'base64url');
    const spellings = [...alphabet].map((last) => text.slice(0, -1) + last).filter((other) => other !== text && Buffer.from(other, 'base64url').equals(bytes));
    twins += spellings.length;
    spellings.push(
      `${text}=`,
      `${text}==`,
      `${text}\n`,
      ` ${text}`,
      `${text.slice(0, 9)} ${text.slice(9)}`,
      `${text.slice(0, 9)}\r\n${text.slice(9)}`,
      `${text}.`,
      `${text}\0`,
      encodeURIComponent(`${text}=`),
    );
    if (/[-_]/.test(text)) spellings.push(text.replaceAll('-', '+').replaceAll('_', '/'));
    for (const other of spellings) if (await opens(prefix, prefix + other)) t.fail(JSON.stringify(other));
  }
  t.ok(twins > 0, 'some of them have twins in their unused bits');
});

t.test('a credential of one kind is none of another', async (t) => {
  for (const [prefix, token] of CREDENTIALS)
    for (const other of PREFIXES) {
      if (other === prefix) continue;
      t.equal(await opens(other, token), false);
      t.equal(await opens(other, other + token.slice(prefix.length)), false);
    }
  const short = seal('glc_', key, randomBytes(12), randomBytes(55));
  t.ok(await unseal('glc_', keys, short));
  t.equal(await openHandle('glc_', keys, short), null, 'sealed content of another size is no handle');
  t.equal(await unseal('gla_', keys, seal('gla_', key, randomBytes(12), Buffer.alloc(0))), null, 'nothing sealed is nothing');
});

t.test('no other string opens', async (t) => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.base64String({ maxLength: 200 }),
    fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  );
  const named = fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.concat([Buffer.from(key.id, 'hex'), Buffer.from(bytes)]).toString('base64url'));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PREFIXES), fc.oneof(text, named), async (prefix, text) => {
      if ((await opens(prefix, text)) || (await opens(prefix, prefix + text))) throw new Error('it opened');
    }),
    { numRuns: 500 },
  );
  t.pass();
});

t.test('a credential whose key is gone, or is another server’s, does not open', async (t) => {
  const elsewhere = createCredentialKeys(createKeyring(memoryKeyVault(), randomBytes(32), systemRandom), systemRandom);
  for (const [prefix, token] of CREDENTIALS) t.equal(await unseal(prefix, elsewhere, token), null);
  const foreign = await elsewhere.active();
  const posing = seal('gla_', { ...foreign, id: key.id }, randomBytes(12), randomBytes(8));
  t.equal(await unseal('gla_', keys, posing), null);
});

t.test('a refresh token is derived: the same generation is the same token byte for byte', async (t) => {
  await fc.assert(
    fc.asyncProperty(uuid, number, number, salt, async (grantId, revision, generation, salt) => {
      const token = sealRefreshToken(key, salt, { grantId, revision, generation });
      t.equal(sealRefreshToken(key, salt, { grantId, revision, generation }), token);
      t.same(await openHandle('glr_', keys, token), { grantId, revision, generation, secret: deriveRefreshSecret(key, salt, grantId, generation).secret });
    }),
    { numRuns: 100 },
  );
});

t.test('secret and nonce of a refresh token differ for every generation, grant, salt and key', (t) => {
  fc.assert(
    fc.property(fc.tuple(uuid, uuid, salt, salt, number, number), ([grantId, otherGrant, salt, otherSalt, generation, otherGeneration]) => {
      fc.pre(grantId !== otherGrant && salt !== otherSalt && generation !== otherGeneration);
      const derived = [
        deriveRefreshSecret(key, salt, grantId, generation),
        deriveRefreshSecret(key, salt, grantId, otherGeneration),
        deriveRefreshSecret(key, salt, otherGrant, generation),
        deriveRefreshSecret(key, otherSalt, grantId, generation),
        deriveRefreshSecret(older, salt, grantId, generation),
      ];
      const distinct = (part: 'nonce' | 'secret') => new Set(derived.map((one) => one[part].toString('hex'))).size;
      return distinct('nonce') === derived.length && distinct('secret') === derived.length;
    }),
    { numRuns: 200 },
  );
  t.pass();
  t.end();
});

const owner = uuid.map((sub) => `subject/${sub}`);

t.test('personal fields that were sealed are opened as they were', async (t) => {
  await fc.assert(
    fc.asyncProperty(uuid, owner, jsonObject, async (eventId, owner, fields) => {
      const sealed = await sealPersonal(keyring, systemRandom, eventId, 'account-1', [{ owner, fields }]);
      t.strictSame(JSON.stringify(await openPersonal(keyring, eventId, 'account-1', sealed)), JSON.stringify(fields));
      const again = await sealPersonal(keyring, systemRandom, eventId, 'account-1', [{ owner, fields }]);
      t.notSame(again, sealed, 'equal fields do not look equal');
    }),
    { numRuns: 100 },
  );
});

t.test('personal fields moved to another event, stream or owner, or altered, do not open', async (t) => {
  await fc.assert(
    fc.asyncProperty(uuid, uuid, owner, owner, jsonObject, fc.nat(), async (eventId, otherEvent, owner, otherOwner, fields, at) => {
      fc.pre(eventId !== otherEvent && owner !== otherOwner);
      const [sealed] = (await sealPersonal(keyring, systemRandom, eventId, 'account-1', [{ owner, fields }])) ?? [];
      if (sealed === undefined) throw new Error('nothing was sealed');
      await keyring.key(otherOwner);
      const flipped = (text: string): string => {
        const bytes = Buffer.from(text, 'base64url');
        const bit = at % (bytes.length * 8);
        bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
        return bytes.toString('base64url');
      };
      await t.rejects(openPersonal(keyring, otherEvent, 'account-1', [sealed]));
      await t.rejects(openPersonal(keyring, eventId, 'account-2', [sealed]));
      await t.rejects(openPersonal(keyring, `${eventId}\naccount-1`, '', [sealed]));
      await t.rejects(openPersonal(keyring, eventId, 'account-1', [{ ...sealed, key_id: otherOwner }]));
      await t.rejects(openPersonal(keyring, eventId, 'account-1', [{ ...sealed, nonce: flipped(sealed.nonce) }]));
      await t.rejects(openPersonal(keyring, eventId, 'account-1', [{ ...sealed, ciphertext: flipped(sealed.ciphertext) }]));
    }),
    { numRuns: 50 },
  );
});

t.test('personal fields of a destroyed key open to nothing, for good', async (t) => {
  await fc.assert(
    fc.asyncProperty(uuid, owner, jsonObject, async (eventId, owner, fields) => {
      const sealed = await sealPersonal(keyring, systemRandom, eventId, 'account-1', [{ owner, fields }]);
      await keyring.destroy(owner);
      t.strictSame(await openPersonal(keyring, eventId, 'account-1', sealed), {});
      t.equal(await sealPersonal(keyring, systemRandom, eventId, 'account-1', [{ owner, fields }]), null);
    }),
    { numRuns: 50 },
  );
});
