import t from 'tap';
import { at, given } from '#support/given.ts';
import { createKeySet, rotateKey } from './decider.ts';
import { isBelieved, signingKeys } from './projection.ts';

const key = (kid: string) => ({ kid, alg: 'ES256', publicJwk: { kty: 'EC', crv: 'P-256', kid } });
const announced = (kid: string) => ['SigningKeyAnnounced', { kid, alg: 'ES256', public_jwk: { kty: 'EC', crv: 'P-256', kid } }] as const;
const activated = (kid: string) => ['SigningKeyActivated', { kid }] as const;
const retired = (kid: string, compromised = false) => ['SigningKeyRetired', { kid, compromised, published_until: at(90) }] as const;
const set = [announced('a'), activated('a'), announced('b')] as const;
const rotate = { next: key('c'), compromised: false, publishedUntil: at(90) };

t.test('a new key set has one key that signs and one that is announced before it ever signs', (t) => {
  const { after, expect } = given(signingKeys).when(createKeySet, { first: key('a'), next: key('b') });
  expect(t, { kind: 'done' }, ...set);
  const common = { alg: 'ES256', retiredAt: null, publishedUntil: null, compromised: false };
  t.strictSame(after.keys, [
    { ...common, kid: 'a', status: 'active', publicJwk: key('a').publicJwk, createdAt: at(0), activatedAt: at(1) },
    { ...common, kid: 'b', status: 'announced', publicJwk: key('b').publicJwk, createdAt: at(2), activatedAt: null },
  ]);
  t.end();
});

t.test('a key set that exists is not made again, whatever keys a second process brings', (t) => {
  given(signingKeys, ...set)
    .when(createKeySet, { first: key('x'), next: key('y') })
    .expect(t, { kind: 'already' });
  t.end();
});

t.test('a rotation retires the signer, activates the announced key and announces the next, in one append', (t) => {
  const { after, expect } = given(signingKeys, ...set).when(rotateKey, rotate);
  expect(t, { kind: 'done' }, retired('a'), activated('b'), announced('c'));
  t.strictSame(
    after.keys.map(({ kid, status }) => `${kid} ${status}`),
    ['a retired', 'b active', 'c announced'],
  );
  t.end();
});

t.test('the same rotation twice is one rotation', (t) => {
  given(signingKeys, ...set, retired('a'), activated('b'), announced('c'))
    .when(rotateKey, rotate)
    .expect(t, { kind: 'already' });
  t.end();
});

t.test('keys that retired before stay as they are when the next one retires', (t) => {
  given(signingKeys, ...set, retired('a'), activated('b'), announced('c'))
    .when(rotateKey, { next: key('d'), compromised: true, publishedUntil: at(90) })
    .expect(t, { kind: 'done' }, retired('b', true), activated('c'), announced('d'));
  t.end();
});

t.test('what a retired key signed is believed until its tokens have expired; a compromised one is believed no more', (t) => {
  const [known] = given(signingKeys, ...set, retired('a')).state.keys;
  const [stolen] = given(signingKeys, ...set, retired('a', true)).state.keys;
  const [active, next] = given(signingKeys, ...set).state.keys;
  t.match(known, { status: 'retired', retiredAt: at(3), publishedUntil: at(90), compromised: false });
  t.equal(known && isBelieved(known, at(89.9)), true);
  t.equal(known && isBelieved(known, at(90)), false);
  t.equal(stolen && isBelieved(stolen, at(4)), false);
  t.equal(active && isBelieved(active, at(1000)), true);
  t.equal(next && isBelieved(next, at(1000)), true);
  t.equal(known && isBelieved({ ...known, publishedUntil: null }, at(4)), false);
  t.end();
});

t.test('key sets are found by their algorithm only; an unknown event changes nothing', (t) => {
  const { state } = given(signingKeys, ...set);
  t.strictSame(signingKeys.indexed(state), { sub: null, clientId: null, status: null, expiresAt: null });
  t.equal(signingKeys.evolve(state, { type: 'SigningKeyForgotten' } as never), state);
  t.end();
});
