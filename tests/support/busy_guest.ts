// SPDX-License-Identifier: MIT
/**
 * A guest that writes all the time, as fast as it can, in a process of its own.
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { SharedMemory } from "../../ffi/shm.ts";
import { ABI } from "../../ring/layout.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import {
  NPM_IMPORTS,
  READER_PERMISSIONS,
} from "../../packaging/permissions.ts";
import { Program } from "./reader_program.ts";
import { SharedObject, uniqueName } from "./shared_object.ts";

const BYTES = 1 << 20;
/** How many rings the lines go to in turn. */
export const TRACE_RINGS = 3;

/** The guest. A line of it is a number, followed by the letters asked for. */
export class BusyGuest implements AsyncDisposable {
  /** The name of its shared memory object. */
  readonly name: string;
  readonly #program: Program;

  private constructor(name: string, program: Program) {
    this.name = name;
    this.#program = program;
  }

  /**
   * Starts the guest, and waits until it has written around its rings.
   *
   * @param letters How many letters each line has.
   */
  static async start(letters: number): Promise<BusyGuest> {
    const name = uniqueName();
    const program = new Program([
      ...[Deno.execPath(), "run", "--no-check"],
      ...[...NPM_IMPORTS, ...READER_PERMISSIONS],
      ...["tests/support/busy_guest.ts", name, String(letters)],
    ]);
    await program.stdout.until("lapped");
    return new BusyGuest(name, program);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
    using libc = new Libc();
    SharedMemory.unlink(libc, this.name);
  }
}

function write(name: string, letters: number): void {
  using object = new SharedObject(BYTES, name);
  let now = 0n;
  const clock = () => ++now;
  const writer = new RegionWriter(object.buffer, {
    nrTrace: TRACE_RINGS,
    clock,
  });
  const encoder = new TextEncoder();
  const rest = "x".repeat(letters);
  for (let i = 0;; i++) {
    const text = encoder.encode(`${i}${rest}\n`);
    writer.write(i % TRACE_RINGS, ABI.ID_MESSAGE, text);
    if (i === Math.ceil(2 * BYTES / (letters + 16))) console.log("lapped");
  }
}

if (import.meta.main) write(Deno.args[0], Number(Deno.args[1]));
