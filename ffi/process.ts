// SPDX-License-Identifier: MIT
/**
 * Looks up other processes of this host by their numbers. Deno's own functions
 * are not used, since they read below /proc only with all permissions. Source:
 * proc(5).
 *
 * @module
 */
import { cString, type Libc } from "./libc.ts";
import { O_CLOEXEC } from "./open_flags.ts";

/** Linux's TASK_COMM_LEN is 16; a line end follows the command. */
const COMMAND_BYTES_MAX = 64;

/**
 * Returns the command that a process runs, which Linux cuts to 15 bytes.
 *
 * @returns "" if the process no longer exists or is hidden.
 */
export function commandOf(libc: Libc, pid: number): string {
  const { symbols } = libc;
  const path = cString(`/proc/${pid}/comm`);
  const fd = symbols.open(path, O_CLOEXEC, 0);
  if (fd < 0) return "";
  const bytes = new Uint8Array(COMMAND_BYTES_MAX);
  const count = symbols.read(fd, bytes, COMMAND_BYTES_MAX);
  symbols.close(fd);
  const text = new TextDecoder().decode(bytes.subarray(0, Math.max(0, count)));
  return text.replace(/\n$/, "");
}
