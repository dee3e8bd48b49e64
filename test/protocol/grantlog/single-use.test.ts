import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type Answer, type Direct, directOf, jwtParts, parallel } from '#support/direct.ts';
import { type ServerProcess, startServerProcess } from '#support/process.ts';
import { recordedEvents } from '#support/recorded-events.ts';
import { BOOTSTRAP, CLIENTS, startServer, testClock } from '#support/server.ts';

const { web, spa, trusted } = CLIENTS;
const config = { issuer: 'https://auth.example.com', bootstrap: BOOTSTRAP, lifetimes: { refreshTokenGrace: 120 } };
const invalidGrant = { status: 400, body: { error: 'invalid_grant' } };

const count = (dataDir: string, type: string, grantId: string): number => recordedEvents(dataDir).filter((event) => event.type === type && event.stream === `grant-${grantId}`).length;
const grantIdOf = (accessToken: string): string => jwtParts(accessToken).payload.grant_id;
const good = (answers: readonly Answer[]): readonly Answer[] => answers.filter(({ status }) => status === 200);

/** 50 redemptions at once: one answer with tokens, 49 refusals, and as these were valid replays, everything is revoked. */
async function redeemedOnce(t: Test, direct: Direct, answers: readonly Answer[]): Promise<Answer> {
  const [first, ...more] = good(answers);
  if (first === undefined) throw new Error('no redemption succeeded');
  t.equal(more.length, 0, 'exactly one 200');
  for (const answer of answers) if (answer !== first) t.match(answer, invalidGrant);
  t.notOk(await direct.isActive(first.body.access_token), 'RFC 6749 4.1.2: the 49 were replays');
  return first;
}

t.test('RFC 6749 4.1.2: of 50 parallel redemptions over many connections exactly one is 200, for each kind of client', async (t) => {
  const server = await startServer(t, { config });
  const direct = directOf(server);
  for (const client of [web, spa, trusted]) {
    const issued = await direct.code(client);
    const first = await redeemedOnce(t, direct, await parallel(50, () => direct.redeem(client, issued)));
    const grantId = grantIdOf(first.body.access_token);
    t.equal(count(server.dataDir, 'AuthorizationCodeRedeemed', grantId), 1);
    t.equal(count(server.dataDir, 'AuthorizationCodeReplayed', grantId), 1, 'one fact of a replay, however many there were');
    t.equal(count(server.dataDir, 'GrantRevoked', grantId), 1);
    t.match(await direct.refresh(client, first.body.refresh_token), invalidGrant);
  }
});

t.test('regression: rotated refresh tokens valid again after restart: with a stop and a start between any two steps every artefact keeps its one use', async (t) => {
  const clock = testClock();
  const dataDir = mkdtempSync(join(tmpdir(), 'grantlog-test-'));
  t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));
  let stop = async (): Promise<void> => {};
  const restarted = async (): Promise<Direct> => {
    await stop();
    const server = await startServer(t, { config, dataDir, clock });
    stop = server.stop;
    return directOf(server);
  };
  let direct = await restarted();
  const [single, raced] = [await direct.code(web), await direct.code(web)];
  direct = await restarted();
  await redeemedOnce(t, direct, await parallel(50, () => direct.redeem(web, raced)));
  const { body: first } = await direct.redeem(web, single);
  direct = await restarted();
  t.ok(await direct.isActive(first.access_token));
  const answers = await parallel(50, () => direct.refresh(web, first.refresh_token));
  t.equal(good(answers).length, 50);
  const second = answers[0]?.body;
  direct = await restarted();
  t.equal((await direct.refresh(web, first.refresh_token)).body.refresh_token, second.refresh_token, 'within the window: the same successor, derived again');
  direct = await restarted();
  const { body: third } = await direct.refresh(web, second.refresh_token);
  direct = await restarted();
  t.match(await direct.refresh(web, first.refresh_token), invalidGrant, 'an older generation is a replay after a restart too');
  direct = await restarted();
  for (const token of [second.refresh_token, third.refresh_token]) t.match(await direct.refresh(web, token), invalidGrant);
  for (const token of [first.access_token, second.access_token, third.access_token]) t.notOk(await direct.isActive(token));
  t.match(await direct.redeem(web, single), invalidGrant);
  const again = await direct.tokens(web);
  direct = await restarted();
  t.equal((await direct.revoke(again.refresh_token, web)).status, 200);
  direct = await restarted();
  t.match(await direct.refresh(web, again.refresh_token), invalidGrant);
  t.notOk(await direct.isActive(again.access_token));
});

