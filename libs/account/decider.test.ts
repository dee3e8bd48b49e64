import t from 'tap';
import { at, given } from '#support/given.ts';
import { changePassword, disableAccount, enableAccount, registerAccount, reserveUsername, updateAccount } from './decider.ts';
import { accounts, usernames } from './projection.ts';

const owner = 'subject/sub-1';
const everything = { owner, fields: { username: 'alice', password_hash: '$argon2id$…', claims: { name: 'Alice' } } };
const claims = { owner, fields: { claims: { name: 'Alice Liddell' } } };
const password = { owner, fields: { password_hash: '$argon2id$…' } };

const register = { sub: 'sub-1', admin: false, personal: everything, bootstrapFingerprint: null };
const update = { updateId: 'update-1', admin: false, personal: claims, claimsChanged: true, bootstrapFingerprint: null };
const change = { passwordId: 'password-2', personal: password, bootstrapFingerprint: null };

const registered = ['AccountRegistered', { sub: 'sub-1', admin: false, bootstrap_fingerprint: null }, [everything]] as const;
const fromBootstrap = ['AccountRegistered', { sub: 'sub-1', admin: false, bootstrap_fingerprint: 'mark-1' }, [everything]] as const;
const updated = ['AccountUpdated', { update_id: 'update-1', admin: false, bootstrap_fingerprint: null }, [claims]] as const;
const changed = ['AccountPasswordChanged', { password_id: 'password-2', bootstrap_fingerprint: null }, [password]] as const;
const disabled = ['AccountDisabled', { reason: 'left' }] as const;
const enabled = ['AccountEnabled', {}] as const;
const unknown = { kind: 'refused', reason: 'unknown' } as const;

const sealedIn = (revision: number) => ({
  eventId: `01890000-0000-7000-8000-00000000000${revision}`,
  stream: 'account-1',
  pii: [{ key_id: owner, nonce: 'AAAAAAAAAAAAAAAA', ciphertext: 'c2VhbGVk' }],
});

t.test('the first account to ask for a user name has it for good', (t) => {
  given(usernames)
    .when(reserveUsername, { sub: 'sub-1' })
    .expect(t, { sub: 'sub-1' }, ['UsernameReserved', { sub: 'sub-1' }]);
  const taken = given(usernames, ['UsernameReserved', { sub: 'sub-1' }]);
  taken.when(reserveUsername, { sub: 'sub-2' }).expect(t, { sub: 'sub-1' });
  taken.when(reserveUsername, { sub: 'sub-1' }).expect(t, { sub: 'sub-1' });
  t.strictSame(usernames.indexed(taken.state), { sub: 'sub-1', clientId: null, status: null, expiresAt: null });
  t.end();
});

t.test('an account is made with user name, password hash and claims all sealed', (t) => {
  const { after, expect } = given(accounts).when(registerAccount, register);
  expect(t, { kind: 'done' }, registered);
  const sealed = sealedIn(0);
  t.strictSame(after, {
    status: 'active',
    sub: 'sub-1',
    admin: false,
    epoch: 0,
    username: sealed,
    password: sealed,
    passwordId: null,
    claims: sealed,
    createdAt: at(0),
    updateId: null,
    claimsUpdatedAt: at(0),
    bootstrapFingerprint: null,
  });
  t.end();
});

t.test('a subject identifier is never reassigned (OpenID Core 2, sub)', (t) => {
  given(accounts, registered).when(registerAccount, register).expect(t, { kind: 'refused', reason: 'exists' });
  given(accounts, registered, disabled).when(registerAccount, register).expect(t, { kind: 'refused', reason: 'exists' });
  t.end();
});

t.test('an update replaces the claims whole and dates them (OpenID Core 5.1, updated_at)', (t) => {
  const { after, expect } = given(accounts, registered).when(updateAccount, update);
  expect(t, { kind: 'done' }, updated);
  t.strictSame(after, { ...given(accounts, registered).state, claims: sealedIn(1), claimsUpdatedAt: at(1), updateId: 'update-1' });
  t.end();
});

