// SPDX-License-Identifier: MIT
/**
 * Splits a `print fmt` into words, as far as it uses the language of C.
 *
 * @module
 */

/** One word. */
export interface Token {
  /** What kind of word it is; "end" follows the last one. */
  readonly kind: "string" | "number" | "name" | "sign" | "end";
  /** The word as it stands, but for a string what it means. */
  readonly text: string;
}

/** Reports what cannot be parsed; thrown and caught by these parsers only. */
export class Unparsable extends Error {
  override readonly name = "Unparsable";
}

const WORD =
  /\s*(?:"((?:[^"\\]|\\.)*)"|(0[xX][0-9a-fA-F]{1,16}|\d{1,20})[uUlL]{0,3}\b|([A-Za-z_]\w{0,63})\b|(->|<<|>>|[<>=!]=|&&|\|\||[-+*/%&|^~!<>?:(){}[\],]))/y;
const ESCAPES: Readonly<Record<string, string>> = {
  "n": " ",
  "t": " ",
  '"': '"',
  "\\": "\\",
  "'": "'",
};

/**
 * Returns what a string means, in printable ASCII. A line break becomes a
 * blank, because it would make one record look like two.
 */
function meaningOf(literal: string): string {
  const text = literal.replace(/\\(.)/g, (_, letter) => {
    const meaning = ESCAPES[letter];
    if (meaning === undefined) throw new Unparsable(`\\${letter}`);
    return meaning;
  });
  if (!/^[ -~]*$/.test(text)) throw new Unparsable("not printable");
  return text;
}

/** Hands out the words of a text, one after the other. */
export class Tokens {
  readonly #text: string;
  /** Where the next word begins, and ends. */
  #start = 0;
  #at = 0;
  #token: Token = { kind: "end", text: "" };

  /** @throws {Unparsable} if the first word is invalid. */
  constructor(text: string) {
    this.#text = text;
    this.take();
  }

  /** The next word, without taking it. */
  get next(): Token {
    return this.#token;
  }

  /** Tells whether the next word is this sign or name. */
  is(text: string): boolean {
    const { kind } = this.#token;
    return (kind === "sign" || kind === "name") && this.#token.text === text;
  }

  /**
   * Takes the next word. @throws {Unparsable} if the one after it is invalid.
   */
  take(): Token {
    const token = this.#token;
    this.#start = this.#at;
    WORD.lastIndex = this.#at;
    const match = WORD.exec(this.#text);
    if (match === null) {
      if (this.#text.slice(this.#at).trim() !== "") {
        throw new Unparsable("no word");
      }
      this.#token = { kind: "end", text: "" };
      return token;
    }
    this.#at = WORD.lastIndex;
    const [, string, number, name, sign] = match;
    this.#token = string !== undefined
      ? { kind: "string", text: meaningOf(string) }
      : number !== undefined
      ? { kind: "number", text: number }
      : name !== undefined
      ? { kind: "name", text: name }
      : { kind: "sign", text: sign };
    return token;
  }

  /**
   * Takes several words at once.
   *
   * @param pattern A sticky pattern.
   * @returns Its match at the next word, or null.
   */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#start;
    const match = pattern.exec(this.#text);
    if (match !== null) {
      this.#at = pattern.lastIndex;
      this.take();
    }
    return match;
  }

  /** Takes the next word if it is this sign or name. */
  skip(text: string): boolean {
    const there = this.is(text);
    if (there) this.take();
    return there;
  }

  /** Takes the next word, which must be this one. @throws {Unparsable} */
  expect(text: string): void {
    if (!this.skip(text)) throw new Unparsable(`no ${text}`);
  }

  /** Takes the next word, which must be of this kind. @throws {Unparsable} */
  word(kind: Token["kind"]): string {
    if (this.#token.kind !== kind) throw new Unparsable(`no ${kind}`);
    return this.take().text;
  }
}
