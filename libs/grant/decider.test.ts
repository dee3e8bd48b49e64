import t from 'tap';
import { at, type Fact, given } from '#support/given.ts';
import { authorize, grantByPassword, redeemCode, refresh, revokeAccessToken, revokeGrant } from './decider.ts';
import type { GrantEvent } from './events.ts';
import { grants } from './projection.ts';

const grant = {
  flow: 'authorization_code' as const,
  client_id: 'app',
  sub: 'sub-1',
  scope: ['read', 'openid'],
  resources: ['https://api.example.com'],
  consent_id: 'consent-1',
  consent_epoch: 2,
  account_epoch: 1,
  session_id: 'session-1',
  revisions: { client: 3, consent: 1, account: 0, session: 0 },
  session_bound: true,
  auth_time: at(0),
  acr: 'urn:grantlog:acr:single-factor',
  amr: ['pwd'],
};
const code = { hash: 'code-hash', key_id: 'key-1', redirect_uri: 'https://app.example.com/cb', code_challenge: 'challenge', nonce: 'n-1', expires_at: at(10) };
const accessToken = (number: number) => ({ jti: `jti-${number}`, scope: ['openid', 'read'], audience: ['https://api.example.com'], issued_at: at(2), expires_at: at(60) });
const refreshToken = (generation: number) => ({ generation, key_id: 'key-1', salt: `salt-${generation}`, hash: `refresh-hash-${generation}`, expires_at: at(500) });
const authentication = { method: 'client_secret_basic', secret_id: 'secret-1', kid: null };
const origin = { owner: 'subject/sub-1', fields: { address: '192.0.2.7' } };
const presenter = { clientId: 'app', authentication, origin: null };

const redeem = {
  ...presenter,
  now: at(3),
  hash: 'code-hash',
  redirectUri: 'https://app.example.com/cb',
  codeChallenge: 'challenge',
  accessToken: accessToken(0),
  refreshToken: refreshToken(0),
  absoluteExpiresAt: at(900),
};
/** Presents generation `generation`; the successor would be `generation + 1`. */
const present = (generation: number, now = at(4)) => ({
  ...presenter,
  now,
  generation,
  hash: `refresh-hash-${generation}`,
  accessToken: accessToken(100 + generation),
  refreshToken: refreshToken(generation + 1),
  previousUsableUntil: at(4.5),
});

const issued = ['GrantIssued', grant] as const;
const codeIssued = ['AuthorizationCodeIssued', code] as const;
const redeemed = ['AuthorizationCodeRedeemed', { access_token: accessToken(0), refresh_token: refreshToken(0), absolute_expires_at: at(900), authentication }] as const;
const rotated = (generation: number) =>
  ['RefreshTokenRotated', { access_token: accessToken(100 + generation), refresh_token: refreshToken(generation + 1), previous_usable_until: at(4.5), authentication }] as const;
type Reason = Extract<GrantEvent, { type: 'GrantRevoked' }>['data']['reason'];
const revoked = (reason: Reason): Fact<GrantEvent> => ['GrantRevoked', { reason }];
const open = [issued, codeIssued] as const;
const spent = [...open, redeemed] as const;
const refused = (reason: 'unknown' | 'other_client' | 'redirect_uri' | 'code_verifier' | 'expired' | 'revoked' | 'replayed') => ({ kind: 'refused', reason }) as const;

/** A grant whose code is unspent, spent, spent and refreshed once, and one that has ended. */
const unspent = given(grants, ...open);
const live = given(grants, ...spent);
const refreshed = given(grants, ...spent, rotated(0));
const ended = given(grants, ...spent, revoked('revoked_by_client'));

