import { html, type TrustedHtml } from './html.ts';
import { pageDocument } from './layout.ts';
import type { Locale } from './locale.ts';
import type { Trouble } from './vocabulary.ts';
import { wordsOf } from './words.ts';

export interface ErrorView {
  readonly locale: Locale;
  /** The OAuth error code, as it would stand in a redirect. */
  readonly code: string;
  /** `error_description`: technical and in English. */
  readonly description: string;
  /** What the client's makers can do about it, in English. */
  readonly guidance: string | null;
  readonly requestId: string;
}

/** Codes of RFC 6749 4.1.2.1 and 5.2, RFC 8628 3.5, RFC 8707, RFC 9126, RFC 7591, RFC 9449 and OpenID Connect Core 3.1.2.6, by what a person can do about them. */
const TROUBLES: ReadonlyMap<string, Trouble> = new Map([
  ['invalid_request', 'request'],
  ['invalid_scope', 'request'],
  ['invalid_target', 'request'],
  ['invalid_grant', 'request'],
  ['invalid_request_uri', 'request'],
  ['invalid_request_object', 'request'],
  ['invalid_dpop_proof', 'request'],
  ['use_dpop_nonce', 'request'],
  ['request_not_supported', 'request'],
  ['request_uri_not_supported', 'request'],
  ['registration_not_supported', 'request'],
  ['unsupported_response_type', 'request'],
  ['unsupported_response_mode', 'request'],
  ['unsupported_grant_type', 'request'],
  ['invalid_client', 'client'],
  ['unauthorized_client', 'client'],
  ['invalid_redirect_uri', 'client'],
  ['invalid_client_metadata', 'client'],
  ['access_denied', 'denied'],
  ['insufficient_scope', 'denied'],
  ['unmet_authentication_requirements', 'denied'],
  ['login_required', 'interaction'],
  ['consent_required', 'interaction'],
  ['interaction_required', 'interaction'],
  ['account_selection_required', 'interaction'],
  ['expired_token', 'expired'],
  ['invalid_token', 'expired'],
  ['temporarily_unavailable', 'busy'],
  ['slow_down', 'busy'],
  ['server_error', 'server'],
  ['not_found', 'missing'],
]);

/** The page for an error that may not be sent to the client, because nothing proves that the address is the client's (RFC 6749 4.1.2.1). */
export function errorPage(view: ErrorView): string {
  const words = wordsOf(view.locale).error;
  const { title, explanation } = words.troubles[TROUBLES.get(view.code) ?? 'other'];
  return pageDocument({
    locale: view.locale,
    title,
    heading: title,
    mark: 'stop',
    introduction: html`<p class="lede">${explanation}</p>`,
    body: html`<dl class="facts">
${fact(words.code, html`<code data-error>${view.code}</code>`)}
${fact(words.description, html`<span lang="en">${view.description}</span>`)}
${view.guidance !== null && fact(words.guidance, html`<span lang="en">${view.guidance}</span>`)}
${fact(words.requestId, html`<code data-request-id>${view.requestId}</code>`)}
</dl>`,
  });
}

const fact = (term: string, value: TrustedHtml): TrustedHtml => html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
