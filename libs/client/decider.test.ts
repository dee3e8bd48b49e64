import t from 'tap';
import { at, type Fact, given } from '#support/given.ts';
import { deleteClient, disableClient, enableClient, registerClient, retireSecret, rotateSecret, updateClient } from './decider.ts';
import type { ClientEvent } from './events.ts';
import { clients } from './projection.ts';

const metadata = { client_name: 'Photos', redirect_uris: ['https://app.example.com/cb'], skip_consent: false, jwks: { keys: [{ kty: 'EC' }] } };
const contacts = { owner: 'client/app', fields: { contacts: ['ops@example.com'] } };
const secret = (number: number, now: string, previousEndAt: string) => ({ secretId: `secret-${number}`, hash: `hash-${number}`, now, previousEndAt });

const register = { clientId: 'app', metadata, contacts: null, secret: null, bootstrapFingerprint: null };
const update = { updateId: 'update-1', metadata, contacts: null, contactsChanged: false, bootstrapFingerprint: null };

const registered = ['ClientRegistered', { client_id: 'app', metadata, bootstrap_fingerprint: null }] as const;
const fromBootstrap = ['ClientRegistered', { client_id: 'app', metadata, bootstrap_fingerprint: 'mark-1' }, [contacts]] as const;
const added = (number: number, validFrom: string, ...previous: { secret_id: string; expires_at: string }[]): Fact<ClientEvent> => [
  'ClientSecretAdded',
  { secret_id: `secret-${number}`, hash: `hash-${number}`, valid_from: validFrom, previous },
];
const retired = ['ClientSecretRetired', { secret_id: 'secret-1' }] as const;
const disabled = ['ClientDisabled', {}] as const;
const enabled = ['ClientEnabled', {}] as const;
const deleted = ['ClientDeleted', {}] as const;
const updated = (changed: typeof metadata | object, mark: string | null = null): Fact<ClientEvent> => [
  'ClientUpdated',
  { update_id: 'update-1', metadata: { ...changed }, bootstrap_fingerprint: mark },
];
const unknown = { kind: 'refused', reason: 'unknown' } as const;

t.test('RFC 7591 3.2.1: a client is registered with its metadata as accepted', (t) => {
  const { after, expect } = given(clients).when(registerClient, register);
  expect(t, { kind: 'done' }, registered);
  t.strictSame(after, { status: 'active', clientId: 'app', metadata, contacts: null, secrets: [], createdAt: at(0), updateId: null, bootstrapFingerprint: null });
  t.end();
});

t.test('RFC 7591 2: contacts are personal, sealed under the key of the client', (t) => {
  const { after, expect } = given(clients).when(registerClient, { ...register, contacts, bootstrapFingerprint: 'mark-1' });
  expect(t, { kind: 'done' }, fromBootstrap);
  t.match(after, { contacts: { stream: 'client-1', pii: [{ key_id: 'client/app' }] }, bootstrapFingerprint: 'mark-1' });
  t.end();
});

t.test('a confidential client is registered together with its first secret, in one append', (t) => {
  const { after, expect } = given(clients).when(registerClient, { ...register, secret: secret(1, at(0), at(0)) });
  expect(t, { kind: 'done' }, registered, added(1, at(0)));
  t.strictSame(after.secrets, [{ secretId: 'secret-1', hash: 'hash-1', createdAt: at(0), expiresAt: null }]);
  t.end();
});

t.test('a client_id that was ever used, even by a deleted client, is never used again', (t) => {
  given(clients, registered).when(registerClient, register).expect(t, { kind: 'refused', reason: 'exists' });
  given(clients, registered, deleted).when(registerClient, register).expect(t, { kind: 'refused', reason: 'exists' });
  t.end();
});

t.test('RFC 7592 2.2: an update replaces the metadata as a whole', (t) => {
  const renamed = { client_name: 'Pictures' };
  const { after, expect } = given(clients, fromBootstrap).when(updateClient, { ...update, metadata: renamed });
  expect(t, { kind: 'done' }, updated(renamed));
  t.strictSame(after, { ...given(clients, fromBootstrap).state, metadata: renamed, contacts: null, updateId: 'update-1' });
  t.end();
});

