// SPDX-License-Identifier: MIT
/**
 * Finds out how far a guest's kernel was moved from where a file has it.
 *
 * @module
 */
import type { Anchor } from "../../ring/symbols/symbol_summary.ts";

/** The symbols by which a guest's kernel is found; `ivring-trace` names them. */
export const ANCHOR_NAMES: ReadonlySet<string> = new Set([
  "_stext",
  "_text",
  "_etext",
  "_sinittext",
  "_einittext",
  "_sdata",
  "_edata",
  "_end",
]);

/** A kernel is moved by whole pages. */
const PAGE_BYTES = 4096n;

/** How a file fits a guest. */
export type Fit =
  /** All that both know lies equally far behind it: so many bytes. */
  | { readonly shift: bigint }
  /** They contradict each other, as this text says. */
  | { readonly clash: string }
  /** There is nothing that both know. */
  | null;

/** Compares where symbols lie in a file and in a guest. */
export function fitOf(
  file: ReadonlyMap<string, bigint>,
  guest: readonly Anchor[],
): Fit {
  const both = guest.filter(({ name }) => file.has(name));
  if (both.length === 0) return null;
  const [first] = both;
  const shift = first.address - file.get(first.name)!;
  if (shift % PAGE_BYTES !== 0n) {
    return { clash: `${first.name} has another place within its page` };
  }
  for (const { name, address } of both) {
    const there = file.get(name)!;
    if (address - there === shift) continue;
    return {
      clash: `${name} lies ${there - file.get(first.name)!} bytes behind ` +
        `${first.name} there, and ${address - first.address} in the guest`,
    };
  }
  return { shift };
}
