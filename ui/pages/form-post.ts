import { createHash } from 'node:crypto';
import { webUri } from './client-view.ts';
import { html, trusted } from './html.ts';
import { pageDocument } from './layout.ts';
import type { Locale } from './locale.ts';
import { wordsOf } from './words.ts';

export interface FormPostView {
  readonly locale: Locale;
  /** The validated redirect URI. */
  readonly action: string;
  /** The response's parameters, in order. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** Presses the button. By way of the prototype, because a parameter named `submit` would hide the form's own method. */
const FORM_POST_SCRIPT = 'HTMLFormElement.prototype.submit.call(document.forms[0])';

/** Names the script in the CSP: `sha256-…`, without the quotes (see `pageHeaders`). */
export const FORM_POST_SCRIPT_HASH = `sha256-${createHash('sha256').update(FORM_POST_SCRIPT).digest('base64')}`;

const SCRIPT_ELEMENT = html`<script>${trusted(FORM_POST_SCRIPT)}</script>`;

/**
 * OAuth 2.0 Form Post Response Mode: the parameters as hidden fields of a form that sends itself, or is sent by its button where scripts are off.
 * @throws TypeError for an action that is not http or https: a form cannot carry a body anywhere else, and `javascript:` must never get here
 */
export function formPostPage(view: FormPostView): string {
  const words = wordsOf(view.locale).formPost;
  const host = webUri(view.action) === null ? undefined : URL.parse(view.action)?.host;
  if (host === undefined) throw new TypeError('form_post needs an http or https redirect URI');
  return pageDocument({
    locale: view.locale,
    title: words.title,
    heading: words.title,
    mark: 'onward',
    introduction: html`<p class="lede">${words.explanation(host)}</p>`,
    body: html`<form method="post" action="${view.action}" class="fields">
${view.parameters.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">\n`)}
<div class="actions"><button type="submit">${words.submit}</button></div>
</form>
${SCRIPT_ELEMENT}`,
  });
}
