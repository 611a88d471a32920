// SPDX-License-Identifier: MIT
/**
 * The arguments of a `print fmt`: expressions over the event's fields.
 *
 * @module
 */
import type { CType } from "./c_types.ts";
import type { EventField } from "./event_field.ts";

/** Names that numbers stand for; the numbers have 64 unsigned bits. */
export type Names = readonly (readonly [value: bigint, name: string])[];

/** Gives a number of a C type. */
export type NumberExpression =
  | { readonly op: "number"; readonly type: CType; readonly value: bigint }
  | { readonly op: "field"; readonly type: CType; readonly field: EventField }
  | { readonly op: "load"; readonly type: CType; readonly place: Place }
  | { readonly op: "length"; readonly type: CType; readonly field: EventField }
  | {
    readonly op: "unary" | "cast";
    readonly type: CType;
    /** `-`, `~` or `!`; empty for a cast. */
    readonly sign: string;
    readonly of: NumberExpression;
  }
  | { readonly op: "isThere"; readonly type: CType; readonly place: Place }
  | {
    readonly op: "binary";
    readonly type: CType;
    readonly sign: string;
    readonly left: NumberExpression;
    readonly right: NumberExpression;
  }
  | {
    readonly op: "choice";
    readonly type: CType;
    readonly condition: NumberExpression;
    readonly then: NumberExpression;
    readonly other: NumberExpression;
  }
  | {
    readonly op: "call";
    readonly type: CType;
    /** A key of `BIT_FUNCTIONS`. */
    readonly name: string;
    readonly of: NumberExpression;
  };

/** An address within the record. */
export interface Place {
  readonly op: "place";
  /** The field that it is in; null if it counts from the record's beginning. */
  readonly field: EventField | null;
  /** Bytes from there; null for none. */
  readonly offset: NumberExpression | null;
  /** What is there; null if that is not a number. */
  readonly element: CType | null;
  /** The name of the struct that is there, if a cast says so. */
  readonly struct: string;
}

/** Gives text. */
export type TextExpression =
  | { readonly op: "string"; readonly text: string }
  | {
    readonly op: "flags";
    readonly of: NumberExpression;
    readonly delimiter: string;
    readonly names: Names;
  }
  | {
    readonly op: "symbol";
    readonly of: NumberExpression;
    readonly names: Names;
  }
  | {
    readonly op: "hex";
    readonly place: Place;
    readonly bytes: NumberExpression;
    readonly separator: string;
  }
  | {
    readonly op: "array";
    readonly place: Place;
    readonly count: NumberExpression;
    readonly elementBytes: NumberExpression;
  }
  | {
    readonly op: "hexDump";
    readonly place: Place;
    readonly bytes: NumberExpression;
    /** What stands before each row. */
    readonly prefix: string;
    /** Whether each row begins with its offset. */
    readonly offsets: boolean;
    readonly rowBytes: number;
    readonly groupBytes: number;
    readonly ascii: boolean;
  }
  | { readonly op: "bitmask"; readonly field: EventField }
  | {
    /** A choice between two that are not both numbers. */
    readonly op: "either";
    readonly condition: NumberExpression;
    readonly then: Expression;
    readonly other: Expression;
  }
  | {
    /** The call of a function that only the kernel has. */
    readonly op: "named";
    readonly name: string;
    readonly arguments: readonly Expression[];
  }
  | Unknown;

/** An argument that cannot be computed; the fields in it are shown instead. */
export interface Unknown {
  readonly op: "unknown";
  /** What it is that this parser does not know. */
  readonly construct: string;
  readonly fields: readonly EventField[];
}

/** One argument. */
export type Expression = NumberExpression | Place | TextExpression;

/** Tells whether an expression gives a number. */
export function isNumber(
  expression: Expression,
): expression is NumberExpression {
  return "type" in expression;
}

/** Calls a function with the expressions that an expression consists of. */
export function forEachPart(
  expression: Expression,
  take: (part: Expression) => void,
): void {
  switch (expression.op) {
    case "unary":
    case "cast":
    case "call":
    case "flags":
    case "symbol":
      return take(expression.of);
    case "binary":
      take(expression.left);
      return take(expression.right);
    case "choice":
    case "either":
      take(expression.condition);
      take(expression.then);
      return take(expression.other);
    case "load":
    case "isThere":
      return take(expression.place);
    case "place":
      if (expression.offset !== null) take(expression.offset);
      return;
    case "hex":
    case "hexDump":
      take(expression.place);
      return take(expression.bytes);
    case "array":
      take(expression.place);
      take(expression.count);
      return take(expression.elementBytes);
    case "named":
      return expression.arguments.forEach(take);
  }
}

/** Returns the fields that an expression reads, in their order in it. */
export function fieldsOf(expression: Expression): ReadonlySet<EventField> {
  const fields = new Set<EventField>();
  const look = (part: Expression) => {
    if (part.op === "unknown") part.fields.forEach((each) => fields.add(each));
    else if ("field" in part && part.field !== null) fields.add(part.field);
    forEachPart(part, look);
  };
  look(expression);
  return fields;
}

/**
 * How many parts of expressions are looked at, at most, for one record. That is
 * ten times what kernels need, and bounds the stack of whoever walks them.
 */
export const WEIGHT_MAX = 1024;

/**
 * What a flag costs at least, because each flag is looked at for each record,
 * even one without a name.
 */
const FLAG_BYTES = 8;

/** What the kernel's own functions print at most of a few numbers. */
const CALL_BYTES = 512;

/**
 * Returns how many bytes of constants an expression can print at most in one
 * record.
 */
export function longestConstant(expression: Expression): number {
  switch (expression.op) {
    case "string":
      return expression.text.length;
    case "symbol":
      return Math.max(0, ...expression.names.map(([, name]) => name.length));
    case "flags": {
      const { delimiter, names } = expression;
      return names.reduce(
        (sum, [, name]) =>
          sum + Math.max(FLAG_BYTES, name.length + delimiter.length),
        0,
      );
    }
    case "either":
      return Math.max(
        longestConstant(expression.then),
        longestConstant(expression.other),
      );
    case "named":
      return expression.arguments.reduce(
        (sum, each) => sum + longestConstant(each),
        Math.max(CALL_BYTES, expression.name.length),
      );
    case "unknown":
      return expression.fields.reduce(
        (sum, { name }) => sum + name.length + FLAG_BYTES,
        0,
      );
    default:
      return 0;
  }
}

/**
 * Returns how many parts are looked at, at most, to compute an expression.
 *
 * @param most From there on it is not counted further, because variables let
 * few words stand for any number of parts.
 */
export function weightOf(expression: Expression, most: number): number {
  // It may be as deep as a text is long, so it is not walked by recursion.
  const left = [expression];
  let weight = 0;
  for (; left.length > 0 && weight < most; weight++) {
    forEachPart(left.pop()!, (part) => left.push(part));
  }
  return weight;
}
