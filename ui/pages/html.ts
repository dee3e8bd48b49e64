/** Text that is HTML already. Only `html` and `trusted` make it, so a string from outside can never pass for one. */
class Markup {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

export type TrustedHtml = Markup;

/** What may stand in a template. null and false leave nothing, so that `condition && html`…`` reads well. */
export type Interpolation = string | number | TrustedHtml | null | false | readonly Interpolation[];

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
  ['`', '&#96;'],
]);

/** Makes a string harmless in text and in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"'`]/g, (character) => ENTITIES.get(character) ?? '');

/**
 * A template whose interpolations are escaped unless they are trusted HTML. Attribute values must be quoted; inside `<script>` and
 * `<style>` only `trusted` text has a place.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Interpolation[]): TrustedHtml {
  return new Markup(parts.reduce((text, part, index) => text + render(values[index - 1] ?? null) + part));
}

/** Declares a constant of this program to be HTML. Never for anything that came in from outside. */
export const trusted = (constant: string): TrustedHtml => new Markup(constant);

function render(value: Interpolation): string {
  if (value === null || value === false) return '';
  if (value instanceof Markup) return value.toString();
  if (typeof value === 'string') return escapeHtml(value);
  if (typeof value === 'number') return String(value);
  return value.map(render).join('');
}
