// SPDX-License-Identifier: MIT
/**
 * Parses the macros and functions of the kernel that a `print fmt` calls.
 * Source: the kernel's include/trace/stages/stage3_trace_output.h.
 *
 * @module
 */
import {
  type CType,
  INT,
  LONG,
  UNSIGNED_INT,
  UNSIGNED_LONG,
} from "./c_types.ts";
import type { EventField } from "./event_field.ts";
import type {
  Expression,
  NumberExpression,
  Place,
} from "./print_expression.ts";
import { parseNames } from "./print_names.ts";
import {
  type ArgumentParser,
  constant,
  number,
  numberNode,
} from "./print_nodes.ts";
import { placeOf } from "./print_operators.ts";
import { Unparsable } from "./print_tokens.ts";
import { constantOf } from "./print_value.ts";

/**
 * Parses what is between the parentheses of a call.
 *
 * @throws {Unparsable}
 */
export type CallParser = (
  parser: ArgumentParser,
  name: string,
) => Expression;

const CHAR: CType = { bytes: 1, signed: true };
const UNSIGNED_CHAR: CType = { bytes: 1, signed: false };
const UNSIGNED_SHORT: CType = { bytes: 2, signed: false };
const NANOSECONDS = 1_000_000_000n;

/** Parses the name of a dynamic field. */
function dynamicField({ tokens, fields }: ArgumentParser): EventField {
  const name = tokens.word("name");
  const field = fields.dynamic(name);
  if (field === undefined) throw new Unparsable(`no dynamic field ${name}`);
  return field;
}

/** Parses a comma, and then an argument that is a number. */
function nextNumber(parser: ArgumentParser): NumberExpression {
  parser.tokens.expect(",");
  return number(parser.expression());
}

/** Parses a comma, and then an argument that is the same for all records. */
function nextConstant(parser: ArgumentParser): number {
  return Number(constantOf(nextNumber(parser)));
}

function placeIn(parser: ArgumentParser): Place {
  const place = parser.expression();
  if (place.op !== "place") throw new Unparsable("memory of the kernel");
  return place;
}

/** Makes the parser of a call that gives the place of a dynamic field. */
function data(element: CType | null): CallParser {
  return (parser) => placeOf(dynamicField(parser), element);
}

const length: CallParser = (parser) => ({
  op: "length",
  type: INT,
  field: dynamicField(parser),
});

const bitmask: CallParser = (parser) => ({
  op: "bitmask",
  field: dynamicField(parser),
});

const flags: CallParser = (parser) => {
  const { tokens } = parser;
  const of = number(parser.expression());
  tokens.expect(",");
  const delimiter = tokens.skip("NULL") ? "" : tokens.string();
  return { op: "flags", of, delimiter, names: parseNames(parser) };
};

const symbolic: CallParser = (parser) => {
  const of = number(parser.expression());
  return { op: "symbol", of, names: parseNames(parser) };
};

function hex(separator: string): CallParser {
  return (parser) => {
    const place = placeIn(parser);
    return { op: "hex", place, bytes: nextNumber(parser), separator };
  };
}

const array: CallParser = (parser) => {
  const place = placeIn(parser);
  const count = nextNumber(parser);
  return { op: "array", place, count, elementBytes: nextNumber(parser) };
};

/** Parses `__print_dynamic_array(FIELD, SIZE)`. */
const dynamicArray: CallParser = (parser) => {
  const field = dynamicField(parser);
  const elementBytes = nextNumber(parser);
  const place = placeOf(field, null);
  const count = numberNode({
    op: "binary",
    type: UNSIGNED_LONG,
    sign: "/",
    left: { op: "length", type: INT, field },
    right: elementBytes,
  });
  return { op: "array", place, count, elementBytes };
};

/** The longest row, and the longest group in it, that the kernel prints. */
const ROW_BYTES = 32;
const GROUPS: readonly number[] = [1, 2, 4, 8];
const PREFIX_MAX = 32;

const hexDump: CallParser = (parser) => {
  const { tokens } = parser;
  const prefix = tokens.string();
  if (prefix.length > PREFIX_MAX) throw new Unparsable("a long prefix");
  tokens.expect(",");
  const kind = tokens.take().text;
  const rowBytes = nextConstant(parser) === ROW_BYTES ? ROW_BYTES : 16;
  const group = nextConstant(parser);
  tokens.expect(",");
  const place = placeIn(parser);
  const bytes = nextNumber(parser);
  return {
    op: "hexDump",
    place,
    bytes,
    prefix,
    offsets: /OFFSET|ADDRESS|^[12]$/.test(kind),
    rowBytes,
    groupBytes: GROUPS.includes(group) ? group : 1,
    ascii: nextConstant(parser) !== 0,
  };
};