t.test('an update that changes nothing is no fact', (t) => {
  const same = { ...update, claimsChanged: false };
  given(accounts, registered).when(updateAccount, same).expect(t, { kind: 'already' });
  given(accounts, fromBootstrap)
    .when(updateAccount, { ...same, bootstrapFingerprint: 'mark-1' })
    .expect(t, { kind: 'already' });
  t.end();
});

t.test('the same update twice is one fact, although the claims that it brings are sealed', (t) => {
  given(accounts, registered, updated).when(updateAccount, update).expect(t, { kind: 'already' });
  t.end();
});

t.test('an update can make an administrator, or only note that a bootstrap entry was applied', (t) => {
  const promoted = given(accounts, registered).when(updateAccount, { ...update, admin: true, claimsChanged: false });
  promoted.expect(t, { kind: 'done' }, ['AccountUpdated', { update_id: 'update-1', admin: true, bootstrap_fingerprint: null }, [claims]]);
  t.equal(promoted.after.admin, true);
  t.equal(given(accounts).state.admin, false);
  const marked = given(accounts, fromBootstrap).when(updateAccount, { ...update, claimsChanged: false, bootstrapFingerprint: 'mark-2' });
  marked.expect(t, { kind: 'done' }, ['AccountUpdated', { update_id: 'update-1', admin: false, bootstrap_fingerprint: 'mark-2' }, [claims]]);
  t.equal(marked.after.bootstrapFingerprint, 'mark-2');
  t.equal(given(accounts, fromBootstrap, updated).state.bootstrapFingerprint, 'mark-1', 'an update from elsewhere keeps the mark');
  t.end();
});

t.test('a changed password is one sealed fact, however often the change is asked for', (t) => {
  const { after, expect } = given(accounts, fromBootstrap).when(changePassword, change);
  expect(t, { kind: 'done' }, changed);
  t.strictSame(after, { ...given(accounts, fromBootstrap).state, password: sealedIn(1), passwordId: 'password-2' });
  given(accounts, registered, changed).when(changePassword, change).expect(t, { kind: 'already' });
  const marked = given(accounts, fromBootstrap).when(changePassword, { ...change, bootstrapFingerprint: 'mark-2' });
  t.equal(marked.after.bootstrapFingerprint, 'mark-2');
  t.end();
});

t.test('disabling an account raises its epoch: sessions and grants of the one before are dead for good', (t) => {
  const { after, expect } = given(accounts, registered).when(disableAccount, { reason: 'left' });
  expect(t, { kind: 'done' }, disabled);
  t.strictSame(after, { ...given(accounts, registered).state, status: 'disabled', epoch: 1 });
  given(accounts, registered, disabled).when(disableAccount, { reason: 'left' }).expect(t, { kind: 'already' });
  t.end();
});

t.test('enabling an account lets the person sign in again and brings nothing back', (t) => {
  const { after, expect } = given(accounts, registered, disabled).when(enableAccount, {});
  expect(t, { kind: 'done' }, enabled);
  t.strictSame(after, { ...given(accounts, registered).state, epoch: 1 });
  given(accounts, registered).when(enableAccount, {}).expect(t, { kind: 'already' });
  t.end();
});

t.test('an account that does not exist is unknown to every command but its registration', (t) => {
  const nobody = given(accounts);
  nobody.when(updateAccount, update).expect(t, unknown);
  nobody.when(changePassword, change).expect(t, unknown);
  nobody.when(disableAccount, { reason: 'left' }).expect(t, unknown);
  nobody.when(enableAccount, {}).expect(t, unknown);
  t.end();
});

t.test('accounts are listed by subject and status', (t) => {
  t.strictSame(accounts.indexed(given(accounts, registered).state), { sub: 'sub-1', clientId: null, status: 'active', expiresAt: null });
  t.end();
});

t.test('folding is total: nothing but a registration makes an account, an unknown event changes nothing', (t) => {
  t.equal(given(accounts, disabled).state.status, 'none');
  t.equal(given(accounts, enabled).state.status, 'none');
  const { state } = given(accounts, registered);
  t.equal(accounts.evolve(state, { type: 'AccountForgotten' } as never), state);
  t.end();
});
