export const LOCALES = ['en', 'zh'] as const;
export type Locale = (typeof LOCALES)[number];

const DEFAULT_LOCALE: Locale = 'en';

/** Primary language subtags that we have words for. Mandarin and Cantonese readers are served by the one written Chinese we have. */
const LOCALE_OF: ReadonlyMap<string, Locale> = new Map([
  ['en', 'en'],
  ['zh', 'zh'],
  ['cmn', 'zh'],
  ['yue', 'zh'],
]);

const LANGUAGE_RANGE = /^(?:\*|[a-z]{1,8}(?:-[a-z0-9]{1,8})*)$/i;
const WEIGHT = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/i;

/** No honest header is longer; the rest of a longer one is not read. */
const MAX_RANGES = 50;

interface WeightedRange {
  readonly range: string;
  readonly weight: number;
}

/**
 * The language of a page: the first of `ui_locales` (BCP 47 tags, best first, OpenID Connect Core 3.1.2.1) that we have, else the best of
 * `Accept-Language` (RFC 9110 12.5.4), else English. Tags are matched by their primary language (RFC 4647 3.4), so zh-TW and zh-Hans are zh.
 */
export function negotiateLocale(uiLocales: string | null, acceptLanguage: string | null): Locale {
  return fromUiLocales(uiLocales ?? '') ?? fromAcceptLanguage(acceptLanguage ?? '') ?? DEFAULT_LOCALE;
}

/** The locale for a language tag that was stored, such as that of a notice. */
export const localeOf = (tag: string): Locale => knownLocale(tag) ?? DEFAULT_LOCALE;

function fromUiLocales(uiLocales: string): Locale | null {
  for (const tag of uiLocales.split(' ', MAX_RANGES)) {
    const locale = knownLocale(tag);
    if (locale !== null) return locale;
  }
  return null;
}

function fromAcceptLanguage(header: string): Locale | null {
  const ranges = header.split(',', MAX_RANGES).flatMap(parseRange);
  const refused = new Set(ranges.filter(({ weight }) => weight === 0).map(({ range }) => knownLocale(range)));
  const wanted = ranges.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  const named = new Set(wanted.map(({ range }) => knownLocale(range)));
  for (const { range } of wanted) {
    // `*` stands for every language that no other range of the header names.
    const locale = range === '*' ? (allLocales.find((each) => !named.has(each) && !refused.has(each)) ?? null) : knownLocale(range);
    if (locale !== null) return locale;
  }
  return null;
}

const allLocales: readonly Locale[] = [DEFAULT_LOCALE, 'zh'];

function parseRange(item: string): readonly WeightedRange[] {
  const [range = '', parameter] = item.split(';', 2).map((part) => part.trim());
  if (!LANGUAGE_RANGE.test(range)) return [];
  if (parameter === undefined) return [{ range, weight: 1 }];
  const weight = WEIGHT.exec(parameter.replace(/\s/g, ''))?.[1];
  return weight === undefined ? [] : [{ range, weight: Number(weight) }];
}

function knownLocale(tag: string): Locale | null {
  const [primary = ''] = tag.split('-', 1);
  return LOCALE_OF.get(primary.toLowerCase()) ?? null;
}
