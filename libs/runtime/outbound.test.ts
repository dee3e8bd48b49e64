import type { LookupAddress } from 'node:dns';
import t from 'tap';
import { startHttps } from '#support/https.ts';
import { fetchJson, isPublicAddress, OutboundError } from './outbound.ts';

let asked: string[] = [];
const large = JSON.stringify({ text: 'x'.repeat(70_000) });
const { port } = await startHttps(t, (request, response) => {
  asked.push(request.url ?? '');
  const json = (body: string) => response.writeHead(200, { 'content-type': 'application/json' }).end(body);
  switch (request.url) {
    case '/redirect':
      return response.writeHead(302, { location: '/ok' }).end('{"redirected":true}');
    case '/large':
      return json(large);
    case '/lie':
      // A length that the body does not keep to.
      response.writeHead(200);
      response.write('{"a":');
      return response.destroy();
    case '/text':
      return json('not JSON');
    case '/teapot':
      return response.writeHead(418).end('{}');
    case '/headers':
      return json(JSON.stringify(request.headers));
    default:
      return json('{"keys":[]}');
  }
});
t.beforeEach(() => {
  asked = [];
});

/** Answers to one name after the other, as a server of names under an attacker’s hand would. */
function resolver(...answers: readonly (readonly string[])[]) {
  const names: string[] = [];
  const resolve = (name: string, _options: unknown, callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void): void => {
    const addresses = answers[Math.min(names.length, answers.length - 1)] ?? [];
    names.push(name);
    setImmediate(() => callback(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))));
  };
  return { names, resolve };
}

t.test('public unicast addresses are public, in either family', (t) => {
  for (const address of ['1.1.1.1', '93.184.216.34', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::200e', '::ffff:1.1.1.1']) t.ok(isPublicAddress(address), address);
  t.end();
});

t.test('regression: SSRF deny-list bypass: every range that is not public unicast, in every spelling', (t) => {
  const inside = [
    ...['127.0.0.1', '127.1.2.3', '0.0.0.0', '0.1.2.3', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '192.0.0.8', '192.0.2.1', '198.18.0.1', '198.51.100.1', '203.0.113.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '192.88.99.1'],
    ...['::1', '::', 'fe80::1', 'fe80::1%eth0', 'fc00::1', 'fd00:ec2::254', 'ff02::1', 'fec0::1', '100::1', '2001:db8::1', '2001::1', '2002:7f00:1::', '3fff::1', '5f00::1', '4000::1'],
    ...['::ffff:127.0.0.1', '::ffff:7f00:1', '::FFFF:10.0.0.1', '0:0:0:0:0:ffff:a9fe:a9fe', '::ffff:0:127.0.0.1', '::127.0.0.1', '::7f00:1', '64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::7f00:1'],
    ...['127.1', '2130706433', '0x7f000001', '0177.0.0.1', 'localhost', '', 'example.com'],
  ];
  for (const address of inside) t.notOk(isPublicAddress(address), address);
  t.end();
});

t.test('a literal address that is not public is refused before anything is sent, however the URL spells it', async (t) => {
  for (const host of ['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '127.0.0.1.', '[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]', '169.254.169.254', '①②⑦.0.0.1', '0', '[::]']) {
    await t.rejects(fetchJson([], `https://${host}:${port}/ok`), OutboundError, host);
  }
  t.same(asked, []);
});

t.test('a name is refused when any of its addresses is not public: one good answer hides no bad one', async (t) => {
  for (const addresses of [['127.0.0.1'], ['10.0.0.1'], ['169.254.169.254'], ['::1'], ['::ffff:127.0.0.1'], ['1.1.1.1', '127.0.0.1'], ['127.0.0.1', '1.1.1.1'], ['2606:4700::1111', 'fd00::1'], []]) {
    await t.rejects(fetchJson([], `https://jwks.internal.example:${port}/ok`, resolver(addresses).resolve), /not public/, addresses.join());
  }
  t.same(asked, []);
});

t.test('regression: DNS rebinding: a name is resolved once, and the address that was checked is the one that is connected to', async (t) => {
  const { names, resolve } = resolver(['127.0.0.1'], ['10.9.9.9']);
  t.same(await fetchJson(['jwks.internal.example'], `https://jwks.internal.example:${port}/ok`, resolve), { keys: [] });
  t.equal(names.length, 1);
  const rebind = resolver(['127.0.0.1']);
  await t.rejects(fetchJson([], `https://jwks.internal.example:${port}/ok`, rebind.resolve), OutboundError);
  t.equal(rebind.names.length, 1);
});

t.test('outbound.allow opens what it names and nothing beside it: a host, an address, a range; https stays required', async (t) => {
  const { resolve } = resolver(['127.0.0.1']);
  for (const allow of ['jwks.internal.example', '127.0.0.1', '127.0.0.0/8', '::ffff:127.0.0.1']) t.same(await fetchJson([allow], `https://jwks.internal.example:${port}/ok`, resolve), { keys: [] }, allow);
  t.same(await fetchJson(['127.0.0.1/32'], `https://127.0.0.1:${port}/ok`), { keys: [] }, 'a literal address');
  for (const allow of ['internal.example', 'jwks.internal.example.com', '127.0.0.2', '10.0.0.0/8', '::1', '::/0', '']) await t.rejects(fetchJson([allow], `https://jwks.internal.example:${port}/ok`, resolve), OutboundError, allow);
  for (const scheme of ['http', 'ftp', 'file', 'data', 'javascript']) await t.rejects(fetchJson(['localhost', '127.0.0.1'], `${scheme}://localhost:${port}/ok`), OutboundError, scheme);
  await t.rejects(fetchJson([], 'not a URL'), OutboundError);
});

t.test('regression: SSRF by redirect: none is followed', async (t) => {
  await t.rejects(fetchJson(['127.0.0.1'], `https://127.0.0.1:${port}/redirect`), /302/);
  t.same(asked, ['/redirect']);
});

t.test('what is too large, cut short, no JSON or no 200 is refused', async (t) => {
  await t.rejects(fetchJson(['127.0.0.1'], `https://127.0.0.1:${port}/large`), /larger than/);
  await t.rejects(fetchJson(['127.0.0.1'], `https://127.0.0.1:${port}/lie`), OutboundError);
  await t.rejects(fetchJson(['127.0.0.1'], `https://127.0.0.1:${port}/text`), /not JSON/);
  await t.rejects(fetchJson(['127.0.0.1'], `https://127.0.0.1:${port}/teapot`), /418/);
  await t.rejects(fetchJson(['127.0.0.1'], 'https://127.0.0.1:1/ok'), OutboundError);
});

t.test('a server whose certificate is for another name is refused', async (t) => {
  await t.rejects(fetchJson(['other.example'], `https://other.example:${port}/ok`, resolver(['127.0.0.1']).resolve), OutboundError);
  t.same(asked, []);
});

t.test('the request says nothing about us', async (t) => {
  const headers = await fetchJson(['127.0.0.1'], `https://127.0.0.1:${port}/headers`);
  t.strictSame(Object.keys(headers as object).sort(), ['accept', 'connection', 'host']);
});
