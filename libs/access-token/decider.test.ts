import t from 'tap';
import { at, given } from '#support/given.ts';
import { revokeAccessToken } from './decider.ts';
import { accessTokens } from './projection.ts';

const command = { jti: 'jti-1', clientId: 'app', expiresAt: at(60) };
const revoked = ['AccessTokenRevoked', { jti: 'jti-1', client_id: 'app', expires_at: at(60) }] as const;

t.test('RFC 7009 2: the authorization server invalidates the token', (t) => {
  given(accessTokens).when(revokeAccessToken, command).expect(t, { kind: 'done' }, revoked);
  t.end();
});

t.test('RFC 7009 2.2: revoking a token that is revoked already is no error and no second fact', (t) => {
  given(accessTokens, revoked).when(revokeAccessToken, command).expect(t, { kind: 'already' });
  t.end();
});

t.test('a token that was never revoked has no document; a revoked one says whose it was and when it would have expired', (t) => {
  const { indexed } = accessTokens;
  t.strictSame(indexed(given(accessTokens).state), { sub: null, clientId: null, status: null, expiresAt: null });
  const { state } = given(accessTokens, revoked);
  t.strictSame(state, { revoked: true, clientId: 'app', expiresAt: at(60) });
  t.strictSame(indexed(state), { sub: null, clientId: 'app', status: 'revoked', expiresAt: at(60) });
  t.end();
});