t.test('RFC 6749 4.1.2: grant and code are issued in one append to a new stream', (t) => {
  const { after, expect } = given(grants).when(authorize, { grant, code, origin });
  expect(t, { kind: 'issued' }, [...issued, [origin]], codeIssued);
  t.strictSame(after, {
    status: 'active',
    flow: 'authorization_code',
    clientId: 'app',
    sub: 'sub-1',
    scope: ['openid', 'read'],
    resources: ['https://api.example.com'],
    consentId: 'consent-1',
    consentEpoch: 2,
    accountEpoch: 1,
    sessionId: 'session-1',
    sessionBound: true,
    revisions: { client: 3, consent: 1, account: 0, session: 0 },
    authTime: at(0),
    acr: 'urn:grantlog:acr:single-factor',
    amr: ['pwd'],
    issuedAt: at(0),
    code: { hash: 'code-hash', redirectUri: 'https://app.example.com/cb', codeChallenge: 'challenge', nonce: 'n-1', expiresAt: at(10), redeemed: false },
    refresh: null,
    accessToken: null,
    accessTokenRevision: -1,
    revokedAccessTokens: [],
  });
  unspent.when(authorize, { grant, code, origin: null }).expect(t, { kind: 'already' });
  t.equal(given(grants, ['GrantIssued', { ...grant, flow: 'password' }]).state.flow, 'password');
  t.end();
});

t.test('RFC 6749 4.3: a verified password makes a grant with its first tokens in one append, and no code', (t) => {
  const byPassword = { ...grant, flow: 'password' as const, session_id: null, session_bound: false };
  const tokens = { access_token: accessToken(0), refresh_token: refreshToken(0), absolute_expires_at: at(900), authentication };
  const { after, expect } = given(grants).when(grantByPassword, { grant: byPassword, tokens, origin });
  expect(t, { kind: 'issued' }, ['GrantIssued', byPassword, [origin]], ['PasswordCredentialsRedeemed', tokens]);
  t.match(after, { status: 'active', flow: 'password', code: null, accessToken: accessToken(0), accessTokenRevision: 1 });
  t.match(after.refresh, { current: refreshToken(0), revision: 1, absoluteExpiresAt: at(900), spent: null });
  given(grants, ['GrantIssued', byPassword], ['PasswordCredentialsRedeemed', { ...tokens, refresh_token: null, absolute_expires_at: null }])
    .when(grantByPassword, { grant: byPassword, tokens, origin: null })
    .expect(t, { kind: 'already' });
  const unbounded = given(grants, ['GrantIssued', byPassword], ['PasswordCredentialsRedeemed', { ...tokens, absolute_expires_at: null }]).state.refresh;
  t.equal(unbounded?.absoluteExpiresAt, refreshToken(0).expires_at, 'without an absolute end, the idle end is one');
  t.end();
});

t.test('RFC 6749 4.1.3: a code is spent for tokens', (t) => {
  const { after, expect } = unspent.when(redeemCode, redeem);
  expect(t, { kind: 'redeemed' }, redeemed);
  t.match(after, { status: 'active', code: { redeemed: true }, accessToken: accessToken(0), accessTokenRevision: 2 });
  t.strictSame(after.refresh, { current: refreshToken(0), revision: 2, absoluteExpiresAt: at(900), spent: null });
  unspent.when(redeemCode, { ...redeem, origin }).expect(t, { kind: 'redeemed' }, [...redeemed, [origin]]);
  t.end();
});

t.test('a client without the grant refresh_token gets an access token only', (t) => {
  const { after, expect } = unspent.when(redeemCode, { ...redeem, refreshToken: null, absoluteExpiresAt: null });
  expect(t, { kind: 'redeemed' }, ['AuthorizationCodeRedeemed', { ...redeemed[1], refresh_token: null, absolute_expires_at: null }]);
  t.equal(after.refresh, null);
  const endless = unspent.when(redeemCode, { ...redeem, absoluteExpiresAt: null });
  t.equal(endless.after.refresh?.absoluteExpiresAt, at(500), 'a family without an absolute end ends with its first token');
  t.end();
});

