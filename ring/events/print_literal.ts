// SPDX-License-Identifier: MIT
/**
 * Reads C's constants.
 *
 * @module
 */
import { INT, LONG, UNSIGNED_INT, UNSIGNED_LONG } from "./c_types.ts";
import type { NumberExpression } from "./print_expression.ts";
import { constant } from "./print_nodes.ts";
import { Unparsable } from "./print_tokens.ts";

/**
 * Returns a number's value and type.
 *
 * @throws {Unparsable} if it has more than 64 bits.
 * Source: C11, 6.4.4.1.
 */
export function literal(text: string): NumberExpression {
  const [, digits, suffix] = /^(.*?)([uUlL]*)$/.exec(text)!;
  const octal = /^0\d/.test(digits);
  if (octal && /[89]/.test(digits)) throw new Unparsable(`the number ${text}`);
  const value = BigInt(octal ? `0o${digits}` : digits);
  if (value >= 1n << 64n) throw new Unparsable(`the number ${text}`);
  const decimal = /^-?[1-9]/.test(digits);
  const long = /l/i.test(suffix);
  const unsigned = /u/i.test(suffix);
  const types = [INT, UNSIGNED_INT, LONG, UNSIGNED_LONG].filter((type) =>
    (!long || type.bytes === 8) && (!unsigned || !type.signed) &&
    (unsigned || !decimal || type.signed)
  );
  const type = types.find(({ bytes, signed }) =>
    value < 1n << BigInt(bytes * 8 - (signed ? 1 : 0))
  );
  return constant(type ?? UNSIGNED_LONG, value);
}
