// SPDX-License-Identifier: MIT
/**
 * Errors of the command line. `main.ts` maps them to exit codes.
 *
 * @module
 */

/** The command line is wrong; the message names the flag. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** It cannot go on; the message names the thing and what to do. Exit code 1. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** Records were lost, and that was to end the program. Exit code 3. */
export class LossError extends Error {
  override readonly name = "LossError";
}
