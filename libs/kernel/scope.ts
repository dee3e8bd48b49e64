/** A set of scope tokens, sorted and without repeats, so that equal sets are equal lists (RFC 6749 3.3: order has no meaning). */
export type Scope = readonly string[];

const SCOPE_TOKEN = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** Reads the `scope` parameter: tokens of RFC 6749 Appendix A.4, separated by spaces. Null when a token has a character outside the grammar. */
export function parseScope(text: string): Scope | null {
  const tokens = text.split(' ').filter((token) => token !== '');
  return tokens.every((token) => SCOPE_TOKEN.test(token)) ? scopeOf(tokens) : null;
}

export const scopeOf = (tokens: Iterable<string>): Scope => [...new Set(tokens)].sort();
export const formatScope = (scope: Scope): string => scope.join(' ');
export const union = (a: Scope, b: Scope): Scope => scopeOf([...a, ...b]);
export const intersection = (a: Scope, b: Scope): Scope => a.filter((token) => b.includes(token));
export const difference = (a: Scope, b: Scope): Scope => a.filter((token) => !b.includes(token));
export const covers = (whole: Scope, part: Scope): boolean => part.every((token) => whole.includes(token));
export const sameScope = (a: Scope, b: Scope): boolean => a.length === b.length && covers(a, b);
