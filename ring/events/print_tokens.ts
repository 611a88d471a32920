// SPDX-License-Identifier: MIT
/**
 * Splits a `print fmt` into the words of C.
 *
 * @module
 */

/** One word. */
export interface Token {
  /**
   * What kind of word it is. "other" is a character that C has no use for, and
   * "end" follows the last word.
   */
  readonly kind: "string" | "number" | "name" | "sign" | "other" | "end";
  /** The word as it stands, but for a string what it means. */
  readonly text: string;
}

/** Reports what cannot be parsed; thrown and caught by these parsers only. */
export class Unparsable extends Error {
  override readonly name = "Unparsable";
}

/** A number's suffix tells whether it is unsigned, and how long it is. */
const WORD =
  /\s*(?:"((?:[^"\\]|\\[^])*)"|((?:0[xX][0-9a-fA-F]+|0[bB][01]+|\d+)[uUlL]{0,3})(?!\w)|'((?:[^'\\]|\\[^])+)'|([A-Za-z_$]\w*)|(->|<<|>>|[<>=!]=|&&|\|\||[-+*/%&|^~!<>?:(){}[\],.;=])|([^\s]))/y;
const ESCAPE = /\\(x[0-9a-fA-F]+|[0-7]{1,3}|[^])/g;
const ESCAPES: Readonly<Record<string, number>> = {
  "n": 0x0a,
  "t": 0x09,
  "r": 0x0d,
  "a": 0x07,
  "b": 0x08,
  "f": 0x0c,
  "v": 0x0b,
  "e": 0x1b,
};

/** Returns the characters that a literal stands for. */
function unescaped(literal: string): string {
  return literal.replace(ESCAPE, (_, escape: string) => {
    if (escape[0] === "x" && escape.length > 1) {
      return String.fromCharCode(Number.parseInt(escape.slice(-2), 16));
    }
    if (/^[0-7]/.test(escape)) {
      return String.fromCharCode(Number.parseInt(escape, 8) & 0xff);
    }
    const code = ESCAPES[escape];
    return code === undefined ? escape : String.fromCharCode(code);
  });
}

/**
 * Returns what a string means, in printable ASCII and tabs. A line break becomes
 * a blank, because it would make one record look like two. Another character is
 * shown as its number, as in the texts of records.
 */
function meaningOf(literal: string): string {
  const text = literal.includes("\\") ? unescaped(literal) : literal;
  return text.replace(/[\n\r]/g, " ").replace(
    /[^\t -~]/g,
    (character) => {
      const code = character.charCodeAt(0);
      return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : "?";
    },
  );
}

const END: Token = { kind: "end", text: "" };

function split(text: string): Token[] {
  const tokens: Token[] = [];
  WORD.lastIndex = 0;
  while (true) {
    const match = WORD.exec(text);
    if (match === null) return tokens;
    const [, string, number, character, name, sign, other] = match;
    if (string !== undefined) {
      tokens.push({ kind: "string", text: meaningOf(string) });
    } else if (number !== undefined) {
      tokens.push({ kind: "number", text: number });
    } else if (character !== undefined) {
      const code = unescaped(character).charCodeAt(0) << 24 >> 24;
      tokens.push({ kind: "number", text: String(code) });
    } else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (sign !== undefined) tokens.push({ kind: "sign", text: sign });
    else tokens.push({ kind: "other", text: other });
  }
}

/** How often each word is skipped, on average: no kernel's is more than once. */
const SKIPPED_MAX = 4;
const OPENING = "([{";
const CLOSING = ")]}";

/** Hands out the words of a text, one after the other. */
export class Tokens {
  readonly #tokens: readonly Token[];
  #at = 0;
  /** How many words {@linkcode rest} has taken. */
  #skipped = 0;

  constructor(text: string) {
    this.#tokens = split(text);
  }

  /** Where the next word is; {@linkcode back} goes there again. */
  get at(): number {
    return this.#at;
  }

  /** The next word, without taking it. */
  get next(): Token {
    return this.#tokens[this.#at] ?? END;
  }

  /** Whether the next word is a string. */
  get startsWithString(): boolean {
    return this.next.kind === "string";
  }

  /** Returns a word behind the next one, without taking it. */
  ahead(words: number): Token {
    return this.#tokens[this.#at + words] ?? END;
  }

  /** Goes back to where the next word was before. */
  back(at: number): void {
    this.#at = at;
  }

  /** Tells whether the next word is this sign or name. */
  is(text: string): boolean {
    const { kind, text: own } = this.next;
    return (kind === "sign" || kind === "name") && own === text;
  }

  /** Takes the next word. */
  take(): Token {
    const token = this.next;
    if (token !== END) this.#at++;
    return token;
  }

  /** Takes the next word if it is this sign or name. */
  skip(text: string): boolean {
    const there = this.is(text);
    if (there) this.#at++;
    return there;
  }

  /** Takes the next word, which must be this one. @throws {Unparsable} */
  expect(text: string): void {
    if (!this.skip(text)) {
      throw new Unparsable(`"${this.next.text}" where "${text}" is expected`);
    }
  }

  /** Takes the next word, which must be of this kind. @throws {Unparsable} */
  word(kind: Token["kind"]): string {
    const { kind: own, text } = this.next;
    if (own !== kind) throw new Unparsable(`"${text}" is no ${kind}`);
    this.#at++;
    return text;
  }

  /** Takes a string, or several ones that C joins. @throws {Unparsable} */
  string(): string {
    let text = this.word("string");
    while (this.next.kind === "string") text += this.take().text;
    return text;
  }

  /**
   * Takes all words up to a sign that belongs to what stands around them.
   *
   * @param separators Signs of one character that end them, as a closing
   * bracket does.
   * @returns The words.
   */
  rest(separators: string): readonly Token[] {
    const from = this.#at;
    const most = SKIPPED_MAX * this.#tokens.length;
    for (let depth = 0;; this.#at++) {
      const { kind, text } = this.next;
      if (kind === "end") break;
      // What is nested may be skipped once for each level, but not without end.
      if (++this.#skipped > most) {
        this.#at = this.#tokens.length;
        return [];
      }
      if (kind !== "sign") continue;
      if (depth === 0 && (separators + CLOSING).includes(text)) break;
      if (OPENING.includes(text)) depth++;
      else if (CLOSING.includes(text)) depth--;
    }
    return this.#tokens.slice(from, this.#at);
  }
}