t.test('an update is compared by value, whatever the order of its members', (t) => {
  const { jwks, ...rest } = metadata;
  given(clients, registered)
    .when(updateClient, { ...update, metadata: { jwks, ...rest } })
    .expect(t, { kind: 'already' });
  for (const changed of [
    { ...metadata, client_name: null },
    { ...metadata, redirect_uris: { 0: 'https://app.example.com/cb' } },
    { ...metadata, redirect_uris: [] },
    { ...metadata, redirect_uris: ['https://app.example.com/cb', 'https://app.example.com/cb2'] },
    { ...metadata, jwks: { sets: metadata.jwks.keys } },
    { ...metadata, jwks: null },
    { ...metadata, skip_consent: 'false' },
    rest,
  ])
    given(clients, registered)
      .when(updateClient, { ...update, metadata: changed })
      .expect(t, { kind: 'done' }, updated(changed));
  for (const [before, changed] of [
    [{ name: '' }, { name: {} }],
    [{ name: {} }, { name: '' }],
    [{ name: {} }, { name: [] }],
    [{ toString: 1 }, { valueOf: 1 }],
  ] as const) {
    const other = ['ClientRegistered', { ...registered[1], metadata: { ...before } }] as const;
    given(clients, other)
      .when(updateClient, { ...update, metadata: { ...changed } })
      .expect(t, { kind: 'done' }, updated(changed));
  }
  t.end();
});

t.test('changed contacts are an update, once, although the decider cannot read them', (t) => {
  const command = { ...update, contacts, contactsChanged: true };
  const { after, expect } = given(clients, registered).when(updateClient, command);
  expect(t, { kind: 'done' }, ['ClientUpdated', { update_id: 'update-1', metadata, bootstrap_fingerprint: null }, [contacts]]);
  t.match(after.contacts, { stream: 'client-1', pii: [{ key_id: 'client/app' }] });
  t.end();
});

t.test('a bootstrap entry is applied only when its fingerprint changed', (t) => {
  given(clients, fromBootstrap)
    .when(updateClient, { ...update, bootstrapFingerprint: 'mark-1' })
    .expect(t, { kind: 'already' });
  const { after, expect } = given(clients, fromBootstrap).when(updateClient, { ...update, bootstrapFingerprint: 'mark-2' });
  expect(t, { kind: 'done' }, updated(metadata, 'mark-2'));
  t.equal(after.bootstrapFingerprint, 'mark-2');
  t.end();
});

t.test('secrets overlap: the older ones end at the given time, and all of them authenticate until then', (t) => {
  const { after, expect } = given(clients, registered, added(1, at(1))).when(rotateSecret, secret(2, at(2), at(60)));
  expect(t, { kind: 'done' }, added(2, at(2), { secret_id: 'secret-1', expires_at: at(60) }));
  t.strictSame(after.secrets, [
    { secretId: 'secret-1', hash: 'hash-1', createdAt: at(1), expiresAt: at(60) },
    { secretId: 'secret-2', hash: 'hash-2', createdAt: at(2), expiresAt: null },
  ]);
  t.end();
});

t.test('without an overlap the older secrets end at once', (t) => {
  const { after, expect } = given(clients, registered, added(1, at(1))).when(rotateSecret, secret(2, at(2), at(2)));
  expect(t, { kind: 'done' }, added(2, at(2), { secret_id: 'secret-1', expires_at: at(2) }));
  t.strictSame(
    after.secrets.map(({ secretId }) => secretId),
    ['secret-2'],
  );
  t.end();
});

