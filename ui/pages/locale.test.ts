import t from 'tap';
import { localeOf, negotiateLocale } from './locale.ts';

const table: readonly [uiLocales: string | null, acceptLanguage: string | null, expected: 'en' | 'zh'][] = [
  [null, null, 'en'],
  ['', '', 'en'],
  ['zh', null, 'zh'],
  ['zh-TW', null, 'zh'],
  ['zh-Hans', null, 'zh'],
  ['zh-Hant-HK', null, 'zh'],
  ['ZH-cn', null, 'zh'],
  ['cmn-Hans-CN', null, 'zh'],
  ['yue', null, 'zh'],
  ['fr-CA zh en', null, 'zh'],
  ['fr-CA en zh', null, 'en'],
  ['  en-GB   zh', null, 'en'],
  ['zhx', null, 'en'],
  ['fr', 'zh-CN,zh;q=0.9', 'zh'],
  ['en', 'zh', 'en'],
  ['<script>', 'zh', 'zh'],
  [null, 'zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
  [null, 'en-US,en;q=0.9,zh;q=0.8', 'en'],
  [null, 'en;q=0.5, zh-Hant;q=0.9', 'zh'],
  [null, 'en ; q=0.5 , zh ; q=0.6', 'zh'],
  [null, 'de, fr;q=0.9', 'en'],
  [null, 'de, zh;q=0.1', 'zh'],
  [null, 'en;q=0, zh;q=0.1', 'zh'],
  [null, 'zh;q=0', 'en'],
  [null, 'zh;q=0, *', 'en'],
  [null, 'en;q=0, *', 'zh'],
  [null, '*', 'en'],
  [null, '*;q=0.5, zh;q=0.4', 'en'],
  [null, 'en;q=0.4, *;q=0.5', 'zh'],
  [null, '*;q=0.1, zh', 'zh'],
  [null, 'zh;q=2, en;q=0.1', 'en'],
  [null, 'zh;q=abc', 'en'],
  [null, 'zh;level=1', 'en'],
  [null, ',,;q=1,zh', 'zh'],
  [null, 'zh;q=1.000, en', 'zh'],
];

t.test('ui_locales in order of preference, then Accept-Language by weight, then English', async (t) => {
  for (const [uiLocales, acceptLanguage, expected] of table) {
    t.equal(negotiateLocale(uiLocales, acceptLanguage), expected, `ui_locales=${uiLocales} Accept-Language: ${acceptLanguage}`);
  }
});

t.test('a header of a megabyte is read in no time', async (t) => {
  t.equal(negotiateLocale('xx '.repeat(300_000), `${'xx,'.repeat(300_000)}zh`), 'en');
});

t.test('a stored tag leads to its locale', async (t) => {
  t.equal(localeOf('zh'), 'zh');
  t.equal(localeOf('en'), 'en');
  t.equal(localeOf('tlh'), 'en');
});
