import t from 'tap';
import { PasswordQueueFull } from '#account/password.ts';
import { type Form, formOf } from '#support/browser.ts';
import { frontOf, passwordOf, type Shown } from '#support/front.ts';
import { BOOTSTRAP, startServer, stillClock, type TestServer, type TestServerOptions } from '#support/server.ts';

/** Passwords in clear instead of hashes, so that hundreds of tries take no time; says how many were looked at. */
function cheapPasswords(server: TestServer): { looked: number } {
  const count = { looked: 0 };
  const passwords = server.core.passwords as { verify: typeof server.core.passwords.verify };
  passwords.verify = async (hash, password) => {
    count.looked++;
    return hash !== null && [passwordOf('alice'), passwordOf('bob')].includes(password);
  };
  return count;
}

async function start(t: Parameters<typeof startServer>[0], config: object = {}, options: TestServerOptions = {}) {
  const clock = options.clock ?? stillClock();
  const server = await startServer(t, { ...options, clock, config: { bootstrap: BOOTSTRAP, ...config } });
  const count = cheapPasswords(server);
  const front = frontOf(server);
  const browser = front.browser();
  const form: Form = formOf((await front.get(browser, front.paths.signInPage)).text);
  /** One try; from an address where a trusted proxy says so. */
  const attempt = async (username: string, password = 'wrong', headers: Record<string, string> = {}): Promise<{ status: number; retryAfter: number | null; shown: Shown }> => {
    const body = new URLSearchParams([...form.fields.map(([name, value]) => [name, value]), ['username', username], ['password', password]]).toString();
    const cookie = `grantlog-browser=${browser.cookie('grantlog-browser')}`;
    const response = await fetch(server.url + front.paths.signInAction, { method: 'POST', body, redirect: 'manual', headers: { 'content-type': 'application/x-www-form-urlencoded', cookie, ...headers } });
    const retryAfter = response.headers.get('retry-after');
    return { status: response.status, retryAfter: retryAfter === null ? null : Number(retryAfter), shown: { status: response.status, headers: response.headers, text: await response.text(), location: response.headers.get('location'), toClient: null, error: null } };
  };
  const statuses = async (times: number, username: string | ((index: number) => string), password?: string, headers: Record<string, string> = {}) => {
    const seen: number[] = [];
    for (let index = 0; index < times; index++) seen.push((await attempt(typeof username === 'string' ? username : username(index), password, headers)).status);
    return seen;
  };
  return { server, front, browser, form, clock, count, attempt, statuses };
}

const shared = await start(t, { trustedProxies: ['127.0.0.1', '10.0.0.0/8', '2001:db8:ffff::/48'] });

/** The server that most tests share, an hour later: everything that was counted is forgotten. */
function later() {
  shared.clock.advance(3600);
  shared.count.looked = 0;
  return shared;
}

const times = (count: number, status: number) => Array.from({ length: count }, () => status);

t.test('interface.md: the first 5 failures for an account are looked at, then 429 with Retry-After, the right password too', async (t) => {
  const { attempt, statuses, count } = later();
  t.strictSame(await statuses(5, 'alice'), times(5, 401));
  t.equal(count.looked, 5);
  const refused = await attempt('alice');
  t.equal(refused.status, 429);
  t.equal(refused.retryAfter, 2);
  t.match(refused.shown.text, /try again in 2 seconds/);
  t.equal((await attempt('alice', passwordOf('alice'))).status, 429);
  t.equal(count.looked, 5, 'nothing more was looked at');
  t.equal((await attempt('bob', passwordOf('bob'))).status, 303, 'another account is not concerned');
});

t.test('interface.md: when the wait is over one try is looked at; each further failure doubles it, to 15 minutes at most', async (t) => {
  const { attempt, statuses, clock } = later();
  await statuses(5, 'alice');
  for (const wait of [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]) {
    t.strictSame([(await attempt('alice')).retryAfter, (await attempt('alice', passwordOf('alice'))).status], [wait, 429], `${wait} s`);
    clock.advance(wait - 0.5);
    const early = await attempt('alice');
    t.strictSame([early.status, early.retryAfter], [429, 1]);
    clock.advance(0.5);
    t.equal((await attempt('alice')).status, 401, 'one try is looked at');
    t.equal((await attempt('alice')).status, 429, 'and no second one');
  }
});

