// SPDX-License-Identifier: MIT
/**
 * Parses the `print fmt` of a kernel event: a printf format and its arguments.
 *
 * What cannot be understood costs no more than the argument that it is in.
 *
 * @module
 */
import type { EventField } from "./event_field.ts";
import { functionOf } from "./kernel_call.ts";
import {
  type Expression,
  forEachPart,
  isNumber,
  longestConstant,
  type NumberExpression,
  WEIGHT_MAX,
  weightOf,
} from "./print_expression.ts";
import { FieldNames } from "./print_fields.ts";
import { ExpressionParser } from "./print_parser.ts";
import { needsMemory } from "./print_pointer.ts";
import { Tokens } from "./print_tokens.ts";

/** A printf conversion. */
export interface Conversion {
  /** `d`, `u`, `x`, `X`, `o`, `c`, `s` or `p`. */
  readonly letter: string;
  /** What the kernel's `%p` has behind it, such as "I6c"; else empty. */
  readonly extension: string;
  /** Any of `-`, `0`, `+`, `#` and the blank. */
  readonly flags: string;
  /** The least number of characters to print; at most 255. */
  readonly width: number;
  /** The precision, which is at most 255; -1 if there is none. */
  readonly precision: number;
  /** Bytes of the argument: 1, 2, 4 or 8. */
  readonly bytes: number;
}

/** How a text is printed of which no format says more. */
export const PLAIN_TEXT: Conversion = {
  letter: "s",
  extension: "",
  flags: "",
  width: 0,
  precision: -1,
  bytes: 8,
};

/** One argument and how it is printed. */
export interface PrintArgument {
  readonly conversion: Conversion;
  /** The argument that gives the width, for `*`; null if none does. */
  readonly width: NumberExpression | null;
  /** The argument that gives the precision, for `.*`; null if none does. */
  readonly precision: NumberExpression | null;
  readonly value: Expression;
}

/** A parsed `print fmt`. */
export interface PrintFormat {
  /**
   * What is printed, in order: literal text in printable ASCII and tabs, and
   * arguments.
   */
  readonly pieces: readonly (string | PrintArgument)[];
  /**
   * What was not understood, in words. The fields in it are printed by name.
   */
  readonly unknown: readonly string[];
}

const ARGUMENTS_MAX = 128;
/**
 * How many bytes constants may add to the text of one record: otherwise a guest
 * could make any amount of text of a few bytes. Those of the kernel's own
 * formats add less.
 */
