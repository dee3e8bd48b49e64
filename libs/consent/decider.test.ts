import t from 'tap';
import { at, type Fact, given } from '#support/given.ts';
import { denyConsent, giveConsent, narrowConsent, withdrawConsent } from './decider.ts';
import type { ConsentEvent } from './events.ts';
import { consents, inForce } from './projection.ts';

const notice = { hash: 'notice-1', version: 1, language: 'en' };
const origin = { owner: 'subject/sub-1', fields: { address: '192.0.2.7' } };
const signIn = { session_id: 'session-1', auth_time: at(0), acr: 'urn:grantlog:acr:single-factor', amr: ['pwd'] };
const asked = { decisionId: 'd-1', sub: 'sub-1', clientId: 'app', scopes: ['openid', 'read'], resources: ['https://api.example.com'], notice, signIn, origin: null };
const give = { ...asked, now: at(1), basis: 'person' as const, clientRevision: 3, expiresAt: null };

type Granted = Extract<ConsentEvent, { type: 'ConsentGranted' }>['data'];
const granted = (changes: Partial<Granted> = {}): Fact<ConsentEvent> => [
  'ConsentGranted',
  {
    sub: 'sub-1',
    client_id: 'app',
    scopes: ['openid', 'read'],
    resources: ['https://api.example.com'],
    basis: 'person',
    notice,
    client_revision: 3,
    expires_at: null,
    epoch: 1,
    decision_id: 'd-1',
    ...signIn,
    ...changes,
  },
];
const denied = (decisionId = 'd-1'): Fact<ConsentEvent> => [
  'ConsentDenied',
  { sub: 'sub-1', client_id: 'app', scopes: ['openid', 'read'], resources: ['https://api.example.com'], notice, decision_id: decisionId, ...signIn },
];
const fromThere = ([type, data]: Fact<ConsentEvent>) => [type, data, [origin]] as Fact<ConsentEvent>;
const changed = (...scopes: string[]): Fact<ConsentEvent> => ['ConsentScopesChanged', { scopes }];
const withdrawn = ['ConsentWithdrawn', { reason: 'withdrawn_by_account' }] as const;

t.test('a consent names the notice that was seen, scopes, resources, client revision and the sign-in behind it', (t) => {
  const { after, expect } = given(consents).when(giveConsent, give);
  expect(t, { epoch: 1 }, granted());
  t.strictSame(after, {
    status: 'active',
    sub: 'sub-1',
    clientId: 'app',
    scopes: ['openid', 'read'],
    resources: ['https://api.example.com'],
    basis: 'person',
    notice,
    grantedAt: at(0),
    expiresAt: null,
    epoch: 1,
    decisionId: 'd-1',
  });
  t.end();
});

t.test('where a consent came from is personal', (t) => {
  given(consents)
    .when(giveConsent, { ...give, origin })
    .expect(t, { epoch: 1 }, fromThere(granted()));
  given(consents)
    .when(denyConsent, { ...asked, origin })
    .expect(t, { kind: 'done' }, fromThere(denied()));
  t.end();
});

t.test('what was checked is added to a consent in force: it becomes the union, in the same epoch', (t) => {
  given(consents, granted())
    .when(giveConsent, { ...give, decisionId: 'd-2', scopes: ['openid', 'write'], resources: ['https://files.example.com', 'https://api.example.com'] })
    .expect(t, { epoch: 1 }, granted({ decision_id: 'd-2', scopes: ['openid', 'read', 'write'], resources: ['https://api.example.com', 'https://files.example.com'] }));
  t.end();
});

t.test('a resource alone widens a consent too', (t) => {
  given(consents, granted())
    .when(giveConsent, { ...give, decisionId: 'd-2', basis: 'policy', resources: ['https://files.example.com'] })
    .expect(t, { epoch: 1 }, granted({ decision_id: 'd-2', basis: 'policy', resources: ['https://api.example.com', 'https://files.example.com'] }));
  t.end();
});

t.test('a decision of a person is a fact also when it repeats the one before', (t) => {
  given(consents, granted())
    .when(giveConsent, { ...give, decisionId: 'd-2' })
    .expect(t, { epoch: 1 }, granted({ decision_id: 'd-2' }));
  t.end();
});

t.test('the same submission never counts twice', (t) => {
  given(consents, granted()).when(giveConsent, give).expect(t, { epoch: 1 });
  given(consents, granted(), denied('d-2'))
    .when(denyConsent, { ...asked, decisionId: 'd-2' })
    .expect(t, { kind: 'done' });
  t.end();
});

t.test('policy stands in for the person only where the consent does not cover it yet', (t) => {
  const policy = { ...give, decisionId: 'd-2', basis: 'policy' as const, notice: null };
  given(consents)
    .when(giveConsent, policy)
    .expect(t, { epoch: 1 }, granted({ decision_id: 'd-2', basis: 'policy', notice: null }));
  given(consents, granted()).when(giveConsent, policy).expect(t, { epoch: 1 });
  given(consents, granted())
    .when(giveConsent, { ...policy, scopes: ['email'] })
    .expect(t, { epoch: 1 }, granted({ decision_id: 'd-2', basis: 'policy', notice: null, scopes: ['email', 'openid', 'read'] }));
  t.end();
});

t.test('after a withdrawal a new decision begins anew in the next epoch, with what was checked and nothing of before', (t) => {
  const { after, expect } = given(consents, granted(), withdrawn).when(giveConsent, { ...give, decisionId: 'd-2', scopes: ['openid'], resources: [] });
  expect(t, { epoch: 2 }, granted({ decision_id: 'd-2', scopes: ['openid'], resources: [], epoch: 2 }));
  t.match(after, { status: 'active', epoch: 2, scopes: ['openid'] });
  t.end();
});

