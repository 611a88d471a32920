// SPDX-License-Identifier: MIT
/**
 * Error numbers of Linux on x86-64 and arm64 (both use the generic numbers).
 * Source: include/uapi/asm-generic/errno-base.h and errno.h.
 *
 * @module
 */

/** Error numbers by name: those that the calls in `libc.ts` can give. */
export const ERRNO = {
  EPERM: 1,
  ENOENT: 2,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  EBADF: 9,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EEXIST: 17,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EPIPE: 32,
  ENAMETOOLONG: 36,
  ENOSYS: 38,
  ELOOP: 40,
  EOVERFLOW: 75,
  EADDRINUSE: 98,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  EDQUOT: 122,
} as const;

const TEXT: Readonly<Record<string, string>> = {
  EPERM: "operation not permitted",
  ENOENT: "no such file or directory",
  EIO: "input/output error",
  ENXIO: "no such device or address",
  EACCES: "permission denied",
  EEXIST: "exists already",
  ENODEV: "is no regular file",
  EISDIR: "is a directory",
  EINVAL: "invalid argument",
  ENFILE: "too many open files on this machine",
  EMFILE: "too many open files",
  ENOMEM: "out of memory",
  ENOSPC: "no space left on device",
  EROFS: "read-only file system",
  EADDRINUSE: "is in use: another reader serves it",
  ENAMETOOLONG: "name too long",
  ELOOP: "is a symbolic link",
  EDQUOT: "disk quota exceeded",
};

/**
 * The name of an error number.
 *
 * @returns Such as "ENOENT", or "errno 7" for one not in the table.
 */
export function errnoCode(errno: number): string {
  const found = Object.entries(ERRNO).find(([, number]) => number === errno);
  return found?.[0] ?? `errno ${errno}`;
}

/**
 * What an error number means, for people.
 *
 * @returns Such as "permission denied"; the name where there is no text.
 */
export function errnoText(errno: number): string {
  const code = errnoCode(errno);
  return TEXT[code] ?? code;
}
