import t from 'tap';
import { assuredRedirectUri, isLoopbackHost, matchRedirectUri, redirectUriProblem } from './redirect-uri.ts';

/** A line separator in a test's name would break the TAP stream. */
const shown = (uri: string): string => JSON.stringify(uri).replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

t.test('redirect URIs that can be registered', (t) => {
  for (const uri of [
    'https://app.example.com/callback',
    'https://app.example.com',
    'https://app.example.com/',
    'https://app.example.com:8443/cb?tenant=1&next=%2Fhome',
    'https://app.example.com:443/cb',
    'https://192.0.2.1/cb',
    'https://[2001:db8::1]:8443/cb',
    'https://xn--bcher-kva.example/cb',
    'https://app.example.com/a.b/..c/d~e;f=1',
    'http://127.0.0.1/cb',
    'http://127.0.0.1:51004/cb',
    'http://[::1]/cb',
    'http://[::1]:51004/cb',
    'http://localhost:3001/callback',
    'com.example.app:/callback',
    'com.example.app://callback/x?y=1',
    'com.example.app:callback',
  ])
    t.equal(redirectUriProblem(uri), null, uri);
  t.end();
});

t.test('redirect URIs that cannot be registered, each with its reason', (t) => {
  const refused: readonly (readonly [string, RegExp])[] = [
    ['', /not an absolute URI/],
    ['/callback', /not an absolute URI/],
    ['//app.example.com/cb', /not an absolute URI/],
    ['app.example.com/cb', /not an absolute URI/],
    ['https://app.example.com/cb#', /fragment/],
    ['https://app.example.com/cb#part', /fragment/],
    ['com.example.app:/cb#x', /fragment/],
    ['https://app.example.com@evil.example/cb', /user information/],
    ['https://user:pass@app.example.com/cb', /user information/],
    ['https://@app.example.com/cb', /user information/],
    ['com.example.app://user@host/cb', /user information/],
    ['http://127.0.0.1:80@evil.example/cb', /user information/],
    ['https://*.example.com/cb', /wildcard/],
    ['https://app.example.com/*', /wildcard/],
    ['https://app.example.com\\@evil.example/cb', /backslash/],
    ['https:\\\\app.example.com/cb', /backslash/],
    ['https://app.example.com/c b', /white space/],
    ['https://app.example.com/cb\n', /white space/],
    ['\thttps://app.example.com/cb', /white space/],
    ['java\nscript:alert(1)', /white space/],
    ['https://app.example.com/\u0000', /white space/],
    ['https://app.example.com/\u2028', /white space/],
    ['javascript:alert(1)', /scheme javascript/],
    ['JavaScript:alert(1)', /scheme javascript/],
    ['javascript://app.example.com/%0aalert(1)', /scheme javascript/],
    ['data:text/html,<script>alert(1)</script>', /scheme data/],
    ['file:///etc/passwd', /scheme file/],
    ['vbscript:x', /scheme vbscript/],
    ['blob:https://app.example.com/1', /scheme blob/],
    ['http://app.example.com/cb', /plain http/],
    ['HTTP://app.example.com/cb', /plain http/],
    ['http://127.0.0.1.evil.example/cb', /plain http/],
    ['http://localhost.evil.example/cb', /plain http/],
    ['http://127.0.0.2/cb', /plain http/],
    ['http://0.0.0.0/cb', /plain http/],
    ['http://[::ffff:127.0.0.1]/cb', /normal form/],
    ['http://127.1/cb', /normal form/],
    ['http://0x7f.0.0.1/cb', /normal form/],
    ['http://2130706433/cb', /normal form/],
    ['http://[0:0:0:0:0:0:0:1]/cb', /normal form/],
    ['https://ex%61mple.com/cb', /normal form/],
    ['https://app.example.com:/cb', /normal form/],
    ['https://app.example.com:0443/cb', /normal form/],
    ['https://app.example.com:99999/cb', /not a valid URI/],
    ['https://app.example.com:port/cb', /not a valid URI/],
    ['https://a:1:2/cb', /not a valid URI/],
    ['https:///app.example.com/cb', /no host/],
    ['https:app.example.com/cb', /no host/],
    ['https:/app.example.com/cb', /no host/],
    ['https://', /no host/],
    ['https://app.example.com/a/../b', /dot segments/],
    ['https://app.example.com/a/%2e%2e/b', /dot segments/],
    ['https://app.example.com/./', /dot segments/],
    ['https://app.example.com/é', /percent-encoded/],
    ['https://app.example.com/<x>', /percent-encoded/],
    ['https://app.example.com/"x"', /percent-encoded/],
    ['https://app.example.com/%', /percent-encoded/],
    ['https://app.example.com/%zz', /percent-encoded/],
    ['https://аpp.example.com/cb', /percent-encoded/],
    ['myapp:/callback', /without a period/],
    ['myapp://callback', /without a period/],
    ['ftp://app.example.com/cb', /without a period/],
    ['urn:ietf:wg:oauth:2.0:oob', /without a period/],
    ['com.example.app:', /not a valid URI/],
    [`https://app.example.com/${'a'.repeat(2048)}`, /longer than 2048/],
  ];
  for (const [uri, reason] of refused) {
    const problem = redirectUriProblem(uri);
    t.match(problem, reason, shown(uri));
    t.match(problem, /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/, 'only characters of an error_description (RFC 6749 5.2)');
  }
  t.end();
});

