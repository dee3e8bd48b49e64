import { html, type TrustedHtml, trusted } from './html.ts';
import type { Locale } from './locale.ts';
import { STYLE } from './style.ts';

/** What a page puts into the shell. `heading` is its one h1; `mark` stands beside it in the margin; `header` says who asks (left out: our own name). */
export interface Page {
  readonly locale: Locale;
  readonly title: string;
  readonly heading: string;
  readonly introduction?: TrustedHtml | null;
  readonly mark?: Mark;
  readonly header?: TrustedHtml | null;
  readonly body: TrustedHtml;
}

export type Mark = 'done' | 'stop' | 'onward';

const BRAND = html`<span class="brand"><svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true"><rect x="2" y="2" width="20" height="20" rx="2.5"/><path d="M7.5 2v20" class="rule"/><path d="M10.5 12.5l3 3.5 5.5-8"/></svg>Grantlog</span>`;

const MARKS: { readonly [mark in Mark]: TrustedHtml } = {
  done: html`<path d="M4 13l5.5 6L21 4"/>`,
  stop: html`<path d="M12 2v13M12 18.5v3.5"/>`,
  onward: html`<path d="M3 12h17M13 5l7 7-7 7"/>`,
};

const STYLE_ELEMENT = html`<style>${trusted(STYLE)}</style>`;

/** The whole document. The sheet is a page of a ledger: marks in the margin, a double rule, entries to its right. */
export function pageDocument(page: Page): string {
  const mark = page.mark !== undefined && html`<svg class="mark ${page.mark}" viewBox="0 0 24 24" width="28" height="28" aria-hidden="true">${MARKS[page.mark]}</svg>`;
  const header = page.header ?? null;
  return html`<!doctype html>
<html lang="${page.locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${page.title}</title>
${STYLE_ELEMENT}
</head>
<body>
<div class="sheet">
<header>${header ?? BRAND}</header>
<main>
<div class="head">${mark}<h1>${page.heading}</h1>${page.introduction ?? null}</div>
${page.body}
</main>
${header !== null && html`<footer>${BRAND}</footer>`}
</div>
</body>
</html>
`.toString();
}
