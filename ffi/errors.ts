// SPDX-License-Identifier: MIT
/**
 * Errors of the operating system and of the C library.
 *
 * @module
 */
import { ERRNO, errnoCode, errnoText } from "./errno.ts";

/**
 * Reports a system call that failed for a reason its caller does not handle.
 */
export class SyscallError extends Error {
  override readonly name = "SyscallError";
  /** The reason's name, such as "EACCES", for programs. */
  readonly code: string;
  /** The reason in words, without the subject. */
  readonly reason: string;

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
    const reason = errnoText(errno);
    super(subject === "" ? reason : `${subject}: ${reason}`);
    this.code = errnoCode(errno);
    this.reason = reason;
  }
}

/** Reports that this program cannot call the C library of this host. */
export class LibraryError extends Error {
  override readonly name = "LibraryError";
}

/**
 * Turns an error of the runtime's own functions into a `SyscallError`.
 *
 * @param error From `Deno` or `node:fs`, whose `code` is the reason's name.
 * @param subject What the function was applied to, such as a path.
 * @returns Null if the error is not one of the operating system.
 */
export function syscallErrorOf(
  error: unknown,
  subject: string,
): SyscallError | null {
  if (error instanceof SyscallError) return error;
  const { code, message } = (error ?? {}) as Record<string, unknown>;
  // Deno names only the usual reasons; for others it gives the number.
  const number = Number(/\(os error (\d+)\)/.exec(String(message))?.[1]);
  const errno = Object.entries(ERRNO).find(([name]) => name === code)?.[1] ??
    Object.values(ERRNO).find((each) => each === number);
  if (errno === undefined) return null;
  const wrapped = new SyscallError("Deno", errno, subject);
  wrapped.cause = error;
  return wrapped;
}
