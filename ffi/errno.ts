// SPDX-License-Identifier: MIT
/**
 * Error numbers of Linux on x86-64 and arm64 (both use the generic numbers).
 * Source: include/uapi/asm-generic/errno-base.h and errno.h.
 *
 * @module
 */

/** Error numbers that the calls in `libc.ts` and Deno's can return, by name. */
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
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ETXTBSY: 26,
  EFBIG: 27,
  ENOSPC: 28,
  ESPIPE: 29,
  EROFS: 30,
  EMLINK: 31,
  EPIPE: 32,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOLCK: 37,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ELOOP: 40,
  EOVERFLOW: 75,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENETDOWN: 100,
  ECONNABORTED: 103,
  ECONNRESET: 104,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
  ESTALE: 116,
  EDQUOT: 122,
} as const;

/** A text for each number, worded to follow the name of a thing. */
const TEXT: Readonly<Record<keyof typeof ERRNO, string>> = {
  EPERM: "operation not permitted",
  ENOENT: "no such file or directory",
  EINTR: "interrupted by a signal",
  EIO: "input/output error",
  ENXIO: "no such device or address",
  EBADF: "is not open",
  EAGAIN: "is not ready now",
  ENOMEM: "out of memory",
  EACCES: "permission denied",
  EFAULT: "bad address",
  EBUSY: "is in use by something else",
  EEXIST: "exists already",
  EXDEV: "is on another file system",
  ENODEV: "is no regular file",
  ENOTDIR: "a part of the path is not a directory",
  EISDIR: "is a directory",
  EINVAL: "invalid argument",
  ENFILE: "too many open files on this machine",
  EMFILE: "too many open files",
  ETXTBSY: "is a program that runs now",
  EFBIG: "would become larger than a file may be",
  ENOSPC: "no space left on device",
  ESPIPE: "has no positions, as a pipe has none",
  EROFS: "read-only file system",
  EMLINK: "has too many links",
  EPIPE: "nobody reads it any more",
  EDEADLK: "would wait for itself",
  ENAMETOOLONG: "name too long",
  ENOLCK: "no locks available",
  ENOSYS: "this kernel has no such call",
  ENOTEMPTY: "directory not empty",
  ELOOP: "is a symbolic link",
  EOVERFLOW: "a value too large",
  EOPNOTSUPP: "operation not supported",
  EADDRINUSE: "is in use: another reader serves it",
  EADDRNOTAVAIL: "no such address on this host",
  ENETDOWN: "the network is down",
  ECONNABORTED: "connection aborted",
  ECONNRESET: "connection reset by the other end",
  ENOTCONN: "is not connected",
  ETIMEDOUT: "timed out",
  ECONNREFUSED: "connection refused",
  ESTALE: "was removed on the file server",
  EDQUOT: "disk quota exceeded",
};

/**
 * Returns the name of an error number.
 *
 * @returns Such as "ENOENT", or "errno 7" for one not in the table.
 */
export function errnoCode(errno: number): string {
  const found = Object.entries(ERRNO).find(([, number]) => number === errno);
  return found?.[0] ?? `errno ${errno}`;
}

/**
 * Returns what an error number means, in words.
 *
 * @returns Such as "permission denied"; the number if there is no text for it.
 */
export function errnoText(errno: number): string {
  const code = errnoCode(errno);
  return TEXT[code as keyof typeof ERRNO] ?? `error number ${errno} of Linux`;
}