t.test('interface.md: a success resets the account', async (t) => {
  const { attempt, statuses, clock } = later();
  t.strictSame(await statuses(4, 'alice'), times(4, 401));
  t.equal((await attempt('alice', passwordOf('alice'))).status, 303, 'the fifth try');
  t.strictSame(await statuses(6, 'alice'), [...times(5, 401), 429], 'five again');
  clock.advance(2);
  await attempt('alice');
  clock.advance(4);
  t.equal((await attempt('alice', passwordOf('alice'))).status, 303, 'after a wait');
  t.strictSame(await statuses(6, 'alice'), [...times(5, 401), 429], 'and five again');
  t.equal((await attempt('alice')).retryAfter, 2, 'the wait begins anew as well');
});

t.test('interface.md: failures count for 15 minutes', async (t) => {
  const { statuses, clock } = later();
  t.strictSame(await statuses(4, 'alice'), times(4, 401));
  clock.advance(15 * 60 + 1);
  t.strictSame(await statuses(6, 'alice'), [...times(5, 401), 429]);
  clock.advance(31 * 60);
  t.strictSame(await statuses(6, 'alice'), [...times(5, 401), 429], 'and are forgotten after the wait too');
});

t.test('interface.md: unknown accounts count alike', async (t) => {
  const { attempt, statuses, clock } = later();
  t.strictSame(await statuses(6, 'nobody'), [...times(5, 401), 429]);
  t.equal((await attempt('nobody')).retryAfter, 2);
  clock.advance(2);
  t.equal((await attempt('nobody')).status, 401);
  t.equal((await attempt('nobody')).retryAfter, 4);
});

t.test('regression: a lockout counter is not split by how the name is written', async (t) => {
  const { attempt, statuses, browser, form, front } = later();
  const spellings = ['zoë', 'ZOË', 'zoe\u0308', 'Zoe\u0308', 'zOË'];
  t.strictSame(await statuses(5, (index) => spellings[index] ?? ''), times(5, 401));
  for (const spelling of spellings) t.equal((await attempt(spelling)).status, 429, spelling);
  t.strictSame(await statuses(3, 'alice'), times(3, 401));
  const email = () => front.json(browser, front.paths.signInAction, { ...Object.fromEntries(form.fields), email: 'Alice', password: 'wrong' });
  t.strictSame([(await email()).status, (await email()).status, (await email()).status], [401, 401, 429], 'the field `email` names the same account');
  t.equal((await attempt('alice', passwordOf('alice'))).status, 429);
});

t.test('interface.md: a try refused for its csrf, or for its query, does not count', async (t) => {
  const { attempt, front, browser, form, count } = later();
  const fields = form.fields.filter(([name]) => name !== 'csrf');
  for (let round = 0; round < 40; round++) {
    const refused = round % 2 === 0 ? await front.signInOn(browser, { ...form, fields }, 'alice', 'wrong') : await front.signInOn(browser, { ...form, fields: [...form.fields, ['oauth_query', 'x']] }, 'alice', 'wrong');
    t.equal(refused.status, 400);
  }
  t.equal(count.looked, 0);
  t.equal((await attempt('alice', passwordOf('alice'))).status, 303);
});

t.test('a try that the server was too busy to look at is 503 and does not count', async (t) => {
  const { attempt, statuses, server } = later();
  const passwords = server.core.passwords as { verify: typeof server.core.passwords.verify };
  const { verify } = passwords;
  passwords.verify = () => Promise.reject(new PasswordQueueFull());
  for (let round = 0; round < 40; round++) {
    const busy = await attempt('alice');
    t.equal(busy.status, 503);
    t.ok(busy.retryAfter);
  }
  passwords.verify = verify;
  t.strictSame(await statuses(6, 'alice'), [...times(5, 401), 429]);
});

t.test('regression S7: a try that broke off while the account was looked up does not count', async (t) => {
  const { attempt, statuses, server } = later();
  const commands = server.core.commands as { load: typeof server.core.commands.load };
  const { load } = commands;
  for (const broken of ['username', 'account']) {
    commands.load = (aggregate, ...rest) => (aggregate.category === broken ? Promise.reject(new Error('the store is away')) : load(aggregate, ...rest));
    for (let round = 0; round < 40; round++) t.equal((await attempt('alice')).status, 500);
  }
  commands.load = load;
  t.strictSame(await statuses(6, 'alice'), [...times(5, 401), 429]);
});

t.test('interface.md: of 50 parallel guesses at most 5 are looked at', async (t) => {
  const { attempt, count, clock } = later();
  const seen = await Promise.all(Array.from({ length: 50 }, () => attempt('alice')));
  t.equal(count.looked, 5);
  t.equal(seen.filter(({ status }) => status === 401).length, 5);
  t.ok(seen.filter(({ status }) => status === 429).every(({ retryAfter }) => retryAfter !== null && retryAfter >= 1));
  clock.advance(2);
  await Promise.all(Array.from({ length: 50 }, () => attempt('alice')));
  t.equal(count.looked, 6, 'and after the wait one');
});

