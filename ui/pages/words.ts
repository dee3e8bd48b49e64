import type { Locale } from './locale.ts';
import type { Vocabulary } from './vocabulary.ts';
import { en } from './words.en.ts';
import { zh } from './words.zh.ts';

const VOCABULARIES: { readonly [locale in Locale]: Vocabulary } = { en, zh };

export const wordsOf = (locale: Locale): Vocabulary => VOCABULARIES[locale];