t.test('RFC 6749 4.1.3: a code gives nothing to a request that does not match it, and stays unspent', (t) => {
  unspent.when(redeemCode, { ...redeem, hash: 'another' }).expect(t, refused('unknown'));
  unspent.when(redeemCode, { ...redeem, clientId: 'other' }).expect(t, refused('other_client'));
  unspent.when(redeemCode, { ...redeem, redirectUri: 'https://app.example.com/cb/' }).expect(t, refused('redirect_uri'));
  given(grants, issued).when(redeemCode, redeem).expect(t, refused('unknown'));
  given(grants).when(redeemCode, redeem).expect(t, refused('unknown'));
  t.end();
});

t.test('OAuth 2.1 10.2: redirect_uri is enforced when it is sent and not missed when it is not', (t) => {
  unspent.when(redeemCode, { ...redeem, redirectUri: null }).expect(t, { kind: 'redeemed' }, redeemed);
  t.end();
});

t.test('RFC 7636 4.6, RFC 9700 2.1.1: the verifier is there if and only if a challenge was, and matches it', (t) => {
  unspent.when(redeemCode, { ...redeem, codeChallenge: 'another' }).expect(t, refused('code_verifier'));
  unspent.when(redeemCode, { ...redeem, codeChallenge: null }).expect(t, refused('code_verifier'));
  const unchallenged = given(grants, issued, ['AuthorizationCodeIssued', { ...code, code_challenge: null }]);
  unchallenged.when(redeemCode, redeem).expect(t, refused('code_verifier'));
  unchallenged.when(redeemCode, { ...redeem, codeChallenge: null }).expect(t, { kind: 'redeemed' }, redeemed);
  t.end();
});

t.test('RFC 6749 4.1.2: a code expires', (t) => {
  unspent.when(redeemCode, { ...redeem, now: at(10) }).expect(t, refused('expired'));
  unspent.when(redeemCode, { ...redeem, now: at(9.9) }).expect(t, { kind: 'redeemed' }, redeemed);
  t.end();
});

t.test('RFC 6749 4.1.2: a code used more than once is refused and everything issued for it is revoked', (t) => {
  const replay = { ...redeem, now: at(5), accessToken: accessToken(9) };
  const { after, expect } = live.when(redeemCode, replay);
  expect(t, refused('replayed'), ['AuthorizationCodeReplayed', { authentication }], revoked('code_replayed'));
  t.equal(after.status, 'revoked');
  live.when(redeemCode, { ...replay, origin }).expect(t, refused('replayed'), ['AuthorizationCodeReplayed', { authentication }, [origin]], revoked('code_replayed'));
  live.when(redeemCode, { ...replay, now: at(400) }).expect(t, refused('replayed'), ['AuthorizationCodeReplayed', { authentication }], revoked('code_replayed'));
  t.end();
});

t.test('a spent code in the hands of who cannot use it ends nobody’s grant', (t) => {
  const replay = { ...redeem, accessToken: accessToken(9) };
  live.when(redeemCode, { ...replay, codeChallenge: 'guessed' }).expect(t, refused('code_verifier'));
  live.when(redeemCode, { ...replay, codeChallenge: null }).expect(t, refused('code_verifier'));
  live.when(redeemCode, { ...replay, clientId: 'other' }).expect(t, refused('other_client'));
  live.when(redeemCode, { ...replay, redirectUri: 'https://evil.example/cb' }).expect(t, refused('redirect_uri'));
  t.end();
});

t.test('a code of a revoked grant is refused, spent or not', (t) => {
  given(grants, ...open, revoked('revoked_by_account'))
    .when(redeemCode, redeem)
    .expect(t, refused('revoked'));
  given(grants, ...spent, revoked('code_replayed'))
    .when(redeemCode, { ...redeem, accessToken: accessToken(9) })
    .expect(t, refused('revoked'));
  t.end();
});