t.test('interface.md: the counts survive a restart on the same data directory', async (t) => {
  const first = await start(t);
  await first.statuses(5, 'alice');
  await first.statuses(3, 'bob');
  await first.server.stop();
  const second = await start(t, {}, { dataDir: first.server.dataDir, clock: first.clock });
  t.equal((await second.attempt('alice', passwordOf('alice'))).status, 429);
  t.strictSame(await second.statuses(3, 'bob'), [401, 401, 429]);
});

t.test('interface.md: the first 30 failures from an address are looked at, whatever the accounts are; successes give their place back', async (t) => {
  const { attempt, statuses, clock } = later();
  const from = (address: string) => ({ 'x-forwarded-for': address });
  for (let round = 0; round < 40; round++) t.equal((await attempt('bob', passwordOf('bob'), from('192.0.2.1'))).status, 303);
  t.strictSame(await statuses(31, (index) => `person-${index}`, 'wrong', from('192.0.2.1')), [...times(30, 401), 429]);
  const refused = await attempt('bob', passwordOf('bob'), from('192.0.2.1'));
  t.strictSame([refused.status, refused.retryAfter], [429, 2]);
  t.equal((await attempt('bob', passwordOf('bob'), from('192.0.2.2'))).status, 303, 'another address');
  clock.advance(2);
  t.equal((await attempt('person-99', 'wrong', from('192.0.2.1'))).status, 401);
  t.equal((await attempt('person-99', 'wrong', from('192.0.2.1'))).retryAfter, 4);
});

t.test('interface.md: a success that was the thirtieth try of an address closes nothing', async (t) => {
  const { attempt, statuses, clock } = later();
  const from = { 'x-forwarded-for': '192.0.2.1' };
  t.strictSame(await statuses(29, (index) => `person-${index}`, 'wrong', from), times(29, 401));
  for (let round = 0; round < 5; round++) t.equal((await attempt('bob', passwordOf('bob'), from)).status, 303);
  clock.advance(10 * 60);
  t.equal((await attempt('alice', passwordOf('alice'), from)).status, 303);
  clock.advance(6 * 60);
  t.strictSame(await statuses(31, (index) => `other-${index}`, 'wrong', from), [...times(30, 401), 429], 'and 15 minutes after them the failures are forgotten, whoever succeeded meanwhile');
});

t.test('interface.md: what one limit refuses costs nothing at the other', async (t) => {
  const { attempt, statuses } = later();
  const from = (address: string) => ({ 'x-forwarded-for': address });
  await statuses(5, 'alice', 'wrong', from('192.0.2.1'));
  t.strictSame(await statuses(100, 'alice', 'wrong', from('192.0.2.7')), times(100, 429));
  t.equal((await attempt('bob', passwordOf('bob'), from('192.0.2.7'))).status, 303, 'the address that was refused 100 times has all its places');
  await statuses(30, (index) => `person-${index}`, 'wrong', from('192.0.2.8'));
  t.strictSame(await statuses(20, 'bob', 'wrong', from('192.0.2.8')), times(20, 429));
  t.strictSame(await statuses(5, 'bob', 'wrong', from('192.0.2.9')), times(5, 401), 'and so has the account');
});

t.test('regression: an IPv6 address counts as its /64, however it is written; an IPv4-mapped one as IPv4', async (t) => {
  const { attempt, statuses } = later();
  const spellings = ['2001:db8:0:1::1', '2001:DB8:0:1::2', '2001:0db8:0000:0001:ffff:ffff:ffff:ffff', '2001:db8:0:1:0:0:0:3', '2001:db8::1:0:0:0:4'];
  for (let index = 0; index < 30; index++) t.equal((await attempt(`person-${index}`, 'wrong', { 'x-forwarded-for': spellings[index % spellings.length] ?? '' })).status, 401);
  for (const spelling of [...spellings, '2001:db8:0:1:abcd::']) t.equal((await attempt('bob', passwordOf('bob'), { 'x-forwarded-for': spelling })).status, 429, spelling);
  t.equal((await attempt('bob', passwordOf('bob'), { 'x-forwarded-for': '2001:db8:0:2::1' })).status, 303, 'the next /64');
  await statuses(30, (index) => `other-${index}`, 'wrong', { 'x-forwarded-for': '192.0.2.1' });
  for (const spelling of ['::ffff:192.0.2.1', '::ffff:c000:201', '::FFFF:192.0.2.1']) t.equal((await attempt('bob', passwordOf('bob'), { 'x-forwarded-for': spelling })).status, 429, spelling);
});

