import { visibleText } from './client-view.ts';
import { html } from './html.ts';
import { pageDocument } from './layout.ts';
import type { Locale } from './locale.ts';
import { wordsOf } from './words.ts';

export interface SignedInView {
  readonly locale: Locale;
  readonly accountName: string;
}

/** After a sign-in that had no request to return to. */
export function signedInPage(view: SignedInView): string {
  const words = wordsOf(view.locale).signedIn;
  return pageDocument({
    locale: view.locale,
    title: words.title,
    heading: words.title,
    mark: 'done',
    introduction: html`<p class="account">${words.account} <b><bdi>${visibleText(view.accountName)}</bdi></b></p>`,
    body: html`<p class="note">${words.explanation}</p>`,
  });
}
