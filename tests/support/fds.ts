// SPDX-License-Identifier: MIT
/**
 * Raw file descriptors for tests: functions that the reader's own table of
 * symbols lacks.
 *
 * @module
 */

const SYMBOLS = {
  close: { parameters: ["i32"], result: "i32" },
  // The function is variadic in C; F_GETFL takes no third argument.
  fcntl: { parameters: ["i32", "i32"], result: "i32" },
  pipe: { parameters: ["buffer"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  umask: { parameters: ["u32"], result: "u32" },
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
} as const;
const F_GETFL = 3;
const AF_UNIX = 1;
const SOCK_STREAM = 1;

/**
 * Returns what each descriptor of a process is open on. Another program has to
 * look, because Deno allows access to /proc only if everything is allowed.
 */
export function openFiles(pid: number = Deno.pid): Map<number, string> {
  const args = ["-l", `/proc/${pid}/fd`];
  const { stdout } = new Deno.Command("ls", { args }).outputSync();
  const links = new TextDecoder().decode(stdout).matchAll(/ (\d+) -> (.*)$/gm);
  return new Map([...links].map(([, fd, target]) => [Number(fd), target]));
}

/** Limits how many more files another process can open. */
export function limitFiles(pid: number, left: number): void {
  const open = openFiles(pid);
  // The limit does not close what is open: it only keeps the kernel from giving
  // out numbers at or above it.
  let limit = 0;
  for (let free = 0; open.has(limit) || free++ < left;) limit++;
  const args = [`--pid=${pid}`, `--nofile=${limit}:`];
  const { success } = new Deno.Command("prlimit", { args }).outputSync();
  if (!success) throw new Error(`prlimit ${args.join(" ")}`);
}

/**
 * Sets this process's umask. Deno's own function would need another permission.
 *
 * @returns The umask before.
 */
export function setUmask(mask: number): number {
  const libc = Deno.dlopen("libc.so.6", SYMBOLS);
  try {
    return libc.symbols.umask(mask);
  } finally {
    libc.close();
  }
}

/** Counts the descriptors that are open on the same file as `fd`. */
export function countSame(fd: number): number {
  const files = openFiles();
  return [...files.values()].filter((each) => each === files.get(fd)).length;
}

/**
 * Two connected descriptors: what is written to `to` can be read from `from`.
 */
export class FdPair implements Disposable {
  readonly #libc = Deno.dlopen("libc.so.6", SYMBOLS);
  readonly #open: Set<number>;
  readonly from: number;
  readonly to: number;

  constructor(kind: "pipe" | "socket") {
    const fds = new Int32Array(2);
    const { pipe, socketpair } = this.#libc.symbols;
    const result = kind === "pipe"
      ? pipe(fds)
      : socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
    if (result !== 0) throw new Error(`no ${kind}`);
    [this.from, this.to] = fds;
    this.#open = new Set(fds);
  }

  /**
   * Reads once, and blocks until there is something; returns an empty array at
   * the end.
   */
  read(bytes = 1 << 16): Uint8Array<ArrayBuffer> {
    const buffer = new Uint8Array(bytes);
    const count = this.#libc.symbols.read(this.from, buffer, bytes);
    if (count < 0) throw new Error("read failed");
    return buffer.subarray(0, count);
  }

  /** Closes one of the two descriptors. */
  close(fd: number): void {
    if (this.#open.delete(fd)) this.#libc.symbols.close(fd);
  }

  /** Returns the flags of the open file description behind a descriptor. */
  flags(fd: number): number {
    return this.#libc.symbols.fcntl(fd, F_GETFL);
  }

  [Symbol.dispose](): void {
    for (const fd of [this.from, this.to]) this.close(fd);
    this.#libc.close();
  }
}
