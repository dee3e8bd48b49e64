import fc from 'fast-check';
import * as accessToken from '#access-token/decider.ts';
import { accessTokens } from '#access-token/projection.ts';
import * as account from '#account/decider.ts';
import { accounts, usernames } from '#account/projection.ts';
import * as client from '#client/decider.ts';
import { clients } from '#client/projection.ts';
import * as consent from '#consent/decider.ts';
import { consents } from '#consent/projection.ts';
import * as grant from '#grant/decider.ts';
import { grants } from '#grant/projection.ts';
import type { Aggregate, Decide, Decision } from '#kernel/aggregate.ts';
import type { NewEvent, RecordedEvent } from '#kernel/event.ts';
import * as notice from '#notice/decider.ts';
import { notices } from '#notice/projection.ts';
import * as session from '#session/decider.ts';
import { sessions } from '#session/projection.ts';
import * as signingKey from '#signing-key/decider.ts';
import { signingKeys } from '#signing-key/projection.ts';
import { jsonObject, scope } from '#support/arbitraries.ts';
import { at } from '#support/given.ts';

export type AnyDecision = Decision<unknown, NewEvent<string, unknown>>;

/** A command without what a handler gathers: ids, hashes and instants are made from the minute in which it comes. */
export interface Attempt<State> {
  readonly name: string;
  readonly shape: unknown;
  bind(minute: number): (state: State) => AnyDecision;
}

/** An aggregate and sequences of its commands. */
export interface Scenario {
  readonly aggregate: Aggregate<unknown, RecordedEvent<string, unknown>>;
  readonly commands: fc.Arbitrary<readonly Attempt<unknown>[]>;
  readonly deciders: readonly string[];
}

type Ways<State> = { readonly [decider: string]: fc.Arbitrary<Attempt<State>> };

function attempt<State, Shape, Command>(
  decide: Decide<Command, State, unknown, NewEvent<string, unknown>>,
  shape: fc.Arbitrary<Shape>,
  command: (shape: Shape, minute: number) => Command,
): fc.Arbitrary<Attempt<State>> {
  return shape.map((shape) => ({
    name: decide.name,
    shape,
    bind(minute) {
      const made = command(shape, minute);
      return (state) => decide(made, state);
    },
  }));
}

/** Any commands in any order; half of the sequences open with the named ones, so that the later ones often have something to decide about. */
function scenario<State, Event extends RecordedEvent<string, unknown>>(aggregate: Aggregate<State, Event>, ways: Ways<State>, ...opening: string[]): Scenario {
  const any = fc.array(fc.oneof(...Object.values(ways)), { minLength: 1, maxLength: 12, size: 'max' });
  const opened = fc.tuple(fc.tuple(...opening.flatMap((name) => ways[name] ?? [])), any).map(([first, then]) => [...first, ...then]);
  return { aggregate, commands: fc.oneof(any, opened), deciders: Object.keys(ways) } as unknown as Scenario;
}

/** The first nine times out of ten, so that most commands get far enough to matter. */
const mostly = <Value>(usual: Value, ...others: Value[]): fc.Arbitrary<Value> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(...others) });

const none = fc.constant({});
const mark = fc.constantFrom(null, 'mark-1', 'mark-2');
const sub = fc.constantFrom('sub-1', 'sub-2');
const origin = fc.constantFrom(null, { owner: 'subject/sub-1', fields: { address: '192.0.2.7' } });
const minutes = fc.integer({ min: 1, max: 12 });
const resources = fc.subarray(['https://api.example.com', 'https://files.example.com']);
const metadata = fc.oneof(fc.constantFrom({ client_name: 'A' }, { client_name: 'B', redirect_uris: ['https://app.example.com/cb'] }), jsonObject);
const contacts = fc.constantFrom(null, { owner: 'client/app', fields: { contacts: ['ops@example.com'] } });
const newSecret = (minute: number, overlap: number) => ({ secretId: `secret-${minute}`, hash: `hash-${minute}`, now: at(minute), previousEndAt: at(minute + overlap) });
const newKey = (kid: string) => ({ kid, alg: 'ES256', publicJwk: { kty: 'EC', kid } });

const clientWays = {
  registerClient: attempt(client.registerClient, fc.record({ metadata, contacts, mark, secret: fc.boolean() }), ({ metadata, contacts, mark, secret }, minute) => ({
    clientId: 'app',
    metadata,
    contacts,
    secret: secret ? newSecret(minute, 0) : null,
    bootstrapFingerprint: mark,
  })),
  updateClient: attempt(client.updateClient, fc.record({ metadata, contacts, mark, contactsChanged: fc.boolean() }), ({ metadata, contacts, mark, contactsChanged }, minute) => ({
    updateId: `update-${minute}`,
    metadata,
    contacts,
    contactsChanged,
    bootstrapFingerprint: mark,
  })),
  rotateSecret: attempt(client.rotateSecret, fc.nat({ max: 12 }), (overlap, minute) => newSecret(minute, overlap)),
  retireSecret: attempt(client.retireSecret, fc.nat({ max: 12 }), (minute) => ({ secretId: `secret-${minute}` })),
  disableClient: attempt(client.disableClient, none, (nothing) => nothing),
  enableClient: attempt(client.enableClient, none, (nothing) => nothing),
  deleteClient: attempt(client.deleteClient, none, (nothing) => nothing),
};

