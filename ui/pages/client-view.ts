import { html, type TrustedHtml } from './html.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What a page shows of a client: RFC 7591 metadata, as registered and so not to be trusted. */
export interface ClientView {
  readonly name: string;
  readonly logoUri: string | null;
  readonly clientUri: string | null;
  readonly policyUri: string | null;
  readonly tosUri: string | null;
}

/** A longer name pushes what matters off the screen; the rest of it is not shown. */
const MAX_NAME_CHARACTERS = 80;

/** Control, bidirectional and invisible characters, with which a name could reorder or fake the sentence around it. Joiners stay: Persian, Hindi and emoji are written with them. */
const INVISIBLE = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]--[\u200C\u200D]]+/gv;

/** A text from outside on one line, without characters that are not seen. */
export const visibleText = (text: string): string => text.replace(/\s+/gu, ' ').replace(INVISIBLE, '').trim();

/** The URI in its normal form if a browser may follow it from our page: http or https and no user part that feigns another host; else null. */
export function webUri(uri: string | null): string | null {
  const url = uri === null ? null : URL.parse(uri);
  if (url === null || !['https:', 'http:'].includes(url.protocol) || url.username !== '' || url.password !== '') return null;
  return url.href;
}

/** The client as it is shown: its name (or `fallbackName`) cleaned and bounded, its URIs only where they are web addresses. */
export function clientAsShown(client: ClientView, fallbackName: string): ClientView {
  const characters = [...(visibleText(client.name) || visibleText(fallbackName))];
  return {
    name: characters.length > MAX_NAME_CHARACTERS ? `${characters.slice(0, MAX_NAME_CHARACTERS).join('').trimEnd()}…` : characters.join(''),
    logoUri: webUri(client.logoUri),
    clientUri: webUri(client.clientUri),
    policyUri: webUri(client.policyUri),
    tosUri: webUri(client.tosUri),
  };
}

/** Logo (or the first letter of the name), name and site of the client that asks. Takes a client as shown. */
export function clientIdentity(client: ClientView, words: Vocabulary): TrustedHtml {
  const logoUri = webUri(client.logoUri);
  const clientUri = webUri(client.clientUri);
  const [initial = ''] = [...client.name.toLocaleUpperCase('en')];
  const logo = logoUri === null
    ? html`<span class="logo initial" aria-hidden="true">${initial}</span>`
    : html`<img class="logo" src="${logoUri}" alt="" data-initial="${initial}" width="56" height="56" referrerpolicy="no-referrer">`;
  return html`${logo}<p class="client"><bdi>${client.name}</bdi></p>${clientUri !== null && html`<p class="site">${outsideLink(clientUri, hostOf(clientUri), words)}</p>`}`;
}

/** Links to the client's privacy policy and terms; nothing when it has none. */
export function clientDocuments(client: ClientView, words: Vocabulary): TrustedHtml | null {
  const documents = [
    { uri: webUri(client.policyUri), label: words.policy },
    { uri: webUri(client.tosUri), label: words.terms },
  ];
  const items = documents.flatMap(({ uri, label }) => (uri === null ? [] : [html`<li>${outsideLink(uri, label, words)}</li>`]));
  return items.length === 0 ? null : html`<ul class="documents">${items}</ul>`;
}

const hostOf = (uri: string): string => URL.parse(uri)?.host ?? uri;

/** In a new tab, because the form that is open here is not to be lost. */
function outsideLink(uri: string, label: string, words: Vocabulary): TrustedHtml {
  return html`<a href="${uri}" target="_blank" rel="noopener noreferrer">${label}<span class="unseen"> ${words.newTab}</span></a>`;
}