t.test('a consent that has expired is over like a withdrawn one: the next is of a new epoch', (t) => {
  const expiring = given(consents, granted({ expires_at: at(60) }));
  expiring.when(giveConsent, { ...give, now: at(60), expiresAt: at(120) }).expect(t, { epoch: 2 }, granted({ epoch: 2, expires_at: at(120) }));
  expiring.when(giveConsent, { ...give, now: at(59.9), decisionId: 'd-2', expiresAt: at(120) }).expect(t, { epoch: 1 }, granted({ decision_id: 'd-2', expires_at: at(120) }));
  t.end();
});

t.test('a refusal is a fact; who never agreed has denied', (t) => {
  const { after, expect } = given(consents).when(denyConsent, asked);
  expect(t, { kind: 'done' }, denied());
  t.match(after, { status: 'denied', sub: 'sub-1', clientId: 'app', scopes: [], decisionId: 'd-1' });
  given(consents, denied())
    .when(giveConsent, { ...give, decisionId: 'd-2' })
    .expect(t, { epoch: 1 }, granted({ decision_id: 'd-2' }));
  t.end();
});

t.test('a refusal leaves a consent in force before as it is', (t) => {
  const { after } = given(consents, granted()).when(denyConsent, { ...asked, decisionId: 'd-2', scopes: ['write'] });
  t.match(after, { status: 'active', scopes: ['openid', 'read'], epoch: 1, decisionId: 'd-2' });
  t.equal(given(consents, granted(), withdrawn, denied('d-2')).state.status, 'withdrawn');
  t.end();
});

t.test('a consent is narrowed by command, and tokens follow', (t) => {
  const { after, expect } = given(consents, granted()).when(narrowConsent, { now: at(5), scopes: ['openid'] });
  expect(t, { kind: 'done' }, changed('openid'));
  t.match(after, { status: 'active', scopes: ['openid'], epoch: 1 });
  given(consents, granted(), changed('openid'))
    .when(narrowConsent, { now: at(5), scopes: ['openid'] })
    .expect(t, { kind: 'already' });
  t.end();
});

t.test('only the person widens a consent; narrowing to nothing is a withdrawal and is asked for as such', (t) => {
  const widens = { kind: 'refused', reason: 'widens' } as const;
  given(consents, granted())
    .when(narrowConsent, { now: at(5), scopes: ['openid', 'write'] })
    .expect(t, widens);
  given(consents, granted(), changed('openid'))
    .when(narrowConsent, { now: at(5), scopes: ['openid', 'read'] })
    .expect(t, widens);
  given(consents, granted())
    .when(narrowConsent, { now: at(5), scopes: [] })
    .expect(t, widens);
  t.end();
});

t.test('a consent that is not in force cannot be narrowed', (t) => {
  const refused = (reason: 'unknown' | 'not-active') => ({ kind: 'refused', reason }) as const;
  given(consents)
    .when(narrowConsent, { now: at(5), scopes: ['openid'] })
    .expect(t, refused('unknown'));
  given(consents, denied())
    .when(narrowConsent, { now: at(5), scopes: ['openid'] })
    .expect(t, refused('unknown'));
  given(consents, granted(), withdrawn)
    .when(narrowConsent, { now: at(5), scopes: ['openid'] })
    .expect(t, refused('not-active'));
  given(consents, granted({ expires_at: at(5) }))
    .when(narrowConsent, { now: at(5), scopes: ['openid'] })
    .expect(t, refused('not-active'));
  t.end();
});

t.test('a withdrawal ends the consent and every grant of its epoch; withdrawing again is no fact', (t) => {
  const command = { reason: 'withdrawn_by_account' };
  const { after, expect } = given(consents, granted()).when(withdrawConsent, command);
  expect(t, { kind: 'done' }, withdrawn);
  t.match(after, { status: 'withdrawn', epoch: 1, scopes: ['openid', 'read'] });
  given(consents, granted(), withdrawn).when(withdrawConsent, command).expect(t, { kind: 'already' });
  given(consents, granted({ expires_at: at(0) }))
    .when(withdrawConsent, command)
    .expect(t, { kind: 'done' }, withdrawn);
  given(consents).when(withdrawConsent, command).expect(t, { kind: 'refused', reason: 'unknown' });
  given(consents, denied()).when(withdrawConsent, command).expect(t, { kind: 'refused', reason: 'unknown' });
  t.end();
});

t.test('whether a consent is in force is computed, never waited for', (t) => {
  t.equal(inForce(given(consents, granted()).state, at(1e6)), true);
  const { state } = given(consents, granted({ expires_at: at(60) }));
  t.equal(inForce(state, at(59.9)), true);
  t.equal(inForce(state, at(60)), false);
  t.equal(inForce(given(consents, granted(), withdrawn).state, at(3)), false);
  t.strictSame(consents.indexed(state), { sub: 'sub-1', clientId: 'app', status: 'active', expiresAt: at(60) });
  t.end();
});

t.test('folding is total: a withdrawal of nothing is nothing, an unknown event changes nothing', (t) => {
  t.equal(given(consents, withdrawn).state.status, 'none');
  t.equal(given(consents, denied(), withdrawn).state.status, 'denied');
  const { state } = given(consents, granted());
  t.equal(consents.evolve(state, { type: 'ConsentForgotten' } as never), state);
  t.end();
});
