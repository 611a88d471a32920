// SPDX-License-Identifier: MIT
/**
 * What the C tests are compiled from.
 *
 * @module
 */

/** The writer under test; it builds in user space as it does in the kernel. */
export const WRITER: string[] = [
  "guest/core/ring.c",
  "guest/core/takeover.c",
  "guest/core/doorbell.c",
  "guest/core/consumer.c",
  "guest/core/region.c",
  "guest/core/live.c",
  "guest/core/found.c",
  "guest/core/bound.c",
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

/** Flags of the thread sanitizer; it knows no fences, and needs none here. */
export const THREADS: string[] = [
  "-g",
  "-O1",
  "-fsanitize=thread",
  "-Wno-tsan",
  "-Wno-unknown-warning-option",
];
