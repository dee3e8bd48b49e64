import t from 'tap';
import { directOf, parallel } from '#support/direct.ts';
import { recordedEvents } from '#support/recorded-events.ts';
import { BOOTSTRAP, CLIENTS, startServer, stillClock } from '#support/server.ts';

t.test('a clock that is set back neither ends a grace window before it begins nor turns time around in a stream', async (t) => {
  const clock = stillClock();
  const server = await startServer(t, { config: { bootstrap: BOOTSTRAP }, clock });
  const direct = directOf(server);
  const tokens = await direct.tokens(CLIENTS.web, { scope: 'read:photos' });
  await direct.token(CLIENTS.web, { grant_type: 'client_credentials', scope: 'read:photos' });
  clock.advance(-20);
  const answers = await parallel(10, () => direct.token(CLIENTS.web, { grant_type: 'refresh_token', refresh_token: tokens['refresh_token'] ?? '' }));
  t.same(new Set(answers.map(({ status }) => status)), new Set([200]), 'parallel refreshes after the step');
  t.equal(new Set(answers.map(({ body }) => body['refresh_token'])).size, 1, 'all with one successor');
  clock.advance(-3600);
  t.equal((await direct.token(CLIENTS.web, { grant_type: 'client_credentials', scope: 'read:photos' })).status, 200, 'over the boundary of an hour too');
  const latest = new Map<string, string>();
  const backward = recordedEvents(server.dataDir).filter(({ stream, time }) => {
    const before = latest.get(stream) ?? '';
    latest.set(stream, time);
    return time < before;
  });
  t.same(backward, []);
  t.notOk(recordedEvents(server.dataDir).some(({ type }) => type === 'GrantRevoked'));
});
