// SPDX-License-Identifier: MIT
/**
 * Prints what the kernel's own functions print of their arguments.
 *
 * @module
 */
import { functionOf, type KernelCall } from "./kernel_call.ts";
import type { Values } from "./kernel_functions.ts";
import type { Payload, Span } from "./payload.ts";
import { isNumber, type Place } from "./print_expression.ts";
import { symbolText } from "./print_text.ts";
import { findInField, numberOf, valueOf } from "./print_value.ts";

/**
 * Returns what a call prints; null if the function is not known, or if it
 * cannot tell.
 */
export function kernelCallText(
  call: KernelCall,
  payload: Payload,
): string | null {
  const print = functionOf(call);
  return print === null ? null : print(valuesOf(call, payload));
}

function valuesOf(call: KernelCall, payload: Payload): Values {
  const numbers: bigint[] = [];
  const places: Uint8Array[] = [];
  const texts: string[] = [];
  for (const value of call.arguments) {
    if (isNumber(value)) numbers.push(valueOf(value, payload));
    else if (value.op === "place") places.push(bytesAt(value, payload));
    else if (value.op === "string") texts.push(value.text);
    else if (value.op === "symbol") {
      texts.push(symbolText(numberOf(value.of, payload), value.names));
    }
  }
  return { numbers, places, texts };
}

const found: Span = { offset: 0, bytes: 0 };

/** Returns what is at a place, up to the end of its field. */
function bytesAt(place: Place, payload: Payload): Uint8Array {
  findInField(place, payload, found);
  return payload.bytes.subarray(found.offset, found.offset + found.bytes);
}
