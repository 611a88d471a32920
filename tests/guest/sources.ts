// SPDX-License-Identifier: MIT
/**
 * Names the sources and flags with which the C tests are compiled.
 *
 * @module
 */

/** The writer under test, which builds in user space without a change. */
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

/** Flags of a build that memory errors and undefined behaviour end. */
export const SANITIZED: string[] = [
  "-g",
  "-O1",
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover=undefined",
];

/** Flags of the thread sanitizer, which knows no fences, and needs none here. */
export const THREADS: string[] = [
  "-g",
  "-O1",
  "-fsanitize=thread",
  "-Wno-tsan",
  "-Wno-unknown-warning-option",
];
