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
    if (!(error instanceof TypeError)) throw error; // the child has ended
  }
}

/** Returns how the reader names a running process: "process 42 (deno)". */
export function processName(pid: number): string {
  const args = [`/proc/${pid}/comm`];
  const { stdout } = new Deno.Command("cat", { args }).outputSync();
  return `process ${pid} (${new TextDecoder().decode(stdout).trim()})`;
}
