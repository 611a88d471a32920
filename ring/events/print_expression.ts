// SPDX-License-Identifier: MIT
/**
 * The arguments of a `print fmt`: expressions over the event's fields.
 *
 * @module
 */
import type { EventField } from "./event_field.ts";

/** Names that numbers stand for; the numbers have 64 unsigned bits. */
export type Names = readonly (readonly [value: bigint, name: string])[];

/** Gives a number or text; `isText` tells which. */
export type Expression =
  | { readonly op: "number"; readonly value: bigint }
  | { readonly op: "string"; readonly text: string }
  | { readonly op: "unknown" }
  | { readonly op: "field"; readonly field: EventField }
  | {
    readonly op: "element";
    readonly field: EventField;
    readonly index: number;
  }
  | { readonly op: "length"; readonly field: EventField }
  | {
    readonly op: "unary";
    readonly sign: string;
    readonly of: Expression;
  }
  | {
    readonly op: "binary";
    readonly sign: string;
    readonly left: Expression;
    readonly right: Expression;
  }
  | {
    readonly op: "choice";
    readonly condition: Expression;
    readonly then: Expression;
    readonly other: Expression;
  }
  | {
    readonly op: "cast";
    readonly bytes: number;
    readonly signed: boolean;
    readonly of: Expression;
  }
  | {
    readonly op: "flags";
    readonly of: Expression;
    readonly delimiter: string;
    readonly names: Names;
  }
  | {
    readonly op: "symbol";
    readonly of: Expression;
    readonly names: Names;
  };

/** Tells whether an expression gives text, which only `%s` can print. */
export function isText(expression: Expression): boolean {
  switch (expression.op) {
    case "string":
    case "flags":
    case "symbol":
      return true;
    case "field":
      return expression.field.kind === "text" ||
        expression.field.kind === "dynamicText";
    case "choice":
      return isText(expression.then) && isText(expression.other);
    default:
      return false;
  }
}

/**
 * What a flag costs at least, because each flag is looked at for each record,
 * even one without a name.
 */
const FLAG_BYTES = 8;

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
    case "choice":
      return Math.max(
        longestConstant(expression.then),
        longestConstant(expression.other),
      );
    default:
      return 0;
  }
}
