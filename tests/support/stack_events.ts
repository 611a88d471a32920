// SPDX-License-Identifier: MIT
/**
 * Kernel stacks for tests, and symbols that name their addresses.
 *
 * @module
 */
import type { Symbols } from "../../ring/events/symbols.ts";
import { entry, field, formatText } from "./events.ts";

/** The id that Linux gives to stacks. */
export const STACK_ID = 4;

/** The event kernel_stack, as Linux describes it. */
export const STACK_TEXT: string = formatText([
  field("int size", 8, 4, 1),
  field("unsigned long caller[8]", 16, 64),
], {
  id: STACK_ID,
  name: "kernel_stack",
  print: `"${"\\t=> %ps\\n".repeat(8)}", ` +
    Array.from({ length: 8 }, (_, i) => `(void *)REC->caller[${i}]`).join(", "),
}).replace("system: tests", "system: ftrace");

/** Makes the payload of a stack. @param size What it says of its length. */
export function stackPayload(
  frames: readonly bigint[],
  size: number = frames.length,
): Uint8Array<ArrayBuffer> {
  const rest = new Uint8Array(8 + 8 * frames.length);
  const view = new DataView(rest.buffer);
  view.setInt32(0, size, true);
  frames.forEach((each, i) => view.setBigUint64(8 + 8 * i, each, true));
  return entry(rest, { id: STACK_ID, task: 42 });
}

/** An address in `vfs_write`. */
export const VFS_WRITE = 0xffffffff81001012n;

/** Knows one function. */
export const SYMBOLS: Symbols = {
  find: (address) => {
    const offsetBytes = address - 0xffffffff81001000n;
    if (offsetBytes < 0n || offsetBytes >= 0x80n) return null;
    const place = { name: "vfs_write", sizeBytes: 0x80n, module: null };
    return { ...place, offsetBytes };
  },
};
