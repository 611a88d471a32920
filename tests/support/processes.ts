// SPDX-License-Identifier: MIT
/**
 * Child processes of tests.
 *
 * @module
 */

/** Sends a signal to a child, if it still runs. */
export function killIfRunning(
  child: Deno.ChildProcess,
  signal: Deno.Signal = "SIGKILL",
): void {
  try {
    child.kill(signal);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it has ended
  }
}