t.test('RFC 6749 6, RFC 9700 4.14.2: a refresh token is spent for its successor', (t) => {
  const { after, expect } = live.when(refresh, present(0));
  expect(t, { kind: 'rotated' }, rotated(0));
  t.match(after, { accessToken: accessToken(100), accessTokenRevision: 3 });
  t.strictSame(after.refresh, { current: refreshToken(1), revision: 3, absoluteExpiresAt: at(900), spent: { generation: 0, hash: 'refresh-hash-0', usableUntil: at(4.5) } });
  live.when(refresh, { ...present(0), origin }).expect(t, { kind: 'rotated' }, [...rotated(0), [origin]]);
  t.end();
});

t.test('without a grace window the same request, decided again on its own result, is still no replay', (t) => {
  live.when(refresh, { ...present(0), previousUsableUntil: at(4) }).expect(t, { kind: 'rotated' }, ['RefreshTokenRotated', { ...rotated(0)[1], previous_usable_until: at(4) }]);
  t.end();
});

t.test('with a grace of zero a spent token is a replay, also for who asks with a clock a moment behind', (t) => {
  const noGrace = given(grants, ...spent, ['RefreshTokenRotated', { access_token: accessToken(100), refresh_token: refreshToken(1), previous_usable_until: at(0), authentication }]);
  t.equal(noGrace.state.refresh?.spent, null);
  noGrace.when(refresh, { ...present(0, at(-1)), accessToken: accessToken(7) }).expect(t, refused('replayed'), ['RefreshTokenReplayed', { generation: 0, authentication }], revoked('refresh_token_replayed'));
  t.end();
});

t.test('within the grace window the newest spent token is told the same successor again, and nothing is written', (t) => {
  refreshed.when(refresh, { ...present(0, at(4.4)), accessToken: accessToken(7) }).expect(t, { kind: 'repeated' });
  t.end();
});

t.test('RFC 9700 4.14.2: outside its window a spent token was stolen, and the whole family dies', (t) => {
  const late = { ...present(0, at(4.5)), accessToken: accessToken(7) };
  const { after, expect } = refreshed.when(refresh, late);
  expect(t, refused('replayed'), ['RefreshTokenReplayed', { generation: 0, authentication }], revoked('refresh_token_replayed'));
  t.equal(after.status, 'revoked');
  refreshed
    .when(refresh, { ...late, origin })
    .expect(t, refused('replayed'), ['RefreshTokenReplayed', { generation: 0, authentication }, [origin]], revoked('refresh_token_replayed'));
  t.end();
});

t.test('only the newest spent token has the window: an older one, or one with another secret, is a replay inside it too', (t) => {
  const inTime = { ...present(0, at(4.1)), accessToken: accessToken(7) };
  const replayed = [['RefreshTokenReplayed', { generation: 0, authentication }], revoked('refresh_token_replayed')] as const;
  given(grants, ...spent, rotated(0), rotated(1))
    .when(refresh, inTime)
    .expect(t, refused('replayed'), ...replayed);
  refreshed.when(refresh, { ...inTime, hash: 'another' }).expect(t, refused('replayed'), ...replayed);
  t.end();
});

t.test('a refresh token that this grant never issued is refused and ends nothing', (t) => {
  live.when(refresh, { ...present(0), hash: 'another' }).expect(t, refused('unknown'));
  live.when(refresh, present(1)).expect(t, refused('unknown'));
  unspent.when(refresh, present(0)).expect(t, refused('unknown'));
  t.end();
});

t.test('RFC 6749 6: a refresh token is bound to the client it was issued to', (t) => {
  live.when(refresh, { ...present(0), clientId: 'other' }).expect(t, refused('other_client'));
  refreshed.when(refresh, { ...present(0, at(400)), clientId: 'other' }).expect(t, refused('other_client'));
  t.end();
});

