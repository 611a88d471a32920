// SPDX-License-Identifier: MIT
/**
 * Finds what is known about a call of one of the kernel's own functions.
 *
 * @module
 */
import { KERNEL_FUNCTIONS, type KernelFunction } from "./kernel_functions.ts";
import { type Expression, isNumber } from "./print_expression.ts";

/** A call of a function that only the kernel has. */
export type KernelCall = Expression & { readonly op: "named" };

/** The functions that give the kernel's own buffers. */
const BUFFERS: ReadonlySet<string> = new Set(["__get_buf"]);

/**
 * Returns the function that a call is of; null if it is not known, or not with
 * such arguments.
 */
export function functionOf(call: KernelCall): KernelFunction | null {
  const kinds = call.arguments.map(kindOf).join("");
  return KERNEL_FUNCTIONS.get(`${call.name}(${kinds})`) ?? null;
}

/**
 * Returns the letter that an argument has in a signature, see
 * `KernelFunctions`. Signatures leave out the kernel's own buffers, so these
 * have the letter "". What no signature has is "?".
 */
function kindOf(value: Expression): string {
  if (isNumber(value)) return "n";
  switch (value.op) {
    case "place":
      return "a";
    case "string":
    case "symbol":
      return "t";
    case "named":
      return BUFFERS.has(value.name) ? "" : "?";
    case "unknown":
      // What has no field is the kernel's own, such as its buffer.
      return value.fields.length === 0 ? "" : "?";
    default:
      return "?";
  }
}
