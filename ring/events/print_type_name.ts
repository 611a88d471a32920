// SPDX-License-Identifier: MIT
/**
 * Parses the name of a C type where one may stand.
 *
 * @module
 */
import { type CType, cTypeOf, isTypeWord } from "./c_types.ts";
import { type Expression, isNumber } from "./print_expression.ts";
import type { Tokens } from "./print_tokens.ts";

/** A type, as it is written. */
export interface CName {
  /** The number that it is, or that it points to; null for anything else. */
  readonly type: CType | null;
  /** How many stars it has. */
  readonly pointers: number;
  /** The name of its struct; empty if it has none. */
  readonly struct: string;
  /** Its words, without stars. */
  readonly words: string;
  /** Whether it is a type for sure, and not the name of something else. */
  readonly known: boolean;
  /** Whether it is that of an expression. */
  readonly isTypeof: boolean;
}

/**
 * Parses a type's name.
 *
 * @param expression Parses an expression, for `typeof`.
 * @returns Null if there is none; then no word is taken.
 * @throws {Unparsable} if the expression in a `typeof` cannot be parsed.
 */
export function parseTypeName(
  tokens: Tokens,
  expression: () => Expression,
): CName | null {
  const at = tokens.at;
  let typed: CType | null = null;
  let isTypeof = false;
  const words: string[] = [];
  while (tokens.next.kind === "name") {
    const { text } = tokens.next;
    if (text === "typeof" || text === "__typeof__") {
      tokens.take();
      tokens.expect("(");
      const of = expression();
      tokens.expect(")");
      isTypeof = true;
      typed = isNumber(of) ? of.type : null;
      continue;
    }
    if (text === "__attribute__") {
      tokens.take();
      tokens.expect("(");
      tokens.rest("");
      tokens.expect(")");
      continue;
    }
    const isTag = /^(struct|union|enum)$/.test(words.at(-1) ?? "");
    const isFirst = words.every((word) => /^(const|volatile)$/.test(word));
    if (!isTypeWord(text) && !isTag && !(isFirst && !isTypeof)) break;
    words.push(tokens.take().text);
  }
  let pointers = 0;
  while (tokens.is("*") || tokens.is("const") || tokens.is("volatile")) {
    if (tokens.take().text === "*") pointers++;
  }
  if (words.length === 0 && !isTypeof) {
    tokens.back(at);
    return null;
  }
  const text = words.join(" ");
  const tag = /\b(?:struct|union) (\w+)$/.exec(text);
  return {
    type: isTypeof ? typed : cTypeOf(text),
    pointers,
    struct: tag === null ? "" : tag[1],
    words: text || "typeof",
    isTypeof,
    known: isTypeof || pointers > 0 || words.some(isTypeWord),
  };
}