/** Makes the parser of a function of one number, see `BIT_FUNCTIONS`. */
function bits(name: string, argument: CType, type: CType): CallParser {
  return (parser) => {
    const value = number(parser.expression());
    const of = numberNode({
      op: "cast",
      type: argument,
      sign: "",
      of: value,
    });
    return numberNode({ op: "call", type, name, of });
  };
}

/** Makes the parser of a function that only converts a number. */
function converted(type: CType): CallParser {
  return (parser) =>
    numberNode({
      op: "cast",
      type,
      sign: "",
      of: number(parser.expression()),
    });
}

/** Makes the parser of an operation with a constant. */
function computed(sign: string, by: bigint, type: CType): CallParser {
  return (parser) =>
    numberNode({
      op: "cast",
      type,
      sign: "",
      of: numberNode({
        op: "binary",
        type: UNSIGNED_LONG,
        sign,
        left: number(parser.expression()),
        right: constant(UNSIGNED_LONG, by),
      }),
    });
}

/** Makes the parser of a function that says one of two words. */
function said(yes: string, no: string): CallParser {
  return (parser) => ({
    op: "either",
    condition: number(parser.expression()),
    then: { op: "string", text: yes },
    other: { op: "string", text: no },
  });
}

/** Makes the parser of a function that loads a number through an address. */
function loaded(element: CType, swap: string): CallParser {
  return (parser) => {
    const place = { ...placeIn(parser), element };
    const load: NumberExpression = { op: "load", type: element, place };
    return swap === ""
      ? load
      : numberNode({ op: "call", type: element, name: swap, of: load });
  };
}

/** The difference of two coordinates of a `struct drm_rect`. */
function extent(low: number, high: number): CallParser {
  return (parser) => {
    const place = { ...placeIn(parser), element: INT, struct: "" };
    if (place.offset !== null) throw new Unparsable("a moved address");
    const at = (index: number): NumberExpression => ({
      op: "load",
      type: INT,
      place: {
        ...place,
        offset: constant(LONG, BigInt(index * INT.bytes)),
      },
    });
    return numberNode({
      op: "binary",
      type: INT,
      sign: "-",
      left: at(high),
      right: at(low),
    });
  };
}

/** Parses `__builtin_expect(VALUE, EXPECTED)`. */
const expected: CallParser = (parser) => {
  const value = number(parser.expression());
  parser.tokens.expect(",");
  parser.expression();
  return numberNode({ op: "cast", type: LONG, sign: "", of: value });
};

/**
 * Parses `__builtin_choose_expr(CONSTANT, A, B)`. If the constant cannot be
 * computed, B is taken: the kernel's macros then compute the same as in A, but
 * in a way that is right for values that are not constant, too.
 */
const chosen: CallParser = (parser) => {
  const { tokens } = parser;
  const which = parser.argument();
  tokens.expect(",");
  const first = parser.argument();
  tokens.expect(",");
  const second = parser.argument();
  return which.op === "number" && which.value !== 0n ? first : second;
};

/** Parses `__builtin_constant_p(VALUE)`. */
const isConstant: CallParser = (parser) => {
  const { op } = parser.argument();
  return constant(INT, op === "number" || op === "string" ? 1n : 0n);
};

const SWAP_16 = bits("swap16", UNSIGNED_SHORT, UNSIGNED_SHORT);
const SWAP_32 = bits("swap32", UNSIGNED_INT, UNSIGNED_INT);
const SWAP_64 = bits("swap64", UNSIGNED_LONG, UNSIGNED_LONG);
const AS_16 = converted(UNSIGNED_SHORT);
const AS_32 = converted(UNSIGNED_INT);
const AS_64 = converted(UNSIGNED_LONG);

