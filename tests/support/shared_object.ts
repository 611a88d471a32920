// SPDX-License-Identifier: MIT
/**
 * Shared memory objects for tests, removed afterwards.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { SharedMemory } from "../../ffi/shm.ts";

/**
 * Makes names unique: each test file counts for itself, and all may run in one
 * process.
 */
const FILE = crypto.randomUUID().slice(0, 8);
let count = 0;

/** The start of the names of this test file's objects, without the slash. */
export const OWN_NAMES: string = `ivring-test-${Deno.pid}-${FILE}-`;

/** Returns a name that no other test uses: "/ivring-test-...". */
export function uniqueName(): string {
  return `/${OWN_NAMES}${count++}`;
}

/** A new object, mapped for reading and writing. */
export class SharedObject implements Disposable {
  readonly name: string;
  readonly path: string;
  readonly #libc = new Libc();
  readonly #memory: SharedMemory;

  constructor(bytes: number, name: string = uniqueName()) {
    this.name = name;
    this.#memory = SharedMemory.create(this.#libc, this.name, bytes);
    this.path = `/dev/shm${this.#memory.name}`;
  }

  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }

  [Symbol.dispose](): void {
    this.#memory.close();
    SharedMemory.unlink(this.#libc, this.name);
    this.#libc.close();
  }
}
