import fc from 'fast-check';
import t from 'tap';
import { authorize, redeemCode, refresh, revokeAccessToken, revokeGrant } from '#grant/decider.ts';
import { GRANT_EVENTS, type GrantEvent } from '#grant/events.ts';
import { type GrantState, grants } from '#grant/projection.ts';
import type { Decision } from '#kernel/aggregate.ts';
import type { NewEvent, RecordedEvent } from '#kernel/event.ts';
import { decodeEvent } from '#kernel/event-catalog.ts';
import { at, recorded } from '#support/given.ts';

/** One request of a random history. */
interface Request {
  readonly kind: 'redeem' | 'refresh' | 'revoke' | 'revoke access token';
  /** How many events the document that it reads is behind the log. */
  readonly lag: number;
  /** Which of the refresh tokens handed out so far comes back, counted from the newest. */
  readonly token: number;
  /** Minutes that a spent refresh token repeats its answer. */
  readonly grace: number;
  readonly forged: boolean;
}

/** Rules of the game that can be broken on purpose, to see that the properties notice. */
interface Rules {
  /** An append is at exactly the revision that was decided on. */
  readonly exactRevision: boolean;
  /** A revocation is answered only when the read model shows it. */
  readonly revocationsProject: boolean;
}
const RULES: Rules = { exactRevision: true, revocationsProject: true };

const request: fc.Arbitrary<Request> = fc.record({
  kind: fc.oneof(
    { weight: 4, arbitrary: fc.constant('redeem' as const) },
    { weight: 8, arbitrary: fc.constant('refresh' as const) },
    { weight: 1, arbitrary: fc.constantFrom('revoke' as const, 'revoke access token' as const) },
  ),
  lag: fc.oneof(fc.constant(0), fc.nat({ max: 5 })),
  token: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 6 }) }),
  grace: fc.nat({ max: 3 }),
  forged: fc.oneof({ weight: 12, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});
const histories = fc.array(request, { minLength: 1, maxLength: 40, size: 'max' });

const accessToken = (minute: number) => ({ jti: `jti-${minute}`, scope: ['read'], audience: ['https://api.example.com'], issued_at: at(minute), expires_at: at(minute + 60) });
/** Every attempt draws another salt, so the token of a generation is known only from the event that won. */
const refreshToken = (generation: number, minute: number) => ({
  generation,
  key_id: 'key-1',
  salt: `salt-${minute}`,
  hash: `hash-${generation}-${minute}`,
  expires_at: at(minute + 100),
});
const presenter = { clientId: 'app', authentication: { method: 'none', secret_id: null, kid: null }, origin: null };
const opening = authorize(
  {
    grant: {
      flow: 'authorization_code',
      client_id: 'app',
      sub: 'sub-1',
      scope: ['read'],
      resources: [],
      consent_id: 'consent-1',
      consent_epoch: 1,
      account_epoch: 0,
      session_id: null,
      revisions: { client: 0, consent: 0, account: 0, session: -1 },
      session_bound: false,
      auth_time: at(0),
      acr: 'urn:grantlog:acr:single-factor',
      amr: ['pwd'],
    },
    code: { hash: 'code', key_id: 'key-1', redirect_uri: 'https://app.example.com/cb', code_challenge: 'challenge', nonce: null, expires_at: at(4) },
    origin: null,
  },
  grants.initial,
);

interface Handed {
  readonly generation: number;
  readonly hash: string;
  /** Revision of the event that issued it. */
  readonly revision: number;
}