t.test('a requested redirect URI matches byte for byte', (t) => {
  const registered = ['https://app.example.com/cb', 'https://app.example.com/other?x=1', 'com.example.app:/cb', 'http://localhost:3001/cb'];
  for (const uri of registered) t.ok(matchRedirectUri(registered, uri), uri);
  for (const uri of [
    'https://app.example.com/cb/',
    'https://app.example.com/CB',
    'https://APP.example.com/cb',
    'HTTPS://app.example.com/cb',
    'https://app.example.com:443/cb',
    'https://app.example.com/%63b',
    'https://app.example.com/x/../cb',
    'https://app.example.com/cb?',
    'https://app.example.com/cb?x=1',
    'https://app.example.com/cb#',
    'https://app.example.com/cb\u0000',
    'https://app.example.com/cb ',
    ' https://app.example.com/cb',
    'https://app.example.com@evil.example/cb',
    'https://app.example.com\\@evil.example/cb',
    'https://evil.example/https://app.example.com/cb',
    'https://app.example.com.evil.example/cb',
    'https://app.example.com/other',
    'https://app.example.com/other?x=1&y=2',
    'http://app.example.com/cb',
    'com.example.app:/cb/',
    'com.example.app://cb',
    'http://localhost:3002/cb',
    'http://localhost/cb',
    'http://127.0.0.1:3001/cb',
    '',
  ])
    t.notOk(matchRedirectUri(registered, uri), shown(uri));
  t.notOk(matchRedirectUri([], 'https://app.example.com/cb'), 'nothing registered, nothing matches');
  t.end();
});

t.test('RFC 8252 7.3: only the port of http on a loopback IP literal is free', (t) => {
  const registered = ['http://127.0.0.1/cb', 'http://[::1]:9/v6?x=1', 'https://127.0.0.1/tls'];
  for (const uri of ['http://127.0.0.1/cb', 'http://127.0.0.1:1/cb', 'http://127.0.0.1:51004/cb', 'http://127.0.0.1:65535/cb', 'http://[::1]/v6?x=1', 'http://[::1]:51004/v6?x=1'])
    t.ok(matchRedirectUri(registered, uri), uri);
  for (const uri of [
    'http://127.0.0.1:51004/cb/',
    'http://127.0.0.1:51004/Cb',
    'http://127.0.0.1:51004',
    'http://127.0.0.1:51004/cb?x=1',
    'http://127.0.0.1:51004/cb#x',
    'http://127.0.0.1:51004/%63b',
    'http://127.0.0.1:/cb',
    'http://127.0.0.1:0/cb',
    'http://127.0.0.1:080/cb',
    'http://127.0.0.1:65536/cb',
    'http://127.0.0.1:123456/cb',
    'http://127.0.0.1:-1/cb',
    'http://127.0.0.1:80:81/cb',
    'http://127.0.0.1:80@evil.example/cb',
    'http://127.0.0.1@evil.example/cb',
    'http://127.0.0.1:80\\@evil.example/cb',
    'http://127.0.0.1\\.evil.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://127.0.0.1:51004.evil.example/cb',
    'http://127.0.0.1:51004 /cb',
    'http://127.0.0.1:51004\n/cb',
    'http://127.1:51004/cb',
    'http://127.0.0.2:51004/cb',
    'http://2130706433:51004/cb',
    'http://localhost:51004/cb',
    'HTTP://127.0.0.1:51004/cb',
    'https://127.0.0.1:51004/cb',
    'https://127.0.0.1:51004/tls',
    'http://[::1]:51004/cb',
    'http://127.0.0.1:51004/v6?x=1',
    'http://[0:0:0:0:0:0:0:1]:51004/v6?x=1',
    'http://[::1]:51004/v6',
  ])
    t.notOk(matchRedirectUri(registered, uri), shown(uri));
  t.notOk(matchRedirectUri(['http://127.0.0.1@evil.example/cb'], 'http://127.0.0.1:80@evil.example/cb'), 'what follows the port begins a path or a query');
  t.end();
});

t.test('only an https redirect URI away from the device assures who receives it', (t) => {
  t.ok(assuredRedirectUri('https://app.example.com/cb'));
  for (const uri of ['https://localhost/cb', 'https://127.0.0.1:8443/cb', 'https://[::1]/cb', 'https://app.localhost/cb', 'http://127.0.0.1/cb', 'http://localhost/cb', 'com.example.app:/cb', 'https://', 'httpsx://a.example'])
    t.notOk(assuredRedirectUri(uri), uri);
  t.ok(assuredRedirectUri('https://127.example.com/cb'), 'a name that only begins like a loopback address');
  for (const host of ['localhost', '127.0.0.1', '127.8.9.10', '[::1]']) t.ok(isLoopbackHost(host), host);
  for (const host of ['127.example.com', '127.0.0.1.example.com', 'localhost.example.com', 'app.localhost', '128.0.0.1', '[::2]', '']) t.notOk(isLoopbackHost(host), host);
  t.end();
});
