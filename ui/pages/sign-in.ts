import { type ClientView, clientAsShown, clientDocuments, clientIdentity } from './client-view.ts';
import { html } from './html.ts';
import { pageDocument } from './layout.ts';
import type { Locale } from './locale.ts';
import type { Vocabulary } from './vocabulary.ts';
import { wordsOf } from './words.ts';

export interface SignInView {
  readonly locale: Locale;
  /** Where the form is sent. */
  readonly action: string;
  /** The signed authorization request to go back to; null when the person came by themselves. */
  readonly oauthQuery: string | null;
  readonly csrf: string;
  /** What the field is filled with (`login_hint`, or what was typed before); empty for nothing. */
  readonly username: string;
  readonly client: ClientView | null;
  readonly problem: 'credentials' | 'throttled' | null;
  readonly retryAfterSeconds?: number;
}

/** The sign-in page. The password is never filled in again. */
export function signInPage(view: SignInView): string {
  const words = wordsOf(view.locale);
  const client = view.client === null ? null : clientAsShown(view.client, '');
  const problem = problemText(view, words);
  const described = problem !== null && html` aria-describedby="problem"`;
  const invalid = view.problem === 'credentials' && html` aria-invalid="true"`;
  const [focusUsername, focusPassword] = view.username === '' ? [html` autofocus`, null] : [null, html` autofocus`];
  return pageDocument({
    locale: view.locale,
    title: problem === null ? words.signIn.title : words.signIn.titleWithProblem,
    heading: words.signIn.title,
    introduction: client !== null && client.name !== '' ? html`<p class="lede">${words.signIn.introduction(client.name)}</p>` : null,
    header: client === null ? null : clientIdentity(client, words),
    body: html`${problem !== null && html`<p class="problem" id="problem" role="alert">${problem}</p>`}
<form method="post" action="${view.action}" class="fields">
${view.oauthQuery !== null && html`<input type="hidden" name="oauth_query" value="${view.oauthQuery}">`}
<input type="hidden" name="csrf" value="${view.csrf}">
<div class="field"><label for="username">${words.signIn.username}</label>
<input id="username" name="username" type="text" value="${view.username}" autocomplete="username" autocapitalize="none" autocorrect="off" spellcheck="false" required${described}${invalid}${focusUsername}></div>
<div class="field"><label for="password">${words.signIn.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required${described}${invalid}${focusPassword}></div>
<div class="actions"><button type="submit">${words.signIn.submit}</button></div>
</form>
${client !== null && clientDocuments(client, words)}`,
  });
}

function problemText(view: SignInView, words: Vocabulary): string | null {
  if (view.problem === null) return null;
  if (view.problem === 'credentials') return words.signIn.credentials;
  const seconds = Math.ceil(view.retryAfterSeconds ?? 0);
  if (seconds < 1) return words.signIn.throttled;
  return seconds <= 90 ? words.signIn.throttledSeconds(seconds) : words.signIn.throttledMinutes(Math.ceil(seconds / 60));
}