const CONSTANT_BYTES_MAX = 4096;
const CONVERSION =
  /%(?:(%)|([-0+# ]{0,5})(\d{1,3}|\*)?(?:\.(\d{0,3}|\*))?(hh|h|ll|l|L|q|z|Z|t|j)?(?:([diuxXocs])|p([A-Za-z0-9]*)))/y;
const LENGTHS: Readonly<Record<string, number>> = { hh: 1, h: 2, "": 4 };
const COUNT_MAX = 255;

/**
 * Parses what follows `print fmt: `.
 *
 * @param fields The event's own fields.
 * @returns Null if there is no format at all, or one that costs too much: the
 * fields are then printed by name.
 */
export function parsePrintFormat(
  text: string,
  fields: readonly EventField[],
): PrintFormat | null {
  const tokens = new Tokens(text);
  if (!tokens.startsWithString) return null;
  const format = tokens.string();
  const parser = new ExpressionParser(tokens, new FieldNames(fields));
  const values: Expression[] = [];
  while (tokens.skip(",") && values.length < ARGUMENTS_MAX) {
    values.push(parser.argument());
  }
  if (isTooHeavy(values)) return null;
  const { kind, text: left } = tokens.next;
  const assembler = new Assembler(values);
  assembler.take(format.trimEnd());
  if (kind !== "end") assembler.unknown.push(`"${left}" behind an argument`);
  const { pieces, unknown } = assembler;
  return costsTooMuch(pieces) ? null : { pieces, unknown };
}

/** Tells whether a record can cost much time. */
function isTooHeavy(values: readonly Expression[]): boolean {
  let left = WEIGHT_MAX;
  for (const value of values) left -= weightOf(value, left + 1);
  return left < 0;
}

/** Tells whether a small record can cost much text. */
function costsTooMuch(pieces: PrintFormat["pieces"]): boolean {
  let bytes = 0;
  for (const piece of pieces) {
    if (typeof piece === "string") {
      bytes += piece.length;
      continue;
    }
    const { conversion, width, precision, value } = piece;
    const given = Math.max(conversion.width, conversion.precision);
    const counted = width !== null || precision !== null ? COUNT_MAX : given;
    bytes += Math.max(counted, longestConstant(value));
  }
  return bytes > CONSTANT_BYTES_MAX;
}

/** Puts a format and its arguments together. */
class Assembler {
  readonly pieces: (string | PrintArgument)[] = [];
  readonly unknown: string[] = [];
  readonly #values: readonly Expression[];
  #next = 0;
  #literal = "";

  constructor(values: readonly Expression[]) {
    this.#values = values;
  }

  take(format: string): void {
    for (let at = 0; at < format.length;) {
      const percent = format.indexOf("%", at);
      this.#literal += format.slice(at, percent < 0 ? undefined : percent);
      if (percent < 0) break;
      CONVERSION.lastIndex = percent;
      const match = CONVERSION.exec(format);
      if (match === null) {
        this.unknown.push(`conversion ${format.slice(percent, percent + 8)}`);
        this.#literal += "%";
        at = percent + 1;
        continue;
      }
      at = CONVERSION.lastIndex;
      if (match[1] === "%") this.#literal += "%";
      else this.#convert(match);
    }
    this.#flush();
  }

  #flush(): void {
    if (this.#literal !== "") this.pieces.push(this.#literal);
    this.#literal = "";
  }

  #convert(match: RegExpExecArray): void {
    const width = match[3] === "*" ? this.#count() : null;
    const precision = match[4] === "*" ? this.#count() : null;
    const value = this.#values[this.#next++];
    if (value === undefined) {
      this.unknown.push(`no argument for ${match[0]}`);
      this.#literal += "?";
      return;
    }
    this.#flush();
    this.#add(value, conversionOf(match), width, precision);
  }

  #add(
    value: Expression,
    conversion: Conversion,
    width: NumberExpression | null,
    precision: NumberExpression | null,
  ): void {
    this.#note(value, conversion);
    this.pieces.push({ conversion, width, precision, value });
  }

  /** Takes the argument that stands for a `*`. */
  #count(): NumberExpression | null {
    const value = this.#values[this.#next++];
    if (value !== undefined && isNumber(value)) return value;
    this.unknown.push("a width that is no number");
    return null;
  }

  /** Notes what cannot be printed as the kernel prints it. */
  #note(value: Expression, conversion: Conversion): void {
    const { letter, extension } = conversion;
    if (value.op === "unknown") {
      // The kernel prints no more than a hash of an address.
      const hashed = letter === "p" && extension === "";
      if (!hashed) this.unknown.push(value.construct);
    } else if (value.op === "named") {
      if (functionOf(value) === null) this.unknown.push(`${value.name}()`);
    } else if (value.op === "either") {
      this.#note(value.then, conversion);
      this.#note(value.other, conversion);
      return;
    } else if (letter === "s" && isNumber(value)) {
      const isNull = value.op === "number" && value.value === 0n;
      if (!isNull) this.unknown.push("text in the kernel's memory");
    } else if (value.op === "place" && !"sp".includes(letter)) {
      this.unknown.push("an address in the record");
    } else if (isNumber(value) && needsMemory(extension)) {
      this.unknown.push(`memory of the kernel, for %p${extension}`);
    }
    forEachPart(value, (part) => {
      if (part.op !== "unknown") return;
      // What has no field is the kernel's own, such as its buffer.
      if (part.fields.length > 0) this.unknown.push(part.construct);
    });
  }
}

function conversionOf(match: RegExpExecArray): Conversion {
  const [, , flags, width, precision, length = "", letter, extension] = match;
  const count = (digits: string) =>
    digits === "*" ? -1 : Math.min(Number(digits), COUNT_MAX);
  return {
    letter: letter === "i" ? "d" : letter ?? "p",
    extension: extension ?? "",
    flags,
    width: width === undefined ? 0 : Math.max(0, count(width)),
    precision: precision === undefined ? -1 : count(precision),
    bytes: letter === undefined ? 8 : LENGTHS[length] ?? 8,
  };
}

/**
 * Returns a conversion with the width and the precision that a record's own
 * arguments give. Source: printf(3).
 *
 * @param width Null if the conversion's own holds; so for the precision.
 */
export function withCounts(
  conversion: Conversion,
  width: number | null,
  precision: number | null,
): Conversion {
  const flags = width !== null && width < 0
    ? `${conversion.flags}-`
    : conversion.flags;
  return {
    ...conversion,
    flags,
    width: width === null
      ? conversion.width
      : Math.min(Math.abs(width), COUNT_MAX),
    precision: precision === null
      ? conversion.precision
      : Math.max(-1, Math.min(precision, COUNT_MAX)),
  };
}
