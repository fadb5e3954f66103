/**
 * What is wrong with a text that is no JSON, in the words of Go's decoder, which tools show to people. A scanner that
 * stops at the first problem; only asked after `JSON.parse` has failed. Pure functions.
 */

const DEPTH_MAX = 1000;
const END = 'unexpected end of JSON input';

class SyntaxProblem extends Error {}

export function syntaxProblem(text: string): string {
  try {
    new Scanner(text).whole();
  } catch (problem) {
    if (problem instanceof SyntaxProblem) return problem.message;
    throw problem;
  }
  return END;
}

class Scanner {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(): void {
    this.#value();
    this.#blanks();
    if (this.#at < this.#text.length) this.#refuse('after top-level value');
  }

  #value(): void {
    this.#blanks();
    const c = this.#text[this.#at];
    if (c === '{') this.#nested(() => this.#object());
    else if (c === '[') this.#nested(() => this.#array());
    else if (c === '"') this.#string();
    else if (c === 't') this.#literal('true');
    else if (c === 'f') this.#literal('false');
    else if (c === 'n') this.#literal('null');
    else if (c !== undefined && /[-\d]/.test(c)) this.#number();
    else this.#refuse('looking for beginning of value');
  }

  #nested(scan: () => void): void {
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX) throw new SyntaxProblem('exceeded max depth');
    this.#at += 1;
    scan();
    this.#depth -= 1;
  }

  #object(): void {
    if (this.#skips('}')) return;
    do {
      this.#blanks();
      if (this.#text[this.#at] !== '"') this.#refuse('looking for beginning of object key string');
      this.#string();
      if (!this.#skips(':')) this.#refuse('after object key');
      this.#value();
    } while (this.#skips(','));
    if (!this.#skips('}')) this.#refuse('after object key:value pair');
  }

  #array(): void {
    if (this.#skips(']')) return;
    do this.#value();
    while (this.#skips(','));
    if (!this.#skips(']')) this.#refuse('after array element');
  }

  #string(): void {
    this.#at += 1;
    for (;;) {
      const c = this.#text[this.#at];
      if (c === undefined || c < ' ') this.#refuse('in string literal');
      this.#at += 1;
      if (c === '"') return;
      if (c === '\\') this.#escape();
    }
  }

  #escape(): void {
    const c = this.#text[this.#at];
    if (c === undefined || !'"\\/bfnrtu'.includes(c)) this.#refuse('in string escape code');
    this.#at += 1;
    for (let digits = c === 'u' ? 4 : 0; digits > 0; digits -= 1) {
      if (!/^[\da-f]$/i.test(this.#text[this.#at] ?? '')) this.#refuse('in \\u hexadecimal character escape');
      this.#at += 1;
    }
  }

  #literal(word: string): void {
    for (const [at, c] of [...word].entries()) {
      // Go reads one blank past the end.
      const found = this.#text[this.#at] ?? ' ';
      if (at > 0 && found !== c) {
        throw new SyntaxProblem(`invalid character ${quoted(found)} in literal ${word} (expecting ${quoted(c)})`);
      }
      this.#at += 1;
    }
  }

  #number(): void {
    if (this.#text[this.#at] === '-') this.#at += 1;
    if (this.#text[this.#at] === '0') this.#at += 1;
    else this.#digits('in numeric literal');
    if (this.#text[this.#at] === '.') {
      this.#at += 1;
      this.#digits('after decimal point in numeric literal');
    }
    if (/^e$/i.test(this.#text[this.#at] ?? '')) {
      this.#at += 1;
      if (/^[+-]$/.test(this.#text[this.#at] ?? '')) this.#at += 1;
      this.#digits('in exponent of numeric literal');
    }
  }

  #digits(where: string): void {
    if (!/^\d$/.test(this.#text[this.#at] ?? '')) this.#refuse(where);
    while (/^\d$/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  /** Whether this comes next, after blanks. */
  #skips(wanted: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== wanted) return false;
    this.#at += 1;
    return true;
  }

  #blanks(): void {
    while (/^[ \t\r\n]$/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #refuse(where: string): never {
    const c = this.#text[this.#at];
    throw new SyntaxProblem(c === undefined ? END : `invalid character ${quoted(c)} ${where}`);
  }
}

function quoted(c: string): string {
  if (c === "'") return "'\\''";
  if (c === '"') return `'"'`;
  return `'${JSON.stringify(c).slice(1, -1)}'`;
}
