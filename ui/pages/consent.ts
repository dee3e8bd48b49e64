import type { NoticeScope, NoticeText } from '#notice/notice-text.ts';
import { type ClientView, clientAsShown, clientDocuments, clientIdentity, visibleText } from './client-view.ts';
import { html, type TrustedHtml } from './html.ts';
import { pageDocument } from './layout.ts';
import { type Locale, localeOf } from './locale.ts';
import type { StandardScope, Vocabulary } from './vocabulary.ts';
import { wordsOf } from './words.ts';

/** Names the wording and the arrangement of the page in the notice. Raised with every change that a person could see; a test holds it to that. */
export const PAGE_VERSION = 1;

export interface ConsentNoticeInput {
  readonly locale: Locale;
  readonly client: ClientView & { readonly clientId: string };
  /** In the order to be shown; a description from the configuration, in this locale, comes before our own. */
  readonly scopes: readonly { readonly scope: string; readonly description: string | null }[];
}

export interface ConsentView {
  readonly notice: NoticeText;
  readonly action: string;
  readonly oauthQuery: string;
  readonly csrf: string;
  readonly accountName: string;
  /** Scopes that cannot be unchecked. */
  readonly requiredScopes: readonly string[];
  /** Scopes that were not granted before; marked only where others were. */
  readonly newScopes: readonly string[];
  /** Host of the redirect URI, or its scheme. */
  readonly redirectHost: string;
}

/** Composes the words of a consent page: to be hashed, kept and shown as they are. */
export function consentNotice(input: ConsentNoticeInput): NoticeText {
  const words = wordsOf(input.locale).notice;
  const client = clientAsShown(input.client, input.client.clientId);
  const hasDocuments = client.policyUri !== null || client.tosUri !== null;
  return {
    language: input.locale,
    page_version: PAGE_VERSION,
    client_id: input.client.clientId,
    client_name: client.name,
    logo_uri: client.logoUri,
    client_uri: client.clientUri,
    policy_uri: client.policyUri,
    tos_uri: client.tosUri,
    title: words.title(client.name),
    introduction: input.scopes.length === 0 ? words.introductionWithoutScopes(client.name) : words.introduction(client.name),
    scopes: input.scopes.map(({ scope, description }) => ({ scope, text: scopeText(scope, description, words) })),
    small_print: [words.recorded, words.withdrawable, ...(hasDocuments ? [words.ownPolicy(client.name)] : [])],
    accept: words.accept,
    deny: words.deny,
  };
}

/** The consent page: the notice's words and no others, in a frame that `page_version` stands for. */
export function consentPage(view: ConsentView): string {
  const { notice } = view;
  const locale = localeOf(notice.language);
  const words = wordsOf(locale);
  const client: ClientView = {
    name: notice.client_name,
    logoUri: notice.logo_uri,
    clientUri: notice.client_uri,
    policyUri: notice.policy_uri,
    tosUri: notice.tos_uri,
  };
  return pageDocument({
    locale,
    title: notice.title,
    heading: notice.title,
    introduction: html`<p class="account">${words.consent.account} <b><bdi>${visibleText(view.accountName)}</bdi></b></p>`,
    header: clientIdentity(client, words),
    body: html`<form method="post" action="${view.action}">
<input type="hidden" name="oauth_query" value="${view.oauthQuery}">
<input type="hidden" name="csrf" value="${view.csrf}">
${scopeList(view, words)}
<div class="small-print">${notice.small_print.map((text) => html`<p>${text}</p>`)}${clientDocuments(client, words)}</div>
<div class="actions total"><button name="accept" value="true">${notice.accept}</button><button name="accept" value="false" class="quiet">${notice.deny}</button></div>
<p class="returns-to">${words.consent.returnsTo(visibleText(view.redirectHost))}</p>
</form>`,
  });
}

function scopeText(scope: string, description: string | null, words: Vocabulary['notice']): string {
  const described = visibleText(description ?? '');
  if (described !== '') return described;
  return isStandardScope(scope, words) ? words.scopes[scope] : words.unknownScope(scope);
}

const isStandardScope = (scope: string, words: Vocabulary['notice']): scope is StandardScope => Object.hasOwn(words.scopes, scope);

function scopeList(view: ConsentView, words: Vocabulary): TrustedHtml {
  const { scopes, introduction } = view.notice;
  if (scopes.length === 0) return html`<p class="lede">${introduction}</p>`;
  const someAreOld = scopes.some(({ scope }) => !view.newScopes.includes(scope));
  const entries = scopes.map((entry) => {
    const required = view.requiredScopes.includes(entry.scope);
    return scopeEntry(entry, { required, isNew: someAreOld && view.newScopes.includes(entry.scope) }, words);
  });
  return html`<fieldset><legend class="lede">${introduction}</legend><ul class="scopes">${entries}</ul></fieldset>`;
}

/** One scope. A disabled checkbox is not sent, so a required scope goes along as a hidden field. */
function scopeEntry(entry: NoticeScope, as: { required: boolean; isNew: boolean }, words: Vocabulary): TrustedHtml {
  const remark = as.required ? words.consent.required : as.isNew ? words.consent.new : null;
  return html`<li><label><input type="checkbox" name="scope" value="${entry.scope}" checked${as.required && html` disabled`}>
<span class="text">${entry.text}${remark !== null && html` <em class="${as.required ? 'required' : 'new'}">${remark}</em>`}</span>
<code>${entry.scope}</code></label>${as.required && html`<input type="hidden" name="scope" value="${entry.scope}">`}</li>
`;
}