/** Plays a history; answers what was done and what must never be. */
function play(requests: readonly Request[], rules: Rules) {
  const log: GrantEvent[] = [];
  const handed: Handed[] = [];
  const answers: string[] = [];
  const wrong: string[] = [];
  let conflicts = 0;
  /** Documents are not older than this: a revocation that was answered is shown. */
  let shown = -1;

  const fold = (revision: number): GrantState => log.slice(0, revision + 1).reduce(grants.evolve, grants.initial);
  const append = (events: readonly NewEvent<string, unknown>[], minute: number): void => {
    for (const event of events) log.push(decodeEvent(GRANT_EVENTS, recorded('grant', log.length, event, minute) as RecordedEvent) as GrantEvent);
  };

  /** As the command handler does it: decide on what was read, append at that revision, on a conflict fold what is new and decide again. */
  function handle<Outcome>(
    atLeast: number,
    lag: number,
    minute: number,
    decide: (state: GrantState) => Decision<Outcome, NewEvent<string, unknown>>,
  ): { outcome: Outcome; state: GrantState } {
    const head = log.length - 1;
    let revision = Math.max(head - lag, atLeast, rules.revocationsProject ? shown : -1);
    for (;;) {
      const state = fold(revision);
      const { events, outcome } = decide(state);
      if (events.length === 0) return { outcome, state };
      if (revision === log.length - 1 || !rules.exactRevision) {
        append(events, minute);
        return { outcome, state: fold(log.length - 1) };
      }
      conflicts++;
      revision = log.length - 1;
    }
  }

  function answer({ kind, reason }: { readonly kind: string; readonly reason?: string }, state: GrantState): void {
    answers.push(reason ?? kind);
    if (!['redeemed', 'rotated', 'repeated'].includes(kind)) return;
    if (log.some(({ type }) => type === 'GrantRevoked')) wrong.push(`${kind} after the grant was revoked`);
    if (state.refresh !== null) handed.push({ ...state.refresh.current, revision: state.refresh.revision });
  }

  append(opening.events, 0);
  for (const [index, { kind, lag, token, grace, forged }] of requests.entries()) {
    const minute = index + 1;
    const now = at(minute);
    if (kind === 'redeem') {
      const issued = { accessToken: accessToken(minute), refreshToken: refreshToken(0, minute), absoluteExpiresAt: at(30) };
      const presented = { redirectUri: null, codeChallenge: forged ? 'guessed' : 'challenge', hash: 'code' };
      const { outcome, state } = handle(1, lag, minute, (state) => redeemCode({ ...presenter, now, ...presented, ...issued }, state));
      answer(outcome, state);
    } else if (kind === 'refresh') {
      const presented = handed.at(-1 - (token % Math.max(handed.length, 1)));
      if (presented === undefined) continue;
      const { generation, revision } = presented;
      const issued = { accessToken: accessToken(minute), refreshToken: refreshToken(generation + 1, minute), previousUsableUntil: at(minute + grace) };
      const { outcome, state } = handle(revision, lag, minute, (state) =>
        refresh({ ...presenter, clientId: forged ? 'other' : 'app', now, generation, hash: presented.hash, ...issued }, state),
      );
      answer(outcome, state);
    } else if (kind === 'revoke') {
      const { outcome } = handle(-1, lag, minute, (state) => revokeGrant({ reason: 'revoked_by_client' }, state));
      answers.push(`${kind} ${outcome.kind}`);
    } else {
      const { outcome } = handle(-1, lag, minute, (state) => revokeAccessToken({ jti: `jti-${minute - 1}`, client_id: 'app', expires_at: at(minute + 59), now }, state));
      answers.push(`${kind} ${outcome.kind}`);
    }
    if (log.at(-1)?.type === 'GrantRevoked') shown = log.length - 1;
  }

  const of = <Type extends GrantEvent['type']>(type: Type) => log.filter((event): event is Extract<GrantEvent, { type: Type }> => event.type === type);
  const redeemed = of('AuthorizationCodeRedeemed');
  const rotated = of('RefreshTokenRotated');
  const end = log.findIndex(({ type }) => type === 'GrantRevoked');
  const jtis = [...redeemed, ...rotated].map(({ data }) => data.access_token.jti);

  if (redeemed.length > 1) wrong.push('the code was redeemed more than once');
  if (answers.filter((word) => word === 'redeemed').length !== redeemed.length) wrong.push('a code was answered with tokens that are not in the log');
  if (answers.filter((word) => word === 'rotated').length !== rotated.length) wrong.push('a refresh was answered with tokens that are not in the log');
  if (rotated.some(({ data }, index) => data.refresh_token.generation !== index + 1)) wrong.push('a generation was spent more than once, or skipped');
  if (end >= 0 && log.slice(end).some(({ type }) => type === 'AuthorizationCodeRedeemed' || type === 'RefreshTokenRotated')) wrong.push('a revoked grant issued again');
  if (of('GrantRevoked').length > 1) wrong.push('a grant was revoked twice');
  if (new Set(jtis).size !== jtis.length) wrong.push('two access tokens are one');
  for (const { generation, hash } of handed)
    if (handed.some((other) => other.generation === generation && other.hash !== hash)) wrong.push('two refresh tokens of one generation left');
  return { wrong, answers, conflicts };
}

