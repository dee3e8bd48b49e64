import t from 'tap';
import { at, given } from '#support/given.ts';
import { endSession, reauthenticate, startSession } from './decider.ts';
import { sessions } from './projection.ts';

const origin = { owner: 'subject/sub-1', fields: { address: '192.0.2.7', agent: 'Firefox' } };
const signIn = { cookieHash: 'cookie-1', authTime: at(0), acr: 'urn:grantlog:acr:single-factor', amr: ['pwd'], origin };
const start = { ...signIn, sub: 'sub-1', accountEpoch: 0, expiresAt: at(100) };
const again = { ...signIn, cookieHash: 'cookie-2', authTime: at(1), amr: ['pwd', 'otp'], sub: 'sub-1', accountEpoch: 0 };

const signInFact = { cookie_hash: 'cookie-1', auth_time: at(0), acr: 'urn:grantlog:acr:single-factor', amr: ['pwd'] };
const started = ['SessionStarted', { sub: 'sub-1', account_epoch: 0, expires_at: at(100), ...signInFact }, [origin]] as const;
const reauthenticated = ['SessionReauthenticated', { ...signInFact, cookie_hash: 'cookie-2', auth_time: at(1), amr: again.amr }, [origin]] as const;
const ended = ['SessionEnded', { reason: 'sign-out' }] as const;

t.test('a sign-in starts a session; only a hash of its cookie is recorded, address and agent are personal', (t) => {
  const { after, expect } = given(sessions).when(startSession, start);
  expect(t, { kind: 'done' }, started);
  t.strictSame(after, {
    status: 'active',
    sub: 'sub-1',
    accountEpoch: 0,
    cookieHash: 'cookie-1',
    cookieRevision: 0,
    createdAt: at(0),
    expiresAt: at(100),
    authTime: at(0),
    acr: signIn.acr,
    amr: ['pwd'],
  });
  given(sessions)
    .when(startSession, { ...start, origin: null })
    .expect(t, { kind: 'done' }, ['SessionStarted', started[1]]);
  t.end();
});

t.test('starting the same session twice is one session', (t) => {
  given(sessions, started).when(startSession, start).expect(t, { kind: 'already' });
  t.end();
});

t.test('the id of a session is never used for another one', (t) => {
  given(sessions, started)
    .when(startSession, { ...start, cookieHash: 'cookie-9' })
    .expect(t, { kind: 'refused', reason: 'another-account' });
  given(sessions, started, ended).when(startSession, start).expect(t, { kind: 'refused', reason: 'ended' });
  t.end();
});

t.test('OpenID Core 3.1.2.1 (max_age, prompt=login): the same person proves who they are again; the session lives on under a new cookie', (t) => {
  const { after, expect } = given(sessions, started).when(reauthenticate, again);
  expect(t, { kind: 'done' }, reauthenticated);
  t.strictSame(after, { ...given(sessions, started).state, cookieHash: 'cookie-2', cookieRevision: 1, authTime: at(1), amr: ['pwd', 'otp'] });
  given(sessions, started)
    .when(reauthenticate, { ...again, origin: null })
    .expect(t, { kind: 'done' }, ['SessionReauthenticated', reauthenticated[1]]);
  t.end();
});

t.test('the same repeated sign-in is one fact', (t) => {
  given(sessions, started, reauthenticated).when(reauthenticate, again).expect(t, { kind: 'already' });
  t.end();
});

t.test('another person cannot take over a session by signing in', (t) => {
  given(sessions, started)
    .when(reauthenticate, { ...again, sub: 'sub-2' })
    .expect(t, { kind: 'refused', reason: 'another-account' });
  t.end();
});

t.test('a session that is over is not revived by a sign-in', (t) => {
  const refused = { kind: 'refused', reason: 'ended' } as const;
  given(sessions, started, ended).when(reauthenticate, again).expect(t, refused);
  given(sessions, started)
    .when(reauthenticate, { ...again, authTime: at(100) })
    .expect(t, refused);
  given(sessions, started)
    .when(reauthenticate, { ...again, accountEpoch: 1 })
    .expect(t, refused);
  given(sessions, started)
    .when(reauthenticate, { ...again, authTime: at(99.9) })
    .expect(t, { kind: 'done' }, ['SessionReauthenticated', { ...reauthenticated[1], auth_time: at(99.9) }, [origin]]);
  given(sessions).when(reauthenticate, again).expect(t, { kind: 'refused', reason: 'unknown' });
  t.end();
});

t.test('OpenID RP-Initiated Logout 2: the session ends, once', (t) => {
  const { after, expect } = given(sessions, started).when(endSession, { reason: 'sign-out' });
  expect(t, { kind: 'done' }, ended);
  t.strictSame(after, { ...given(sessions, started).state, status: 'ended' });
  given(sessions, started, ended).when(endSession, { reason: 'sign-out' }).expect(t, { kind: 'already' });
  given(sessions).when(endSession, { reason: 'sign-out' }).expect(t, { kind: 'refused', reason: 'unknown' });
  t.end();
});

t.test('sessions are listed by subject and status, and dated by their absolute end', (t) => {
  t.strictSame(sessions.indexed(given(sessions, started).state), { sub: 'sub-1', clientId: null, status: 'active', expiresAt: at(100) });
  t.end();
});

t.test('folding is total: an end without a start is no session, an unknown event changes nothing', (t) => {
  t.equal(given(sessions, ended).state.status, 'none');
  const { state } = given(sessions, started);
  t.equal(sessions.evolve(state, { type: 'SessionForgotten' } as never), state);
  t.end();
});
