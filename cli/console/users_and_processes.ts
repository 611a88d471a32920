// SPDX-License-Identifier: MIT
/**
 * Shows numbers of this host together with their names.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { commandOf } from "../../ffi/process.ts";
import { nameOfUser } from "../../ffi/user.ts";

/**
 * Formats a user.
 *
 * @returns Such as "user libvirt-qemu (64055)"; "user 42424" without a name.
 */
export function userText(libc: Libc, uid: number): string {
  const name = nameOfUser(libc, uid);
  return name === null ? `user ${uid}` : `user ${name} (${uid})`;
}

/**
 * Formats a process.
 *
 * @param pid 0 or less if it is not known.
 * @returns Such as "process 4242 (qemu-system-x86)"; without the command if
 * that cannot be read.
 */
export function processText(libc: Libc, pid: number): string {
  if (pid <= 0) return "another process";
  const command = commandOf(libc, pid);
  return command === "" ? `process ${pid}` : `process ${pid} (${command})`;
}

/**
 * Formats permission bits.
 *
 * @returns Such as "0644, rw-r--r--".
 */
export function modeText(mode: number): string {
  const letters = [6, 3, 0].map((shift) => {
    const bits = mode >> shift;
    return (bits & 4 ? "r" : "-") + (bits & 2 ? "w" : "-") +
      (bits & 1 ? "x" : "-");
  });
  return `${mode.toString(8).padStart(4, "0")}, ${letters.join("")}`;
}
