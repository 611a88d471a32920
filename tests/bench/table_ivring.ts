// SPDX-License-Identifier: MIT
/**
 * IVRing in the 2012 table: the kernel's events come into the ring as
 * `ivring-trace` has it by default, and a reader follows and writes a file.
 *
 * @module
 */
import { Program, readerCommand } from "../support/reader_program.ts";
import type { Machine } from "../vm/machine.ts";
import { countLines } from "./table_count.ts";
import { BARE, instanceOf, type Subject, SYSTEMS } from "./table_subjects.ts";

const SYSFS = "/sys/class/misc/ivring0";
const INSTANCE = instanceOf("ivring");
/** Longer than the longest sleep of a reader that has nothing to do. */
const SETTLE_MS = 1500;

/** A reader that follows one object, and writes a file. */
export class FollowingReader implements AsyncDisposable {
  readonly #program: Program;
  readonly #path: string;

  /**
   * @param name The object's name.
   * @param path The file's path.
   */
  constructor(name: string, path: string) {
    const only = SYSTEMS.flatMap((system) => ["--event", `${system}:*`]);
    this.#program = new Program(
      readerCommand(["-s", `/${name}`, "-f", path, ...only]),
    );
    this.#path = path;
  }

  /**
   * Ends the reader.
   *
   * @returns How many events it has written.
   */
  async events(): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    try {
      this.#program.kill("SIGINT");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // reported below
    }
    const code = await this.#program.ended();
    const said = (await this.#program.stderr.rest()).join("\n");
    if (code !== 0) {
      throw new Error(`ivring_reader ended with ${code}: ${said}`);
    }
    return countLines(Deno.readFileSync(this.#path));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#program[Symbol.asyncDispose]();
  }
}

/**
 * Returns IVRing's row.
 *
 * @param reader A reader that has followed since before the guest was booted.
 */
export function ivringSubject(reader: FollowingReader): Subject {
  // Where the instance's events, which have no probes, wait for their slices.
  const waiting = "/tmp/ivring-events";
  const off = `echo 0 > ${SYSFS}/trace; : > ${INSTANCE}/set_event`;
  return {
    ...BARE,
    name: "**IVRing**",
    // The kernel exports what any instance records, so it may only in its own
    // slices. Probes are there while `trace` is 1.
    switch: (on) =>
      on
        ? `cat ${waiting} > ${INSTANCE}/set_event; echo 1 > ${SYSFS}/trace`
        : off,
    counters: `cat ${SYSFS}/trace_exported ${SYSFS}/drops`,
    parse: (text) => {
      const [exported, dropped] = text.trim().split("\n").map(Number);
      return { recorded: exported + dropped, lost: dropped };
    },
    start: async (machine: Machine) => {
      await machine.run(
        `sh ivring-trace start ${SYSTEMS.join(" ")} && ` +
          `cat ${INSTANCE}/set_event > ${waiting} && { ${off}; }`,
      );
    },
    finish: () => reader.events(),
  };
}
