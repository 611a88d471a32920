// SPDX-License-Identifier: MIT
/**
 * Builds the programs in read/: the reader in C, the guest that it reads from,
 * and what measures other programs.
 *
 * @module
 */
import { WRITER } from "../guest/sources.ts";
import type { Workbench } from "../tools/cc.ts";

const FOLDER = "tests/bench/read";

/**
 * Compiles the reader in C.
 *
 * @returns Its path.
 */
export function buildReader(bench: Workbench): string {
  return compile(bench, "reader", ["main", "source", "print", "seal"], []);
}

/**
 * Compiles the guest.
 *
 * @returns Its path.
 */
export function buildGuest(bench: Workbench): string {
  return compile(bench, "fill", ["fill"], WRITER);
}

/**
 * Compiles the program that starts and measures others.
 *
 * @returns Its path.
 */
export function buildLauncher(bench: Workbench): string {
  return compile(bench, "launch", ["launch"], []);
}

function compile(
  bench: Workbench,
  name: string,
  own: readonly string[],
  more: readonly string[],
): string {
  const sources = own.map((source) => `${FOLDER}/${source}.c`);
  return bench.compile(name, [...sources, ...more], ["-O2"]);
}
