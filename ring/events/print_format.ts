// SPDX-License-Identifier: MIT
/**
 * Parses the `print fmt` of a kernel event: a printf format and its arguments,
 * as far as they are fields, numbers and tables of names.
 *
 * @module
 */
import type { EventField } from "./event_field.ts";
import {
  type Expression,
  isText,
  longestConstant,
} from "./print_expression.ts";
import { ExpressionParser } from "./print_parser.ts";
import { Tokens, Unparsable } from "./print_tokens.ts";

/** A printf conversion. */
export interface Conversion {
  /** `d`, `u`, `x`, `X`, `o`, `c`, `s` or `p`. */
  readonly letter: string;
  /** Any of `-`, `0`, `+`, `#` and the blank. */
  readonly flags: string;
  /** The least number of characters to print; at most 255. */
  readonly width: number;
  /** The precision, which is at most 255; -1 if there is none. */
  readonly precision: number;
  /** Bytes of the argument: 1, 2, 4 or 8. */
  readonly bytes: number;
}

/** One argument and how it is printed. */
export interface PrintArgument {
  readonly conversion: Conversion;
  readonly value: Expression;
}

/**
 * What is printed, in order: literal text in printable ASCII, and arguments.
 */
export type PrintFormat = readonly (string | PrintArgument)[];

const ARGUMENTS_MAX = 128;
/**
 * How many bytes constants may add to the text of one record: otherwise a guest
 * could make any amount of text of a few bytes. Those of the kernel's own
 * formats add less.
 */
const CONSTANT_BYTES_MAX = 4096;
/** A literal per cent sign or a conversion, `%pS` and the like included. */
const CONVERSION =
  /%(?:(%)|([-0+# ]{0,5})(\d{0,3})(?:\.(\d{0,3}))?(hh|h|ll|l|L|q|z|t|j)?(?:([diuxXocs])|p([SsKxFfB]?)(?![A-Za-z0-9])))/y;
const LENGTHS: Readonly<Record<string, number>> = { hh: 1, h: 2, "": 4 };
const COUNT_MAX = 255;

/**
 * Parses what follows `print fmt: `.
 *
 * @param fields The event's own fields.
 * @returns Null if it has more in it than can be parsed: the fields are then
 * printed by name.
 */
export function parsePrintFormat(
  text: string,
  fields: readonly EventField[],
): PrintFormat | null {
  try {
    const tokens = new Tokens(text);
    let format = "";
    do format += tokens.word("string"); while (tokens.next.kind === "string");
    const byName = new Map(fields.map((field) => [field.name, field]));
    const parser = new ExpressionParser(tokens, byName);
    const values: Expression[] = [];
    while (tokens.skip(",")) {
      values.push(parser.argument());
      if (values.length > ARGUMENTS_MAX) throw new Unparsable("too many");
    }
    tokens.word("end");
    const print = assemble(format.trimEnd(), values);
    if (constantBytes(print) > CONSTANT_BYTES_MAX) {
      throw new Unparsable("too much for a record");
    }
    return print;
  } catch (error) {
    if (error instanceof Unparsable) return null;
    throw error;
  }
}

/** Returns how many bytes constants can add to the text of one record. */
function constantBytes(print: PrintFormat): number {
  let bytes = 0;
  for (const piece of print) {
    if (typeof piece === "string") bytes += piece.length;
    else {
      const { width, precision } = piece.conversion;
      bytes += Math.max(width, precision, longestConstant(piece.value));
    }
  }
  return bytes;
}

function assemble(format: string, values: Expression[]): PrintFormat {
  const pieces: (string | PrintArgument)[] = [];
  let literal = "";
  for (let at = 0; at < format.length;) {
    if (format[at] !== "%") {
      literal += format[at++];
      continue;
    }
    CONVERSION.lastIndex = at;
    const match = CONVERSION.exec(format);
    if (match === null) throw new Unparsable(format.slice(at, at + 8));
    at = CONVERSION.lastIndex;
    if (match[1] === "%") {
      literal += "%";
      continue;
    }
    const value = values.shift();
    if (value === undefined) throw new Unparsable("an argument is missing");
    const conversion = conversionOf(match);
    if (value.op === "unknown" && conversion.letter === "p") {
      literal += "?";
      continue;
    }
    if (
      value.op === "unknown" || isText(value) !== (conversion.letter === "s")
    ) {
      throw new Unparsable("another kind of argument");
    }
    if (literal !== "") pieces.push(literal);
    literal = "";
    pieces.push({ conversion, value });
  }
  if (values.length > 0) throw new Unparsable("an argument is left");
  if (literal !== "") pieces.push(literal);
  return pieces;
}

function conversionOf(match: RegExpExecArray): Conversion {
  const [, , flags, width, precision, length = "", letter = "p"] = match;
  const conversion = {
    letter: letter === "i" ? "d" : letter,
    flags,
    width: Number(width),
    precision: precision === undefined ? -1 : Number(precision),
    bytes: letter === "p" ? 8 : LENGTHS[length] ?? 8,
  };
  if (Math.max(conversion.width, conversion.precision) > COUNT_MAX) {
    throw new Unparsable("too wide");
  }
  return conversion;
}
