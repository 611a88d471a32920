// SPDX-License-Identifier: MIT
/**
 * What the C tests are compiled from.
 *
 * @module
 */

/** The writer under test; it builds in user space as it does in the kernel. */
export const WRITER: string[] = [
  "guest/ivring_ring.c",
  "guest/ivring_region.c",
  "guest/ivring_live.c",
];

/** The checker and its helpers. */
export const CHECKER: string[] = ["tests/guest/check.c", "tests/guest/walk.c"];

/** Flags of a build in which memory errors and undefined behaviour end it. */
export const SANITIZED: string[] = [
  "-g",
  "-O1",
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover=undefined",
];
