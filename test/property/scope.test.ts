import fc from 'fast-check';
import t from 'tap';
import { covers, difference, formatScope, intersection, parseScope, type Scope, sameScope, scopeOf, union } from '#kernel/scope.ts';
import { scope, scopeToken } from '#support/arbitraries.ts';

const tokens = fc.array(scopeToken, { maxLength: 8 });
const any = fc.oneof(scope, tokens.map(scopeOf));
const equal = (a: Scope, b: Scope): boolean => a.length === b.length && a.every((token, index) => token === b[index]);

function law(name: string, holds: (a: Scope, b: Scope, c: Scope) => boolean): void {
  t.test(name, (t) => {
    fc.assert(fc.property(any, any, any, holds), { numRuns: 500 });
    t.pass();
    t.end();
  });
}

law('a scope is sorted and has no repeats, whatever it came from', (a, b) =>
  [a, union(a, b), intersection(a, b), difference(a, b)].every((scope) => scope.every((token, index) => index === 0 || (scope[index - 1] ?? '') < token)),
);
law('union and intersection have no order', (a, b) => equal(union(a, b), union(b, a)) && equal(intersection(a, b), intersection(b, a)));
law(
  'union and intersection group as they like',
  (a, b, c) => equal(union(a, union(b, c)), union(union(a, b), c)) && equal(intersection(a, intersection(b, c)), intersection(intersection(a, b), c)),
);
law(
  'each spreads over the other',
  (a, b, c) => equal(intersection(a, union(b, c)), union(intersection(a, b), intersection(a, c))) && equal(union(a, intersection(b, c)), intersection(union(a, b), union(a, c))),
);
law(
  'with itself a scope changes nothing, with nothing it is itself or nothing',
  (a) =>
    equal(union(a, a), a) && equal(intersection(a, a), a) && equal(union(a, []), a) && equal(intersection(a, []), []) && equal(difference(a, a), []) && equal(difference(a, []), a),
);
law('what is taken away and what is left are the whole', (a, b) => equal(union(difference(a, b), intersection(a, b)), a) && intersection(difference(a, b), b).length === 0);
law(
  'an intersection never widens, a union never narrows',
  (a, b) => covers(a, intersection(a, b)) && covers(b, intersection(a, b)) && covers(union(a, b), a) && covers(union(a, b), b),
);
law(
  'covers is an order: of everything over itself, over what is covered in turn, and both ways only for the same scope',
  (a, b, c) => covers(a, a) && (!(covers(a, b) && covers(b, c)) || covers(a, c)) && (covers(a, b) && covers(b, a)) === sameScope(a, b) && sameScope(a, b) === equal(a, b),
);
law('covers, union, intersection and difference say the same', (a, b) => {
  const covered = covers(a, b);
  return covered === equal(union(a, b), a) && covered === equal(intersection(a, b), b) && covered === (difference(b, a).length === 0);
});

t.test('a scope that is written and read again is the same scope, whatever order and repeats it was written with', (t) => {
  fc.assert(
    fc.property(tokens, fc.nat({ max: 3 }), (tokens, spaces) => {
      const read = parseScope([...tokens, ...tokens.toReversed()].join(' '.repeat(spaces + 1)));
      return read !== null && equal(read, scopeOf(tokens)) && equal(parseScope(formatScope(read)) ?? ['?'], read);
    }),
    { numRuns: 500 },
  );
  t.pass();
  t.end();
});

t.test('text with a character outside the grammar is no scope', (t) => {
  const outside = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).filter((character) => !/^[\x20\x21\x23-\x5b\x5d-\x7e]$/.test(character));
  fc.assert(
    fc.property(
      tokens,
      outside,
      tokens,
      (before, character, after) => parseScope([...before, character, ...after].join(' ')) === null && parseScope([...before].join(' ') + character) === null,
    ),
    { numRuns: 200 },
  );
  t.pass();
  t.end();
});