t.test('a refresh token ends after idle time, and with its family at the absolute end', (t) => {
  live.when(refresh, present(0, at(500))).expect(t, refused('expired'));
  given(grants, ...open, ['AuthorizationCodeRedeemed', { ...redeemed[1], absolute_expires_at: at(100) }])
    .when(refresh, present(0, at(100)))
    .expect(t, refused('expired'));
  t.end();
});

t.test('RFC 7009 2.1: a revoked grant refreshes nothing more, and stays revoked', (t) => {
  const { after, expect } = live.when(revokeGrant, { reason: 'revoked_by_client' });
  expect(t, { kind: 'done' }, revoked('revoked_by_client'));
  t.equal(after.status, 'revoked');
  ended.when(refresh, present(0)).expect(t, refused('revoked'));
  ended.when(revokeGrant, { reason: 'revoked_by_admin' }).expect(t, { kind: 'already' });
  given(grants).when(revokeGrant, { reason: 'revoked_by_admin' }).expect(t, { kind: 'refused', reason: 'unknown' });
  t.end();
});

t.test('RFC 7009 2.1: an access token is revoked alone; the grant and its refresh token live on', (t) => {
  const command = { jti: 'jti-0', client_id: 'app', expires_at: at(60), now: at(5) };
  const fact = ['AccessTokenRevoked', { jti: 'jti-0', client_id: 'app', expires_at: at(60) }] as const;
  const { after, expect } = live.when(revokeAccessToken, command);
  expect(t, { kind: 'done' }, fact);
  t.strictSame(after, { ...live.state, revokedAccessTokens: [{ jti: 'jti-0', expiresAt: at(60) }] });
  given(grants, ...spent, fact)
    .when(revokeAccessToken, command)
    .expect(t, { kind: 'already' });
  live.when(revokeAccessToken, { ...command, now: at(60) }).expect(t, { kind: 'already' });
  ended.when(revokeAccessToken, command).expect(t, { kind: 'already' });
  given(grants).when(revokeAccessToken, command).expect(t, { kind: 'refused', reason: 'unknown' });
  t.end();
});

t.test('access tokens that have expired leave the list of revoked ones, so that it cannot grow without bound', (t) => {
  const fact = (jti: string, expires_at: string): Fact<GrantEvent> => ['AccessTokenRevoked', { jti, client_id: 'app', expires_at }];
  t.strictSame(
    given(grants, ...spent, fact('a', at(4)), fact('b', at(60))).state.revokedAccessTokens.map(({ jti }) => jti),
    ['b'],
    'one that expires at this moment has expired',
  );
  const { state } = given(grants, ...spent, fact('a', at(4.5)), fact('b', at(60)), fact('c', at(60)));
  t.strictSame(
    state.revokedAccessTokens.map(({ jti }) => jti),
    ['b', 'c'],
  );
  t.end();
});

t.test('grants are listed by subject, client and status', (t) => {
  t.strictSame(grants.indexed(unspent.state), { sub: 'sub-1', clientId: 'app', status: 'active', expiresAt: null });
  t.end();
});

t.test('folding is total: events without what they follow from issue nothing, an unknown event changes nothing', (t) => {
  t.strictSame(given(grants).state, {
    ...unspent.state,
    ...{ status: 'none', clientId: '', sub: '', scope: [], resources: [], consentId: '', consentEpoch: 0, accountEpoch: 0, sessionId: null, sessionBound: false },
    ...{ revisions: { client: -1, consent: -1, account: -1, session: -1 }, authTime: '', acr: '', amr: [], issuedAt: '', code: null },
  });
  t.equal(given(grants, revoked('revoked_by_admin')).state.status, 'none');
  t.equal(given(grants, issued, rotated(0)).state.refresh, null);
  t.equal(given(grants, issued, redeemed).state.code, null);
  const { state } = live;
  t.equal(grants.evolve(state, { type: 'GrantForgotten' } as never), state);
  t.end();
});
