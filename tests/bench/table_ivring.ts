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

/** A way in which the kernel's events come into the ring. */
export interface Way {
  readonly name: string;
  /** What `ivring-trace start` is given for it. */
  readonly options: string;
  /** The number of its device in the guest. */
  readonly device: number;
}

/** The first is what a user gets who asks for nothing. */
export const WAYS: readonly Way[] = [
  { name: "**IVRing**", options: "", device: 0 },
  { name: "IVRing without probes", options: "--no-probes", device: 1 },
  {
    name: "IVRing behind the kernel's buffer",
    options: "-b 1408",
    device: 2,
  },
];

/**
 * Returns the row of one of IVRing's ways. Each has a device and a tracing
 * instance of its own.
 *
 * @param reader A reader that has followed since before the guest was booted.
 */
export function ivringSubject(
  { name, options, device }: Way,
  reader: FollowingReader,
): Subject {
  const stem = `ivring${device}`;
  const sysfs = `/sys/class/misc/${stem}`;
  const instance = instanceOf(stem);
  const command = `/tmp/trace-${stem}`;
  // Where events that have no probe wait for their slices.
  const waiting = `/tmp/events-${stem}`;
  const off = `echo 0 > ${sysfs}/trace; : > ${instance}/set_event`;
  return {
    ...BARE,
    name,
    // The kernel exports what any instance records, so it may only in its own
    // slices. Probes are there while `trace` is 1.
    switch: (on) =>
      on
        ? `cat ${waiting} > ${instance}/set_event; echo 1 > ${sysfs}/trace`
        : off,
    counters: `cat ${sysfs}/trace_exported ${sysfs}/drops`,
    parse: (text) => {
      const [exported, dropped] = text.trim().split("\n").map(Number);
      return { recorded: exported + dropped, lost: dropped };
    },
    start: async (machine: Machine) => {
      await machine.run(
        `sed 's/^group=ivring/&${device}/' ivring-trace > ${command} && ` +
          `sh ${command} -d ${stem} start ${options} ${SYSTEMS.join(" ")} && ` +
          `cat ${instance}/set_event > ${waiting} && { ${off}; }`,
      );
    },
    finish: () => reader.events(),
  };
}
