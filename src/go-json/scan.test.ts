import fc from 'fast-check';
import { expect, it } from 'vitest';
import { syntaxProblem } from './scan.js';

it.each([
  ['', 'unexpected end of JSON input'],
  ['{', 'unexpected end of JSON input'],
  ['{"a"', 'unexpected end of JSON input'],
  ['"a', 'unexpected end of JSON input'],
  ['bad', "invalid character 'b' looking for beginning of value"],
  ['{a}', "invalid character 'a' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b"}', `invalid character '"' after object key:value pair`],
  ['[1 2]', "invalid character '2' after array element"],
  ['{} x', "invalid character 'x' after top-level value"],
  ['nul', "invalid character ' ' in literal null (expecting 'l')"],
  ['[fals]', "invalid character ']' in literal false (expecting 'e')"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['-a', "invalid character 'a' in numeric literal"],
  ['1.a', "invalid character 'a' after decimal point in numeric literal"],
  ['1e-a', "invalid character 'a' in exponent of numeric literal"],
  ["'", "invalid character '\\'' looking for beginning of value"],
  ['['.repeat(100_000), 'exceeded max depth'],
])('says of %s: %s', (text, problem) => {
  expect(syntaxProblem(text)).toBe(problem);
});

it('finds something wrong with whatever is no JSON, and ends', () => {
  const pieces = fc.constantFrom(...'{}[]",:0-1.eEtrufalsn \\'.split(''), 'true', 'null');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      const isJson = () => {
        try {
          JSON.parse(text);
          return true;
        } catch {
          return false;
        }
      };
      expect(syntaxProblem(text)).toMatch(isJson() ? /^unexpected end of JSON input$/ : /^(invalid|unexpected)/);
    }),
  );
});