const asked = fc.record({ scopes: scope, resources, origin });
const consentAsked = (
  { scopes, resources, origin }: { scopes: readonly string[]; resources: string[]; origin: { owner: string; fields: { address: string } } | null },
  minute: number,
) => ({
  decisionId: `decision-${minute}`,
  sub: 'sub-1',
  clientId: 'app',
  scopes,
  resources,
  notice: { hash: `notice-${minute}`, version: 1, language: 'en' },
  signIn: { session_id: 'session-1', auth_time: at(minute), acr: 'urn:grantlog:acr:single-factor', amr: ['pwd'] },
  origin,
});
const consentWays = {
  giveConsent: attempt(
    consent.giveConsent,
    fc.record({ asked, basis: fc.constantFrom('person' as const, 'policy' as const), lives: fc.option(minutes) }),
    ({ asked, basis, lives }, minute) => ({
      ...consentAsked(asked, minute),
      now: at(minute),
      basis,
      clientRevision: minute,
      expiresAt: lives === null ? null : at(minute + lives),
    }),
  ),
  denyConsent: attempt(consent.denyConsent, asked, consentAsked),
  narrowConsent: attempt(consent.narrowConsent, scope, (scopes, minute) => ({ now: at(minute), scopes })),
  withdrawConsent: attempt(consent.withdrawConsent, fc.constantFrom('by person', 'by admin'), (reason) => ({ reason })),
};

const accountWays = {
  registerAccount: attempt(account.registerAccount, fc.record({ admin: fc.boolean(), mark }), ({ admin, mark }) => ({
    sub: 'sub-1',
    admin,
    personal: { owner: 'subject/sub-1', fields: { username: 'alice' } },
    bootstrapFingerprint: mark,
  })),
  updateAccount: attempt(account.updateAccount, fc.record({ admin: fc.boolean(), claimsChanged: fc.boolean(), mark }), ({ admin, claimsChanged, mark }, minute) => ({
    updateId: `update-${minute}`,
    admin,
    personal: { owner: 'subject/sub-1', fields: { claims: {} } },
    claimsChanged,
    bootstrapFingerprint: mark,
  })),
  changePassword: attempt(account.changePassword, mark, (mark, minute) => ({
    passwordId: `password-${minute}`,
    personal: { owner: 'subject/sub-1', fields: { password_hash: '' } },
    bootstrapFingerprint: mark,
  })),
  disableAccount: attempt(account.disableAccount, fc.constantFrom('left', 'abuse'), (reason) => ({ reason })),
  enableAccount: attempt(account.enableAccount, none, (nothing) => nothing),
};

const signIn = (minute: number, origin: { owner: string; fields: { address: string } } | null) => ({
  cookieHash: `cookie-${minute}`,
  authTime: at(minute),
  acr: 'urn:grantlog:acr:single-factor',
  amr: ['pwd'],
  origin,
});
const person = fc.record({ sub, accountEpoch: mostly(0, 1), origin, lives: minutes });
const sessionWays = {
  startSession: attempt(session.startSession, person, ({ sub, accountEpoch, origin, lives }, minute) => ({
    ...signIn(minute, origin),
    sub,
    accountEpoch,
    expiresAt: at(minute + lives),
  })),
  reauthenticate: attempt(session.reauthenticate, person, ({ sub, accountEpoch, origin }, minute) => ({ ...signIn(minute, origin), sub, accountEpoch })),
  endSession: attempt(session.endSession, fc.constantFrom('sign-out', 'by admin'), (reason) => ({ reason })),
};

const signingKeyWays = {
  createKeySet: attempt(signingKey.createKeySet, none, (_, minute) => ({ first: newKey(`kid-${minute}-first`), next: newKey(`kid-${minute}-next`) })),
  rotateKey: attempt(signingKey.rotateKey, fc.boolean(), (compromised, minute) => ({ next: newKey(`kid-${minute}`), compromised, publishedUntil: at(minute + 5) })),
};

