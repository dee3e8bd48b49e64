import { createHash } from 'node:crypto';
import t from 'tap';
import type { JsonObject } from '#kernel/json.ts';
import type { ClientView } from './client-view.ts';
import { clientAsShown, webUri } from './client-view.ts';
import { type ConsentNoticeInput, type ConsentView, consentNotice, consentPage, PAGE_VERSION } from './consent.ts';
import { type ErrorView, errorPage } from './error.ts';
import { FORM_POST_SCRIPT_HASH, formPostPage } from './form-post.ts';
import { html, trusted } from './html.ts';
import type { Locale } from './locale.ts';
import { pageHeaders } from './security-headers.ts';
import { type SignInView, signInPage } from './sign-in.ts';
import { signedInPage } from './signed-in.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

const HOSTILE = `"'><script>alert(1)</script><img src=x onerror=alert(1)>\`&amp;\u202E</title></style>`;
const LOCALES: readonly Locale[] = ['en', 'zh'];

const client: ClientView = {
  name: 'Prints',
  logoUri: 'https://prints.example/logo.png',
  clientUri: 'https://prints.example/',
  policyUri: 'https://prints.example/privacy',
  tosUri: 'https://prints.example/terms',
};
const scopes: ConsentNoticeInput['scopes'] = [
  { scope: 'openid', description: null },
  { scope: 'read:photos', description: 'See your photos' },
  { scope: 'albums', description: null },
];
const notice = (over: Partial<ConsentNoticeInput> = {}) => consentNotice({ locale: 'en', client: { clientId: 'prints', ...client }, scopes, ...over });
const signIn = (over: Partial<SignInView> = {}) =>
  signInPage({ locale: 'en', action: '/sign-in', oauthQuery: 'a=1&exp=2&sig=3', csrf: 'token', username: 'alice', client, problem: null, ...over });
const consent = (over: Partial<ConsentView> = {}) =>
  consentPage({
    notice: notice(),
    action: '/oauth2/consent',
    oauthQuery: 'a=1&exp=2&sig=3',
    csrf: 'token',
    accountName: 'alice',
    requiredScopes: ['openid'],
    newScopes: [],
    redirectHost: 'prints.example',
    ...over,
  });
const error = (over: Partial<ErrorView> = {}) =>
  errorPage({ locale: 'en', code: 'invalid_request', description: 'no client_id', guidance: 'Send it.', requestId: 'r-1', ...over });

/** Every page with `text` wherever something comes from outside, in one language. */
function pagesWith(locale: Locale, text: string): readonly string[] {
  const uri = `https://prints.example/${text}`;
  const outside: ClientView = { name: text, logoUri: uri, clientUri: uri, policyUri: uri, tosUri: uri };
  return [
    signIn({ locale, action: text, oauthQuery: text, csrf: text, username: text, client: outside, problem: 'credentials' }),
    signIn({ locale, username: text, client: null, oauthQuery: null, problem: 'throttled', retryAfterSeconds: 3 }),
    consent({
      notice: notice({ locale, client: { ...outside, clientId: text }, scopes: [{ scope: text, description: null }, { scope: `${text}2`, description: text }] }),
      action: text,
      oauthQuery: text,
      csrf: text,
      accountName: text,
      requiredScopes: [text],
      newScopes: [`${text}2`],
      redirectHost: text,
    }),
    error({ locale, code: text, description: text, guidance: text, requestId: text }),
    formPostPage({ locale, action: `https://prints.example/cb?${text}`, parameters: [['code', text], [text, text]] }),
    signedInPage({ locale, accountName: text }),
  ];
}