t.test('RFC 7239 5.2, interface.md: Forwarded and X-Forwarded-For are read from the right, and believed from trusted proxies only', async (t) => {
  const { attempt, statuses, clock } = later();
  const ADDRESS = '198.51.100.7';
  await statuses(30, (index) => `person-${index}`, 'wrong', { 'x-forwarded-for': ADDRESS });
  // Far enough up that the wait outlasts the test.
  for (const wait of [2, 4, 8, 16, 32, 64, 128, 256, 512]) {
    clock.advance(wait);
    t.equal((await attempt(`climbing-${wait}`, 'wrong', { 'x-forwarded-for': ADDRESS })).status, 401);
  }
  const isThat = async (headers: Record<string, string>) => (await attempt('bob', passwordOf('bob'), headers)).status === 429;
  t.ok(await isThat({ 'x-forwarded-for': ADDRESS }));
  for (const [name, value] of [
    ['forwarded', `for=${ADDRESS}`],
    ['forwarded', `For="${ADDRESS}:4711"`],
    ['forwarded', `for=${ADDRESS}:4711;proto=https;by=10.0.0.1`],
    ['forwarded', `proto=http ; for=${ADDRESS}`],
    ['forwarded', `for=203.0.113.1, for=${ADDRESS}, for=10.1.2.3`],
    ['forwarded', `for=203.0.113.1,for=${ADDRESS};proto=http,for="[2001:db8:ffff::1]:80"`],
    ['forwarded', `for="[::ffff:${ADDRESS}]"`],
    ['x-forwarded-for', `203.0.113.1, ${ADDRESS}`],
    ['x-forwarded-for', `203.0.113.1,${ADDRESS}, 10.0.0.1 ,10.255.255.255`],
    ['x-forwarded-for', `unknown, <script>, ${ADDRESS}`],
    ['x-forwarded-for', `${ADDRESS}:4711`],
  ] as const) t.ok(await isThat({ [name]: value }), `${name}: ${value}`);
  for (const [name, value] of [
    ['x-forwarded-for', `${ADDRESS}, 203.0.113.9`],
    ['x-forwarded-for', `${ADDRESS}, 203.0.113.9, 10.0.0.1`],
    ['forwarded', `for=${ADDRESS}, for=203.0.113.9`],
    ['forwarded', `for=${ADDRESS}, for=unknown`],
    ['forwarded', `for=${ADDRESS}, for=_hidden`],
    ['forwarded', `for="203.0.113.9;for=${ADDRESS}"`],
    ['forwarded', `by=${ADDRESS}`],
    ['forwarded', `host=x;xfor=${ADDRESS}`],
    ['x-real-ip', ADDRESS],
    ['client-ip', ADDRESS],
    ['x-client-ip', ADDRESS],
    ['true-client-ip', ADDRESS],
    ['x-forwarded', `for=${ADDRESS}`],
  ] as const) t.notOk(await isThat({ [name]: value }), `${name}: ${value}`);
  t.notOk(await isThat({ forwarded: `for=${ADDRESS}`, 'x-forwarded-for': '203.0.113.9' }), 'two headers that disagree are two stories: neither is believed');
  t.ok(await isThat({ forwarded: `for=${ADDRESS}`, 'x-forwarded-for': ADDRESS }), 'two that agree are one');
});

t.test('regression: hostile forwarded headers from a peer that is no trusted proxy change nothing', async (t) => {
  const { attempt, statuses } = await start(t);
  t.strictSame(await statuses(2, 'alice'), times(2, 401));
  for (let index = 0; index < 28; index++) {
    const address = `198.51.100.${index}`;
    t.equal((await attempt(`person-${index}`, 'wrong', { 'x-forwarded-for': address, forwarded: `for=${address}`, 'x-real-ip': address })).status, 401);
  }
  t.equal((await attempt('person-30', 'wrong', { 'x-forwarded-for': '198.51.100.200', forwarded: 'for=198.51.100.200' })).status, 429, 'all of it was one address');
});

t.test('interface.md: a script is told with 401 and 429 too, in JSON', async (t) => {
  const { front, browser, form } = later();
  const attempt = () => front.json(browser, front.paths.signInAction, { ...Object.fromEntries(form.fields), username: 'alice', password: 'wrong' });
  for (let round = 0; round < 5; round++) {
    const refused = await attempt();
    t.equal(refused.status, 401);
    t.match(JSON.parse(refused.text), { error: 'access_denied', error_description: /wrong/ });
  }
  const throttled = await attempt();
  t.equal(throttled.status, 429);
  t.equal(throttled.headers.get('retry-after'), '2');
  t.equal(throttled.headers.get('cache-control'), 'no-store');
  t.match(JSON.parse(throttled.text), { error: 'access_denied' });
});
