// SPDX-License-Identifier: MIT
/**
 * The C library (glibc, x86-64 and arm64): the one table of symbols.
 *
 * Sizes of buffers are declared u32, because numbers then stay on Deno's fast
 * path, and no chunk is near 4 GiB. Calls whose `errno` matters are
 * synchronous, because that of a `nonblocking` call belongs to another thread.
 *
 * @module
 */
import { bytesOf } from "./c_text.ts";
import { LibraryError, SyscallError } from "./errors.ts";

/** Every function of C that is called, with the types of its arguments. */
export const SYMBOLS = {
  __errno_location: { parameters: [], result: "pointer" },
  accept4: {
    parameters: ["i32", "pointer", "pointer", "i32"],
    result: "i32",
  },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  closedir: { parameters: ["pointer"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  faccessat: { parameters: ["i32", "buffer", "i32", "i32"], result: "i32" },
  fchmod: { parameters: ["i32", "u32"], result: "i32" },
  fchown: { parameters: ["i32", "u32", "u32"], result: "i32" },
  // Variadic in C; both machines pass variadic arguments like fixed ones.
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  fcntlLock: {
    name: "fcntl",
    parameters: ["i32", "i32", "buffer"],
    result: "i32",
  },
  flock: { parameters: ["i32", "i32"], result: "i32" },
  fsync: { parameters: ["i32"], result: "i32" },
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  geteuid: { parameters: [], result: "u32" },
  gethostname: { parameters: ["buffer", "u32"], result: "i32" },
  getpwnam: { parameters: ["buffer"], result: "pointer" },
  getpwuid: { parameters: ["u32"], result: "pointer" },
  getsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "buffer"],
    result: "i32",
  },
  lchown: { parameters: ["buffer", "u32", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  lseek: { parameters: ["i32", "i64", "i32"], result: "i64" },
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  mkdir: { parameters: ["buffer", "u32"], result: "i32" },
  mkdirat: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  mmap: {
    parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"],
    result: "pointer",
  },
  munmap: { parameters: ["pointer", "usize"], result: "i32" },
  // Variadic in C; both machines pass the mode like a fixed argument.
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  openat: { parameters: ["i32", "buffer", "i32", "u32"], result: "i32" },
  opendir: { parameters: ["buffer"], result: "pointer" },
  poll: { parameters: ["buffer", "u64", "i32"], result: "i32" },
  pollInThread: {
    name: "poll",
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
    nonblocking: true,
  },
  // Returns the error number, and does not set errno.
  posix_fallocate: { parameters: ["i32", "i64", "i64"], result: "i32" },
  pread: { parameters: ["i32", "buffer", "u32", "i64"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  readdir: { parameters: ["pointer"], result: "pointer" },
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  rename: { parameters: ["buffer", "buffer"], result: "i32" },
  renameat2: {
    parameters: ["i32", "buffer", "i32", "buffer", "u32"],
    result: "i32",
  },
  rmdir: { parameters: ["buffer"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  sendmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  statx: {
    parameters: ["i32", "buffer", "i32", "u32", "buffer"],
    result: "i32",
  },
  unlink: { parameters: ["buffer"], result: "i32" },
  unlinkat: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Functions that are in libc since glibc 2.34, and in librt before. */
export const SHM_SYMBOLS = {
  shm_open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  shm_unlink: { parameters: ["buffer"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/**
 * The function that every start needs. It has a table of its own, because
 * opening the whole table takes ten milliseconds.
 */
export const SIGNAL_SYMBOLS = {
  // The handler is an address, or a small number with a meaning of its own.
  signal: { parameters: ["i32", "isize"], result: "isize" },
} as const satisfies Deno.ForeignLibraryInterface;

/**
 * The functions of the tables that {@linkcode Libc} opens, as Deno types them.
 */
export type LibcSymbols =
  & Deno.DynamicLibrary<typeof SYMBOLS>["symbols"]
  & Deno.DynamicLibrary<typeof SHM_SYMBOLS>["symbols"];

function openLibrary(): Deno.DynamicLibrary<typeof SYMBOLS> {
  try {
    return Deno.dlopen("libc.so.6", SYMBOLS);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    throw new LibraryError(
      "the GNU C library (libc.so.6) of version 2.28 or newer is needed, and " +
        "this host has none",
      { cause: error },
    );
  }
}

function openShm(): Deno.DynamicLibrary<typeof SHM_SYMBOLS> {
  try {
    return Deno.dlopen("libc.so.6", SHM_SYMBOLS);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return Deno.dlopen("librt.so.1", SHM_SYMBOLS);
  }
}

/** The opened C library. Its owner closes it when no call is under way. */
export class Libc implements Disposable {
  readonly #library: Deno.DynamicLibrary<typeof SYMBOLS>;
  readonly #shm: Deno.DynamicLibrary<typeof SHM_SYMBOLS>;
  readonly #symbols: LibcSymbols;
  readonly #errno: Deno.UnsafePointerView;
  #closed = false;

  /**
   * Opens it.
   *
   * @throws {Deno.errors.NotCapable} without `--allow-ffi`.
   * @throws {LibraryError} if there is no glibc, or one that is too old.
   */
  constructor() {
    this.#library = openLibrary();
    this.#shm = openShm();
    this.#symbols = { ...this.#library.symbols, ...this.#shm.symbols };
    const location = this.#symbols.__errno_location();
    if (location === null) throw new Error("__errno_location gave NULL");
    this.#errno = new Deno.UnsafePointerView(location);
  }

  /** The functions. @throws {Error} once the library is closed. */
  get symbols(): LibcSymbols {
    if (this.#closed) throw new Error("the C library is closed");
    return this.#symbols;
  }

  /** This thread's errno: read it straight after a call that failed. */
  errno(): number {
    return this.#errno.getInt32();
  }

  /**
   * Returns the result of a call, of which only success is expected.
   *
   * @param syscall The call's name, for the error.
   * @param subject What it was applied to, for the error.
   * @param result What it returned; no other call may come in between.
   * @returns `result`, which is 0 or more.
   * @throws {SyscallError} if it is negative.
   */
  check(syscall: string, subject: string, result: number): number {
    if (result >= 0) return result;
    throw new SyscallError(syscall, this.errno(), subject);
  }

  /** Closes the library. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#library.close();
    this.#shm.close();
  }

  /** Calls {@linkcode Libc.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Returns a string as C takes it, with a NUL at its end.
 *
 * @throws {RangeError} if it holds a NUL, because C would see a shorter one.
 */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) throw new RangeError("NUL in a string for C");
  return bytesOf(text + "\0");
}