t.test('architecture.md: a kill -9 between or in the middle of any two steps gives nothing a second use and loses nothing that was answered', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'grantlog-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'config.json');
  const dataDir = join(directory, 'data');
  writeFileSync(file, JSON.stringify(config));
  let server: ServerProcess | null = null;
  const kill = async (): Promise<void> => {
    server?.kill('SIGKILL');
    await server?.finished;
  };
  t.teardown(kill);
  const killedAndStarted = async (): Promise<Direct> => {
    await kill();
    server = await startServerProcess({ GRANTLOG_CONFIG: file, GRANTLOG_DATA_DIR: dataDir, LOG_LEVEL: 'info' });
    return directOf(server);
  };
  /** 50 at once, and the process is killed when the first of them is answered. */
  const killedMeanwhile = async (request: () => Promise<Answer>): Promise<readonly Answer[]> => {
    const requests = Array.from({ length: 50 }, request);
    await Promise.race(requests).catch(() => {});
    server?.kill('SIGKILL');
    const settled = await Promise.allSettled(requests);
    return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  };

  let direct = await killedAndStarted();
  const codes = [];
  for (let index = 0; index < 4; index++) codes.push(await direct.code(web));
  const [single, replayed, raced, interrupted] = codes;
  if (single === undefined || replayed === undefined || raced === undefined || interrupted === undefined) throw new Error('no codes');

  direct = await killedAndStarted();
  const { body: first } = await direct.redeem(web, single);
  const { body: spent } = await direct.redeem(web, replayed);
  await redeemedOnce(t, direct, await parallel(50, () => direct.redeem(web, raced)));
  const before = await killedMeanwhile(() => direct.redeem(web, interrupted));

  direct = await killedAndStarted();
  const after = await parallel(50, () => direct.redeem(web, interrupted));
  t.ok(good([...before, ...after]).length <= 1, 'at most one 200, before the kill and after it');
  t.match(await direct.redeem(web, replayed), invalidGrant);
  for (const token of [spent.access_token, spent.refresh_token]) t.notOk((await direct.introspect(token, web)).body.active, 'a replay after the kill revokes');
  t.ok(await direct.isActive(first.access_token), 'what was answered is there');
  const { body: second } = await direct.refresh(web, first.refresh_token);

  direct = await killedAndStarted();
  t.equal((await direct.refresh(web, first.refresh_token)).body.refresh_token, second.refresh_token, 'a lost answer is repeated byte for byte');
  const meanwhile = await killedMeanwhile(() => direct.refresh(web, second.refresh_token));

  direct = await killedAndStarted();
  const repeated = await parallel(50, () => direct.refresh(web, second.refresh_token));
  t.equal(good(repeated).length, 50);
  t.equal(new Set(good([...meanwhile, ...repeated]).map(({ body }) => body.refresh_token)).size, 1, 'one successor, before the kill and after it');
  const third = repeated[0]?.body;
  const own = (await direct.clientCredentials(web, { scope: 'read:photos' })).body.access_token;
  t.equal((await direct.revoke(own, web)).status, 200);
  t.equal((await direct.revoke(third.refresh_token, web)).status, 200);

  direct = await killedAndStarted();
  t.match(await direct.refresh(web, third.refresh_token), invalidGrant, 'a revocation that was answered 200 survives');
  for (const token of [first.access_token, second.access_token, third.access_token, own]) t.notOk(await direct.isActive(token));
  await kill();
  const grantId = grantIdOf(first.access_token);
  t.equal(count(dataDir, 'AuthorizationCodeRedeemed', grantId), 1);
  t.equal(count(dataDir, 'RefreshTokenRotated', grantId), 2);
  const redemptions = recordedEvents(dataDir).filter(({ type }) => type === 'AuthorizationCodeRedeemed').map(({ stream }) => stream);
  t.equal(new Set(redemptions).size, redemptions.length, 'no code was spent twice');
});