t.test('a rotation never prolongs a secret that ends sooner', (t) => {
  const ending = added(2, at(2), { secret_id: 'secret-1', expires_at: at(30) });
  const { after, expect } = given(clients, registered, added(1, at(1)), ending).when(rotateSecret, secret(3, at(3), at(60)));
  expect(t, { kind: 'done' }, added(3, at(3), { secret_id: 'secret-2', expires_at: at(60) }));
  t.strictSame(
    after.secrets.map(({ expiresAt }) => expiresAt),
    [at(30), at(60), null],
  );
  const sooner = given(clients, registered, added(1, at(1)), ending).when(rotateSecret, secret(3, at(3), at(10)));
  t.strictSame(
    sooner.after.secrets.map(({ expiresAt }) => expiresAt),
    [at(10), at(10), null],
  );
  given(clients, registered, added(1, at(1)), ending)
    .when(rotateSecret, secret(3, at(3), at(30)))
    .expect(t, { kind: 'done' }, added(3, at(3), { secret_id: 'secret-2', expires_at: at(30) }));
  t.end();
});

t.test('a secret that comes twice is one secret', (t) => {
  given(clients, registered, added(1, at(1)))
    .when(rotateSecret, secret(1, at(2), at(60)))
    .expect(t, { kind: 'already' });
  t.end();
});

t.test('a retired secret authenticates nothing more; retiring it again is no fact', (t) => {
  const { after, expect } = given(clients, registered, added(1, at(1))).when(retireSecret, { secretId: 'secret-1' });
  expect(t, { kind: 'done' }, retired);
  t.strictSame(after, { ...given(clients, registered).state, secrets: [] });
  given(clients, registered, added(1, at(1)), retired)
    .when(retireSecret, { secretId: 'secret-1' })
    .expect(t, { kind: 'already' });
  t.end();
});

t.test('a disabled client is suspended until it is enabled; its secrets stay', (t) => {
  const { after, expect } = given(clients, registered, added(1, at(1))).when(disableClient, {});
  expect(t, { kind: 'done' }, disabled);
  t.match(after, { status: 'disabled', secrets: [{ secretId: 'secret-1' }] });
  given(clients, registered, disabled).when(disableClient, {}).expect(t, { kind: 'already' });
  given(clients, registered, disabled).when(enableClient, {}).expect(t, { kind: 'done' }, enabled);
  t.strictSame(given(clients, registered, disabled, enabled).state, given(clients, registered).state);
  given(clients, registered).when(enableClient, {}).expect(t, { kind: 'already' });
  given(clients, registered, disabled)
    .when(updateClient, { ...update, metadata: {} })
    .expect(t, { kind: 'done' }, updated({}));
  t.end();
});

t.test('RFC 7592 2.3: a deleted client is gone for good, with all its secrets', (t) => {
  const { after, expect } = given(clients, registered, added(1, at(1))).when(deleteClient, {});
  expect(t, { kind: 'done' }, deleted);
  t.match(after, { status: 'deleted', secrets: [], clientId: 'app' });
  given(clients, registered, disabled).when(deleteClient, {}).expect(t, { kind: 'done' }, deleted);
  given(clients, registered, deleted).when(deleteClient, {}).expect(t, { kind: 'already' });
  t.end();
});

t.test('a client that does not exist, or exists no more, is unknown to every command', (t) => {
  for (const nobody of [given(clients), given(clients, registered, deleted)]) {
    nobody.when(updateClient, update).expect(t, unknown);
    nobody.when(rotateSecret, secret(1, at(1), at(1))).expect(t, unknown);
    nobody.when(retireSecret, { secretId: 'secret-1' }).expect(t, unknown);
    nobody.when(disableClient, {}).expect(t, unknown);
    nobody.when(enableClient, {}).expect(t, unknown);
  }
  given(clients).when(deleteClient, {}).expect(t, unknown);
  t.end();
});

t.test('clients are listed by client_id and status', (t) => {
  t.strictSame(clients.indexed(given(clients, registered).state), { sub: null, clientId: 'app', status: 'active', expiresAt: null });
  t.end();
});

t.test('folding is total: nothing revives a deleted client, an unknown event changes nothing', (t) => {
  t.equal(given(clients, registered, deleted, disabled).state.status, 'deleted');
  t.equal(given(clients, registered, deleted, enabled).state.status, 'deleted');
  const { state } = given(clients, registered);
  t.equal(clients.evolve(state, { type: 'ClientForgotten' } as never), state);
  t.end();
});