/** Names with the same parser, separated by "|". */
const GROUPED: Readonly<Record<string, CallParser>> = {
  "__get_str|__get_rel_str": data(CHAR),
  "__get_dynamic_array|__get_rel_dynamic_array": data(null),
  "__get_sockaddr|__get_rel_sockaddr": data(UNSIGNED_CHAR),
  "__get_dynamic_array_len|__get_rel_dynamic_array_len": length,
  "__get_bitmask|__get_rel_bitmask|__get_cpumask|__get_rel_cpumask": bitmask,
  "__print_flags|__print_flags_u64": flags,
  "__print_symbolic|__print_symbolic_u64": symbolic,
  "__print_hex": hex(" "),
  "__print_hex_str": hex(""),
  "__print_array": array,
  "__print_dynamic_array": dynamicArray,
  "__print_hex_dump": hexDump,
  "__print_ns_to_secs": computed("/", NANOSECONDS, UNSIGNED_LONG),
  "__print_ns_without_secs": computed("%", NANOSECONDS, UNSIGNED_INT),
  "__builtin_expect": expected,
  "__builtin_choose_expr": chosen,
  "__builtin_constant_p": isConstant,
  "__builtin_ctz": bits("zerosBelow", UNSIGNED_INT, INT),
  "__builtin_ctzl|__builtin_ctzll|__ffs|__ffs64": bits(
    "zerosBelow",
    UNSIGNED_LONG,
    INT,
  ),
  "__builtin_ffs|ffs": bits("firstBit", UNSIGNED_INT, INT),
  "__builtin_ffsl|__builtin_ffsll": bits("firstBit", UNSIGNED_LONG, INT),
  "fls": bits("lastBit", UNSIGNED_INT, INT),
  "fls64": bits("lastBit", UNSIGNED_LONG, INT),
  "__builtin_popcount|hweight32|__sw_hweight32": bits(
    "ones",
    UNSIGNED_INT,
    INT,
  ),
  "__builtin_popcountl|__builtin_popcountll|hweight64|hweight_long": bits(
    "ones",
    UNSIGNED_LONG,
    INT,
  ),
  "__builtin_bswap16|__swab16|__fswab16|ntohs|htons": SWAP_16,
  "__builtin_bswap32|__swab32|__fswab32|ntohl|htonl": SWAP_32,
  "__builtin_bswap64|__swab64|__fswab64": SWAP_64,
  "be16_to_cpu|__be16_to_cpu|cpu_to_be16|__cpu_to_be16": SWAP_16,
  "be32_to_cpu|__be32_to_cpu|cpu_to_be32|__cpu_to_be32": SWAP_32,
  "be64_to_cpu|__be64_to_cpu|cpu_to_be64|__cpu_to_be64": SWAP_64,
  "le16_to_cpu|__le16_to_cpu|cpu_to_le16|__cpu_to_le16": AS_16,
  "le32_to_cpu|__le32_to_cpu|cpu_to_le32|__cpu_to_le32": AS_32,
  "le64_to_cpu|__le64_to_cpu|cpu_to_le64|__cpu_to_le64": AS_64,
  "le16_to_cpup|__le16_to_cpup|get_unaligned_le16": loaded(UNSIGNED_SHORT, ""),
  "le32_to_cpup|__le32_to_cpup|get_unaligned_le32": loaded(UNSIGNED_INT, ""),
  "le64_to_cpup|__le64_to_cpup|get_unaligned_le64": loaded(UNSIGNED_LONG, ""),
  "be16_to_cpup|__be16_to_cpup|get_unaligned_be16": loaded(
    UNSIGNED_SHORT,
    "swap16",
  ),
  "be32_to_cpup|__be32_to_cpup|get_unaligned_be32": loaded(
    UNSIGNED_INT,
    "swap32",
  ),
  "be64_to_cpup|__be64_to_cpup|get_unaligned_be64": loaded(
    UNSIGNED_LONG,
    "swap64",
  ),
  "pte_val|pmd_val|pud_val|p4d_val|pgd_val": AS_64,
  "native_pte_val|native_pmd_val|native_pud_val|native_pgd_val": AS_64,
  "native_make_pte|native_make_pmd|native_make_pud|native_make_p4d": AS_64,
  "native_make_pgd|__pte|__pmd|__pud|__pgd": AS_64,
  "ktime_to_ns|PTR_ERR": converted(LONG),
  "ERR_PTR": AS_64,
  "upper_32_bits": computed(">>", 32n, UNSIGNED_INT),
  "lower_32_bits": AS_32,
  "MAJOR": computed(">>", 20n, UNSIGNED_INT),
  "MINOR": computed("&", 0xfffffn, UNSIGNED_INT),
  "str_yes_no": said("yes", "no"),
  "str_on_off": said("on", "off"),
  "str_true_false": said("true", "false"),
  "str_enabled_disabled": said("enabled", "disabled"),
  "str_enable_disable": said("enable", "disable"),
  "str_read_write": said("read", "write"),
  "str_up_down": said("up", "down"),
  "str_high_low": said("high", "low"),
  "drm_rect_width": extent(0, 2),
  "drm_rect_height": extent(1, 3),
};

/** The parsers of all calls that are known, by name. */
export const CALLS: Readonly<Record<string, CallParser>> = Object.fromEntries(
  Object.entries(GROUPED).flatMap(([names, parser]) =>
    names.split("|").map((name) => [name, parser])
  ),
);