const accessTokenFact = (minute: number) => ({ jti: `jti-${minute}`, scope: ['read'], audience: ['https://api.example.com'], issued_at: at(minute), expires_at: at(minute + 6) });
const refreshTokenFact = (generation: number, minute: number) => ({
  generation,
  key_id: 'key-1',
  salt: `salt-${minute}`,
  hash: `refresh-${generation}`,
  expires_at: at(minute + 20),
});
const presenter = fc.record({
  clientId: mostly('app', 'other'),
  authentication: fc.constantFrom({ method: 'none', secret_id: null, kid: null }, { method: 'client_secret_basic', secret_id: 'secret-1', kid: null }),
  origin,
});
const grantFact = (flow: 'authorization_code' | 'password', minute: number) => ({
  flow,
  client_id: 'app',
  sub: 'sub-1',
  scope: ['read'],
  resources: [],
  consent_id: 'consent-1',
  consent_epoch: 1,
  account_epoch: 0,
  session_id: 'session-1',
  revisions: { client: 0, consent: 0, account: 0, session: 0 },
  session_bound: false,
  auth_time: at(minute),
  acr: 'urn:grantlog:acr:single-factor',
  amr: ['pwd'],
});
const grantWays = {
  authorize: attempt(grant.authorize, fc.record({ origin, challenged: mostly(true, false), lives: minutes }), ({ origin, challenged, lives }, minute) => ({
    grant: grantFact('authorization_code', minute),
    code: {
      hash: 'code',
      key_id: 'key-1',
      redirect_uri: 'https://app.example.com/cb',
      code_challenge: challenged ? 'challenge' : null,
      nonce: null,
      expires_at: at(minute + lives),
    },
    origin,
  })),
  grantByPassword: attempt(grant.grantByPassword, fc.record({ origin, refreshable: mostly(true, false) }), ({ origin, refreshable }, minute) => ({
    grant: grantFact('password', minute),
    tokens: {
      access_token: accessTokenFact(minute),
      refresh_token: refreshable ? refreshTokenFact(0, minute) : null,
      absolute_expires_at: refreshable ? at(minute + 30) : null,
      authentication: { method: 'none', secret_id: null, kid: null },
    },
    origin,
  })),
  redeemCode: attempt(
    grant.redeemCode,
    fc.record({
      presenter,
      hash: mostly('code', 'another'),
      redirectUri: mostly<string | null>('https://app.example.com/cb', null, 'https://evil.example/cb'),
      codeChallenge: mostly<string | null>('challenge', null, 'another'),
      refreshable: mostly(true, false),
    }),
    ({ presenter, hash, redirectUri, codeChallenge, refreshable }, minute) => ({
      ...presenter,
      now: at(minute),
      hash,
      redirectUri,
      codeChallenge,
      accessToken: accessTokenFact(minute),
      refreshToken: refreshable ? refreshTokenFact(0, minute) : null,
      absoluteExpiresAt: refreshable ? at(minute + 30) : null,
    }),
  ),
  refresh: attempt(
    grant.refresh,
    fc.record({ presenter, generation: fc.constantFrom(0, 0, 0, 1, 1, 2, 3), known: mostly(true, false), grace: fc.nat({ max: 4 }) }),
    ({ presenter, generation, known, grace }, minute) => ({
      ...presenter,
      now: at(minute),
      generation,
      hash: known ? `refresh-${generation}` : 'another',
      accessToken: accessTokenFact(minute),
      refreshToken: refreshTokenFact(generation + 1, minute),
      previousUsableUntil: at(minute + grace),
    }),
  ),
  revokeGrant: attempt(grant.revokeGrant, fc.constantFrom('revoked_by_client' as const, 'revoked_by_admin' as const), (reason) => ({ reason })),
  revokeAccessToken: attempt(grant.revokeAccessToken, fc.nat({ max: 12 }), (issued, minute) => ({
    jti: `jti-${issued}`,
    client_id: 'app',
    expires_at: at(issued + 6),
    now: at(minute),
  })),
};

export const SCENARIOS: readonly Scenario[] = [
  scenario(clients, clientWays, 'registerClient'),
  scenario(consents, consentWays, 'giveConsent'),
  scenario(notices, { publishNotice: attempt(notice.publishNotice, jsonObject, (text, minute) => ({ hash: `hash-${minute}`, notice: text })) }),
  scenario(grants, grantWays, 'authorize', 'redeemCode', 'refresh'),
  scenario(accounts, accountWays, 'registerAccount'),
  scenario(usernames, { reserveUsername: attempt(account.reserveUsername, sub, (sub) => ({ sub })) }),
  scenario(sessions, sessionWays, 'startSession'),
  scenario(signingKeys, signingKeyWays, 'createKeySet'),
  scenario(accessTokens, {
    revokeAccessToken: attempt(accessToken.revokeAccessToken, none, (_, minute) => ({ jti: 'jti-1', clientId: 'app', expiresAt: at(minute + 6) })),
  }),
];

/** The decider modules as they are, to prove that none of their functions is left out above. */
export const DECIDERS: readonly object[] = [accessToken, account, client, consent, grant, notice, session, signingKey];
