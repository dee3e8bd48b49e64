import { mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import type { BrowserContext, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { authorizeUrl, pkce } from '#support/browser.ts';
import { browserMissing, launchChromium } from '#support/chromium.ts';
import { PEOPLE, startServer } from '#support/server.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
/** Where screenshots go, for people to look at; nothing is written without it. */
const SCREENSHOTS = process.env['SCREENSHOTS'];

const SIZES = { phone: { width: 375, height: 812 }, desk: { width: 1280, height: 900 } } as const;
const LANGUAGES = { en: 'en-GB', zh: 'zh-CN' } as const;

/** A client’s redirect URI that shows what it received. */
async function startApp(t: Test): Promise<{ readonly url: string; readonly received: URLSearchParams[] }> {
  const received: URLSearchParams[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      if (request.url?.startsWith('/callback')) received.push(request.method === 'POST' ? new URLSearchParams(body) : new URL(request.url, 'http://app').searchParams);
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>app</title><h1>back at the app</h1>');
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`, received };
}

async function setUp(t: Test) {
  const app = await startApp(t);
  const client = { client_id: 'print', client_secret: 'print-secret-of-forty-characters-0123456', client_name: 'Photo Print', redirect_uris: [app.url], grant_types: ['authorization_code', 'refresh_token'], scope: 'openid profile email offline_access read:photos', policy_uri: 'https://print.example.com/privacy', tos_uri: 'https://print.example.com/terms', client_uri: 'https://print.example.com' };
  const server = await startServer(t, { config: { scopes: { 'read:photos': { en: 'See your photos', zh: '查看您的照片' } }, bootstrap: { ...PEOPLE, clients: [client] } } });
  const browser = await launchChromium();
  t.teardown(() => browser.close());
  const url = (more: Record<string, string> = {}) => authorizeUrl(`${server.issuer}/oauth2/authorize`, { client_id: 'print', redirect_uri: app.url, scope: 'openid profile email offline_access read:photos', state: 'state-of-the-app', code_challenge: pkce().challenge, code_challenge_method: 'S256', ...more });
  return { app, server, browser, url };
}

async function look(t: Test, page: Page, name: string): Promise<void> {
  await page.addScriptTag({ path: AXE });
  const violations = await page.evaluate("axe.run().then((results) => results.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.html).join(' ')))");
  t.same(violations, [], `${name}: axe finds nothing`);
  const overflows = await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth');
  t.equal(overflows, false, `${name}: nothing is wider than the screen`);
  if (SCREENSHOTS !== undefined) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }
}

/** axe is a script and the pages allow none: this context alone bypasses the policy, the other tests do not. */
const lookingContext = (browser: Awaited<ReturnType<typeof launchChromium>>, size: keyof typeof SIZES, language: keyof typeof LANGUAGES): Promise<BrowserContext> =>
  browser.newContext({ viewport: SIZES[size], locale: LANGUAGES[language], bypassCSP: true });

t.test('every page at phone and desk width, in both languages', { skip: browserMissing }, async (t) => {
  const { browser, url, server, app } = await setUp(t);
  for (const size of ['phone', 'desk'] as const) {
    for (const language of ['en', 'zh'] as const) {
      await t.test(`${size} ${language}`, async (t) => {
        const context = await lookingContext(browser, size, language);
        const page = await context.newPage();
        const name = (what: string) => `${what}-${size}-${language}`;
        await page.goto(url());
        t.equal(await page.getAttribute('html', 'lang'), language);
        await look(t, page, name('sign-in'));
        await page.fill('[name=username]', 'alice');
        await page.fill('[name=password]', 'wrong');
        await page.click('button[type=submit]');
        await page.waitForSelector('[role=alert]');
        await look(t, page, name('sign-in-refused'));
        await page.fill('[name=password]', 'correct horse battery staple');
        await page.click('button[type=submit]');
        await page.waitForSelector('input[name=scope][type=checkbox]');
        t.equal(await page.getAttribute('html', 'lang'), language);
        await look(t, page, name('consent'));
        await page.goto(url({ redirect_uri: 'https://evil.example.com/' }));
        t.equal(await page.textContent('[data-error]'), 'invalid_redirect_uri');
        await look(t, page, name('error'));
        await page.goto(`${server.issuer}/sign-in`);
        await look(t, page, name('signed-in'));
        await context.close();
      });
    }
  }
  t.equal(app.received.length, 0);
});

t.test('the whole journey by keyboard alone, under the real content security policy', { skip: browserMissing }, async (t) => {
  const { browser, url, app } = await setUp(t);
  const context = await browser.newContext({ viewport: SIZES.desk });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  await page.goto(url());
  await page.waitForSelector('#username:focus');
  await page.keyboard.type('alice');
  await page.keyboard.press('Tab');
  await page.keyboard.type('correct horse battery staple');
  await page.keyboard.press('Enter');
  await page.waitForSelector('button[name=accept]');
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate("document.activeElement?.getAttribute('name') === 'accept' && document.activeElement.value === 'true'")) break;
  }
  await Promise.all([page.waitForURL(/\/callback/), page.keyboard.press('Enter')]);
  t.match(Object.fromEntries(app.received[0] ?? []), { code: /^glc_/, state: 'state-of-the-app', iss: /^http:\/\/localhost/ });
  t.same(complaints.filter((text) => !text.includes('favicon')), [], 'the browser refuses nothing');
});

t.test('unchecking a scope, denying, and form_post in a real browser', { skip: browserMissing }, async (t) => {
  const { browser, url, app, server } = await setUp(t);
  const context = await browser.newContext({ viewport: SIZES.phone });
  const page = await context.newPage();
  await page.goto(url({ response_mode: 'form_post' }));
  await page.fill('[name=username]', 'alice');
  await page.fill('[name=password]', 'correct horse battery staple');
  await page.click('button[type=submit]');
  await page.uncheck('input[name=scope][value="read:photos"]');
  await Promise.all([page.waitForURL(/\/callback/), page.click('button[name=accept][value=true]')]);
  t.match(Object.fromEntries(app.received[0] ?? []), { code: /^glc_/, state: 'state-of-the-app' }, 'the answer came as a POST that sent itself');
  const [consent] = await server.core.readModels.list<{ scopes: readonly string[] }>('consents', { sub: 'sub-alice' }, null, 10);
  t.same(consent?.state.scopes, ['email', 'offline_access', 'openid', 'profile'], 'what was unchecked is not in the consent');
  await page.goto(url());
  await page.waitForSelector('input[name=scope][value="read:photos"]');
  await Promise.all([page.waitForURL(/\/callback/), page.click('button[name=accept][value=false]')]);
  t.match(Object.fromEntries(app.received[1] ?? []), { error: 'access_denied', state: 'state-of-the-app' });
});
