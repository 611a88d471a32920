// SPDX-License-Identifier: MIT
/**
 * Maps pages of a file, which all processes that map them share. Source:
 * mmap(2).
 *
 * @module
 */
import { SyscallError } from "./errors.ts";
import type { Libc } from "./libc.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffffffffffffffffn;

/** The unit of mappings, in bytes. */
export const PAGE_BYTES = 4096;

/** What is mapped, and how. */
export interface MappingOptions {
  /** A descriptor of the file, which may be closed afterwards. */
  readonly fd: number;
  /** A multiple of a page. */
  readonly offset: number;
  /** May be 0: nothing is mapped then. */
  readonly bytes: number;
  readonly writable: boolean;
  /** What the file is, for errors. */
  readonly name: string;
}

/** One mapping. Reading beyond the file's end ends this process (SIGBUS). */
export class Mapping implements Disposable {
  /** The mapped bytes. If they are not writable, a store raises SIGSEGV. */
  readonly buffer: ArrayBuffer;
  readonly #libc: Libc;
  readonly #options: MappingOptions;
  readonly #pointer: Deno.PointerObject | null;
  #closed = false;

  /** @throws {SyscallError} such as EACCES, ENODEV. */
  constructor(libc: Libc, options: MappingOptions) {
    this.#libc = libc;
    this.#options = options;
    this.#pointer = map(libc, options);
    // Made only once, because each wrapper counts as external memory.
    this.buffer = this.#pointer === null
      ? new ArrayBuffer(0)
      : Deno.UnsafePointerView.getArrayBuffer(this.#pointer, options.bytes);
  }

  /**
   * Unmaps. Idempotent. Arrays over `buffer` become empty: it is detached
   * first, so that none of them reaches memory that is gone.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.buffer.transfer();
    if (this.#pointer === null) return;
    const { bytes, name } = this.#options;
    const { munmap } = this.#libc.symbols;
    this.#libc.check("munmap", name, munmap(this.#pointer, BigInt(bytes)));
  }

  /** Calls {@linkcode Mapping.close}. */
  [Symbol.dispose](): void {
    this.close();
  }
}

function map(
  libc: Libc,
  { fd, offset, bytes, writable, name }: MappingOptions,
): Deno.PointerObject | null {
  // mmap(2) takes no length of 0; such an object is still being made.
  if (bytes === 0) return null;
  const protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
  const pointer = libc.symbols.mmap(
    null,
    BigInt(bytes),
    protection,
    MAP_SHARED,
    fd,
    BigInt(offset),
  );
  if (Deno.UnsafePointer.value(pointer) === MAP_FAILED) {
    throw new SyscallError("mmap", libc.errno(), name);
  }
  return pointer;
}