/** The tags of a page with the names of their attributes, values blanked. */
const skeleton = (page: string): string => (page.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""')).join('\n');
const inputs = (page: string, name: string): readonly string[] => (page.match(/<input [^>]*>/g) ?? []).filter((tag) => tag.includes(`name="${name}"`));

t.test('a template escapes whatever is not trusted', async (t) => {
  t.equal(html`<a title="${`"'<>&\``}">${'<b>'}</a>`.toString(), '<a title="&quot;&#39;&lt;&gt;&amp;&#96;">&lt;b&gt;</a>');
  t.equal(html`${[html`<i>${1}</i>`, '<', null, false, [trusted('<br>')]]}`.toString(), '<i>1</i>&lt;<br>');
});

t.test('no string from outside changes the structure of a page, in either language', async (t) => {
  for (const locale of LOCALES) {
    const harmless = pagesWith(locale, 'word');
    for (const [index, page] of pagesWith(locale, HOSTILE).entries()) {
      t.equal(skeleton(page), skeleton(harmless[index] ?? ''));
      t.notMatch(page, /<script>alert|<img src=x/);
    }
  }
});

t.test('every page is one document with one h1, a language, a viewport, and at most one form', async (t) => {
  for (const locale of LOCALES) {
    for (const page of [...pagesWith(locale, 'word'), signIn({ locale, client: null, problem: null })]) {
      t.match(page, `<!doctype html>\n<html lang="${locale}">`);
      t.match(page, /<meta name="viewport" content="width=device-width, initial-scale=1">/);
      t.equal(page.match(/<h1>/g)?.length, 1);
      t.equal(page.match(/<main>/g)?.length, 1);
      t.ok((page.match(/<form /g)?.length ?? 0) <= 1);
      t.notMatch(page, / style=| on[a-z]+=|javascript:/, 'nothing that the CSP would refuse');
    }
  }
});

t.test('only web addresses become links and images', async (t) => {
  const refused = ['javascript:alert(1)', 'data:text/html,x', 'ftp://prints.example/', '//prints.example/', '/path', 'https://bank.example@evil.example/', 'no uri', ''];
  for (const uri of refused) {
    t.equal(webUri(uri), null, uri);
    const page = signIn({ client: { name: 'Prints', logoUri: uri, clientUri: uri, policyUri: uri, tosUri: uri } });
    t.notMatch(page, /<a |<img /, uri);
  }
  t.equal(webUri('http://prints.example'), 'http://prints.example/');
  t.match(signIn(), '<img class="logo" src="https://prints.example/logo.png" alt=""');
  t.match(signIn(), '<a href="https://prints.example/privacy" target="_blank" rel="noopener noreferrer">Privacy policy');
});

t.test('a client name is one bounded line of visible characters, else the client id', async (t) => {
  const shown = (name: string) => clientAsShown({ ...client, name }, 'prints').name;
  t.equal(shown(' Your\n\tBank \u202Eknab\u2066\u200B\0 '), 'Your Bank knab');
  t.equal(shown('\u202E\u200B '), 'prints');
  t.equal(shown('\u{1F468}\u200D\u{1F469} نمی\u200Cخواهم'), '\u{1F468}\u200D\u{1F469} نمی\u200Cخواهم');
  t.equal(shown('x'.repeat(500)), `${'x'.repeat(80)}…`);
});

t.test('sign in: the fields of the contract', async (t) => {
  const page = signIn();
  t.match(page, '<form method="post" action="/sign-in"');
  t.match(inputs(page, 'username'), [/type="text" value="alice" autocomplete="username"/]);
  t.match(inputs(page, 'password'), [/type="password" autocomplete="current-password"/]);
  t.notMatch(inputs(page, 'password')[0], 'value=');
  t.strictSame(inputs(page, 'oauth_query'), ['<input type="hidden" name="oauth_query" value="a=1&amp;exp=2&amp;sig=3">']);
  t.strictSame(inputs(page, 'csrf'), ['<input type="hidden" name="csrf" value="token">']);
  t.equal(page.match(/<button type="submit">/g)?.length, 1);
  t.match(page, /<label for="username">/);
  t.match(page, /<label for="password">/);
  t.notMatch(page, /role="alert"|aria-describedby/);
  t.strictSame(inputs(signIn({ oauthQuery: null }), 'oauth_query'), []);
});

t.test('sign in: a problem is an alert that describes the fields', async (t) => {
  const wrong = signIn({ problem: 'credentials' });
  t.match(wrong, /<p class="problem" id="problem" role="alert">User name and password do not match/);
  t.match(inputs(wrong, 'username')[0], /aria-describedby="problem" aria-invalid="true"/);
  t.match(inputs(wrong, 'password')[0], /aria-describedby="problem" aria-invalid="true" autofocus/);
  t.match(wrong, '<title>Error: Sign in</title>');
  t.match(signIn({ problem: 'throttled', retryAfterSeconds: 1 }), 'try again in 1 second.');
  t.match(signIn({ problem: 'throttled', retryAfterSeconds: 7.2 }), 'try again in 8 seconds.');
  t.match(signIn({ problem: 'throttled', retryAfterSeconds: 600, locale: 'zh' }), '请在 10 分钟后重试');
  t.match(signIn({ problem: 'throttled' }), 'Wait a little');
});

t.test('consent: a checkbox a scope, required ones disabled and sent hidden', async (t) => {
  const page = consent();
  t.strictSame(inputs(page, 'scope'), [
    '<input type="checkbox" name="scope" value="openid" checked disabled>',
    '<input type="hidden" name="scope" value="openid">',
    '<input type="checkbox" name="scope" value="read:photos" checked>',
    '<input type="checkbox" name="scope" value="albums" checked>',
  ]);
  t.strictSame(inputs(page, 'oauth_query'), ['<input type="hidden" name="oauth_query" value="a=1&amp;exp=2&amp;sig=3">']);
  t.strictSame(inputs(page, 'csrf'), ['<input type="hidden" name="csrf" value="token">']);
  t.match(page, '<button name="accept" value="true">Allow</button>');
  t.match(page, '<button name="accept" value="false" class="quiet">Deny</button>');
  t.match(page, 'prints.example');
});

t.test('consent: new scopes are marked only beside old ones', async (t) => {
  t.equal(consent({ newScopes: ['albums'] }).match(/<em class="new">/g)?.length, 1);
  t.notMatch(consent({ newScopes: ['openid', 'read:photos', 'albums'] }), /<em class="new">/);
});

t.test('consent: the notice has all the words, as plain JSON, and the page shows them as they are', async (t) => {
  const words: JsonObject = notice();
  t.strictSame(JSON.parse(JSON.stringify(words)), words);
  t.strictSame(Object.keys(words), [
    ...['language', 'page_version', 'client_id', 'client_name', 'logo_uri', 'client_uri', 'policy_uri', 'tos_uri'],
    ...['title', 'introduction', 'scopes', 'small_print', 'accept', 'deny'],
  ]);
  t.strictSame(words.scopes, [
    { scope: 'openid', text: 'Recognise you when you sign in' },
    { scope: 'read:photos', text: 'See your photos' },
    { scope: 'albums', text: 'Use the access named “albums”, which has no description here' },
  ]);
  t.equal(notice({ client: { clientId: 'x', ...client, logoUri: 'javascript:alert(1)' } }).logo_uri, null, 'what is not shown is not in the notice');
  t.match(notice({ scopes: [{ scope: 'toString', description: '  ' }] }).scopes, [{ text: /“toString”/ }]);
  const other = { ...notice(), title: 'T-1', introduction: 'I-1', scopes: [{ scope: 'openid', text: 'S-1' }], small_print: ['P-1'], accept: 'A-1', deny: 'D-1', client_name: 'N-1' };
  const page = consent({ notice: other });
  for (const word of ['<title>T-1</title>', '<h1>T-1</h1>', '>I-1<', '>S-1 <', '>P-1<', '>A-1<', '>D-1<', '>N-1<']) t.match(page, word);
  for (const word of Object.values(en.notice.scopes)) t.notMatch(page, word);
});

t.test('consent: no scopes, no list', async (t) => {
  const page = consent({ notice: notice({ scopes: [] }) });
  t.notMatch(page, /<fieldset>|type="checkbox"/);
  t.match(page, 'asks for no particular access');
});

t.test('consent: who changes what a person sees raises PAGE_VERSION', async (t) => {
  const seen = LOCALES.map((locale) => consent({ notice: { ...notice({ locale }), page_version: 0 }, newScopes: ['albums'] }).replace(/<style>.*<\/style>/s, ''));
  const unknown = LOCALES.map((locale) => JSON.stringify(notice({ locale, scopes: Object.keys(en.notice.scopes).map((scope) => ({ scope, description: null })) }).scopes));
  const digest = createHash('sha256').update([...seen, ...unknown].join('\n')).digest('base64url');
  t.strictSame({ version: PAGE_VERSION, digest }, { version: 1, digest: 'jLK0KGqieO-xrjbcUhMge6iA6diWvWUCyYee8dhq8qg' }, 'raise PAGE_VERSION, then put both new values here');
});

t.test('error: the code and the request id as text, a heading a kind of trouble', async (t) => {
  const page = error();
  t.match(page, '<code data-error>invalid_request</code>');
  t.match(page, '<code data-request-id>r-1</code>');
  t.match(page, '<h1>This request can’t be used</h1>');
  t.match(error({ locale: 'zh', code: 'server_error' }), '<h1>我们这边出了问题</h1>');
  t.match(error({ locale: 'zh' }), '<span lang="en">no client_id</span>');
  t.match(error({ code: 'constructor' }), '<h1>That did not work</h1>');
  t.notMatch(error({ guidance: null }), en.error.guidance);
});

t.test('form_post: hidden fields, a button, and a script whose hash the CSP names', async (t) => {
  const page = formPostPage({ locale: 'en', action: 'https://prints.example/cb', parameters: [['code', 'c'], ['state', ' a\tb']] });
  t.match(page, '<form method="post" action="https://prints.example/cb"');
  t.strictSame(inputs(page, 'code'), ['<input type="hidden" name="code" value="c">']);
  t.strictSame(inputs(page, 'state'), ['<input type="hidden" name="state" value=" a\tb">']);
  t.equal(page.match(/<button type="submit">/g)?.length, 1);
  const script = /<script>(.*)<\/script>/s.exec(page)?.[1] ?? '';
  t.equal(`sha256-${createHash('sha256').update(script).digest('base64')}`, FORM_POST_SCRIPT_HASH);
  for (const action of ['javascript:alert(1)', 'app:/cb', '/cb']) t.throws(() => formPostPage({ locale: 'en', action, parameters: [] }), TypeError);
});

t.test('headers: a strict policy that names the stylesheet, the script, the images and where the form leads', async (t) => {
  const plain = pageHeaders({});
  const style = /<style>(.*)<\/style>/s.exec(signIn())?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  t.equal(plain['Content-Security-Policy'], `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`);
  t.match(plain, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', 'X-Content-Type-Options': 'nosniff' });
  t.match(plain, { 'X-Frame-Options': 'DENY', 'Permissions-Policy': /camera=\(\)/ });
  const full = pageHeaders({
    formAction: ['https://prints.example:8443/cb?x', 'https://prints.example:8443', 'com.example.app:/cb', 'http://[::1]:4000/cb', 'https://a;b.example/', 'no uri'],
    imgSrc: ['https://cdn.example/logo.png', 'data:image/png,x', 'javascript:x'],
    scriptHash: FORM_POST_SCRIPT_HASH,
  })['Content-Security-Policy'];
  t.match(full, "; form-action 'self' https://prints.example:8443 com.example.app: http: https:; ");
  t.match(full, '; img-src https://cdn.example; ');
  t.match(full, `; script-src '${FORM_POST_SCRIPT_HASH}'; `);
});

/** Paths of all words of a vocabulary, and the words, functions called with a sample. */
function wordsIn(value: object): ReadonlyMap<string, string> {
  const entries = Object.entries(value).flatMap(([key, word]: [string, unknown]): [string, string][] => {
    if (typeof word === 'string') return [[key, word]];
    if (typeof word === 'function') return [[key, String(word(12))]];
    return typeof word === 'object' && word !== null ? [...wordsIn(word)].map(([path, text]) => [`${key}.${path}`, text]) : [];
  });
  return new Map(entries);
}

t.test('both languages have all words, and no word is in the other language', async (t) => {
  const [english, chinese] = [wordsIn(en), wordsIn(zh)];
  t.strictSame([...chinese.keys()], [...english.keys()]);
  for (const [path, word] of english) t.match(word, /^[ -~’“”]+$/, path);
  for (const [path, word] of chinese) t.match(word, /\p{Script=Han}/u, path);
});