t.test('whatever the interleaving, a code is redeemed once, a refresh generation spent once, and a revoked grant issues nothing', (t) => {
  const seen = new Set<string>();
  let conflicts = 0;
  fc.assert(
    fc.property(histories, (requests) => {
      const played = play(requests, RULES);
      for (const word of played.answers) seen.add(word);
      conflicts += played.conflicts;
      if (played.wrong.length > 0) throw new Error(played.wrong.join('; '));
    }),
    { numRuns: 1000 },
  );
  const wanted = [
    'redeemed',
    'rotated',
    'repeated',
    'replayed',
    'revoked',
    'code_verifier',
    'other_client',
    'expired',
    'revoke done',
    'revoke already',
    'revoke access token done',
    'revoke access token already',
  ];
  t.strictSame(
    wanted.filter((word) => !seen.has(word)),
    [],
    'every kind of answer was among the histories',
  );
  t.ok(conflicts > 100, `${conflicts} lost races`);
  t.end();
});

const one: Request = { kind: 'redeem', lag: 0, token: 0, grace: 3, forged: false };

t.test('it would notice: an append that does not name the revision that was decided on redeems and spends twice', (t) => {
  const blind = { ...RULES, exactRevision: false };
  t.strictSame(play([one, { ...one, lag: 1 }], RULES).wrong, []);
  t.match(play([one, { ...one, lag: 1 }], blind).wrong, ['the code was redeemed more than once']);
  const refreshed: Request[] = [one, { ...one, kind: 'refresh' }, { ...one, kind: 'refresh', token: 1, lag: 1 }];
  t.strictSame(play(refreshed, RULES).wrong, []);
  t.match(play(refreshed, blind).wrong, ['a generation was spent more than once, or skipped']);
  t.end();
});

t.test('it would notice: a revocation that is answered before the read model shows it leaves a window for the grace answer', (t) => {
  const late: Request[] = [one, { ...one, kind: 'refresh' }, { ...one, kind: 'revoke' }, { ...one, kind: 'refresh', token: 1, lag: 1 }];
  t.strictSame(play(late, RULES).wrong, []);
  t.strictSame(play(late, { ...RULES, revocationsProject: false }).wrong, ['repeated after the grant was revoked']);
  t.end();
});

t.test('of many requests that read the same document, one redeems, the next is a replay and ends the grant, the others write nothing', (t) => {
  for (const parallel of [2, 3, 50]) {
    // The n-th reads a document that is as old as the first: it lags by all that was written meanwhile.
    const requests = Array.from({ length: parallel }, (): Request => ({ ...one, lag: 5 }));
    const { wrong, answers } = play(requests, RULES);
    t.strictSame(wrong, []);
    t.strictSame(answers, ['redeemed', 'replayed', ...Array.from({ length: parallel - 2 }, () => 'revoked')]);
  }
  t.end();
});
