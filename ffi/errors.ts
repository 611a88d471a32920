// SPDX-License-Identifier: MIT
/**
 * What the operating system refused.
 *
 * @module
 */
import { errnoCode, errnoText } from "./errno.ts";

/** A system call failed for a reason its caller does not handle. */
export class SyscallError extends Error {
  override readonly name = "SyscallError";
  /** The reason's name, such as "EACCES". */
  readonly code: string;

  /**
   * @param syscall Name of the call, such as "mmap".
   * @param errno The reason's number, from `errno.ts`.
   * @param subject What it was applied to, such as a path.
   */
  constructor(
    readonly syscall: string,
    readonly errno: number,
    readonly subject: string,
  ) {
    const code = errnoCode(errno);
    super(`${subject}: ${errnoText(errno)} (${syscall}: ${code})`);
    this.code = code;
  }
}
