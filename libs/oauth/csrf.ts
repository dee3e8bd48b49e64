import { hashFor, sameHash } from '#credentials/credential-keys.ts';
import type { Core } from '#runtime/core.ts';
import { type Locale, LOCALES } from '#ui/pages/locale.ts';

/** What a form stands for: the browser and the session it was shown to, the language it was shown in, and what it said (a notice’s hash). */
export interface FormBinding {
  readonly browser: string;
  readonly sessionId: string | null;
  readonly locale: Locale;
  readonly about: string;
}

/** The hidden `csrf` value of a form: its language and a keyed hash of all it is bound to. */
export async function csrfToken(core: Core, { browser, sessionId, locale, about }: FormBinding): Promise<string> {
  return `${locale}.${await hashFor(core.keyring, 'csrf', [browser, sessionId ?? '', locale, about].join('\n'))}`;
}

/** The language that a form was shown in, as its token says; the token is checked by `isCsrfToken`. */
export const shownLocale = (presented: string | null): Locale | null => LOCALES.find((locale) => presented?.startsWith(`${locale}.`)) ?? null;

export async function isCsrfToken(core: Core, presented: string | null, binding: FormBinding): Promise<boolean> {
  return presented !== null && sameHash(presented, await csrfToken(core, binding));
}
