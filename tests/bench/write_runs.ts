// SPDX-License-Identifier: MIT
/**
 * Runs the program in write/: every contender in turn, in short slices, and the
 * whole process several times, because the place of memory differs from process
 * to process.
 *
 * @module
 */
import { run } from "../tools/cc.ts";
import { type Figure, figureOf, median } from "./figures.ts";
import type { Context } from "./part.ts";

/** The clock, by the program's name for it. */
export type Clock = "mono" | "tsc" | "none";

/** What is measured in one process. */
export interface WriteCase {
  readonly clock: Clock;
  readonly threads: number;
  readonly sizeBytes: number;
}

/** How a program is started. */
export interface Start {
  readonly command: readonly string[];
  readonly env?: Record<string, string>;
}

/** How many processes of each case count for a figure. */
export const PROCESSES = 5;
/**
 * How many are measured at most, until enough of them have had the same floor.
 */
export const PROCESSES_MOST = 15;
/**
 * How many times the least floor the greatest may be, if processes can be
 * compared.
 */
const SAME = 1.1;

/** The slices of one process, by contender, in ns for a record. */
export type Slices = Readonly<Record<string, readonly number[]>>;

const floorOf = ({ floor }: Slices) => median(floor);

/**
 * Returns the processes with the fastest floor, when the machine was least
 * disturbed. Only the floor decides, never what is measured against it.
 *
 * @param all At least `PROCESSES` processes.
 */
export function fastest(all: readonly Slices[]): readonly Slices[] {
  return all.toSorted((a, b) => floorOf(a) - floorOf(b)).slice(0, PROCESSES);
}

/** Tells whether there are enough processes that had about the same floor. */
function isEnough(all: readonly Slices[], most: number): boolean {
  if (all.length < PROCESSES) return false;
  const floors = fastest(all).map(floorOf);
  return all.length >= most || floors[PROCESSES - 1] <= SAME * floors[0];
}

/** All processes of one case. */
export class Measured {
  readonly #processes: Slices[] = [];

  /** Adds a process. */
  add(slices: Slices): void {
    this.#processes.push(slices);
  }

  /** Returns the ns for a record; null for a contender that was not there. */
  ns(name: string): Figure | null {
    if (!this.#has(name)) return null;
    return figureOf(this.#processes.map((slices) => median(slices[name])));
  }

  /** Returns how many times as long `of` takes as `to`, slice beside slice. */
  ratio(of: string, to: string): Figure | null {
    if (!this.#has(of) || !this.#has(to)) return null;
    return figureOf(
      this.#processes.map((slices) =>
        median(slices[of].map((ns, i) => ns / slices[to][i]))
      ),
    );
  }

  #has(name: string): boolean {
    return this.#processes.length > 0 && name in this.#processes[0];
  }
}

/** All cases, by `caseKey`. */
export interface WriteResults {
  readonly main: ReadonlyMap<string, Measured>;
  /** The cases of LTTng, which runs in processes of its own. */
  readonly lttng: ReadonlyMap<string, Measured>;
}

/** Names a case. */
export function caseKey({ clock, threads, sizeBytes }: WriteCase): string {
  return `${clock}/${threads}/${sizeBytes}`;
}

/** Parses what the program printed. */
export function slicesOf(stdout: string): {
  ringBytes: number;
  slices: Slices;
} {
  const slices: Record<string, number[]> = {};
  let ringBytes = 0;
  for (const [, name, value] of stdout.matchAll(/^([a-z_]+) ([\d.]+)$/gm)) {
    if (name === "ring_bytes") ringBytes = Number(value);
    else (slices[name] ??= []).push(Number(value));
  }
  return { ringBytes, slices };
}

/** How a process takes turns between its contenders. */
export interface Slicing {
  readonly rounds: number;
  readonly sliceUs: number;
}

/** Returns the slicing that there is time for. */
export function slicingOf({ quick }: Context): Slicing {
  return quick ? { rounds: 5, sliceUs: 1000 } : { rounds: 31, sliceUs: 3000 };
}

/**
 * Returns the arguments of one process.
 *
 * @param object Path of its region, which the process makes.
 */
export function writeArgs(
  { rounds, sliceUs }: Slicing,
  object: string,
  { clock, threads, sizeBytes }: WriteCase,
  contenders: readonly string[],
  warmUs = 0,
): string[] {
  const numbers = [threads, sizeBytes, rounds, sliceUs, warmUs].map(String);
  return [object, clock, ...numbers, ...contenders];
}

/** An object for one process, removed afterwards. */
export class Scratch implements Disposable {
  readonly name = `/ivring-bench-${crypto.randomUUID()}`;
  readonly path = `/dev/shm${this.name}`;

  [Symbol.dispose](): void {
    try {
      Deno.removeSync(this.path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/**
 * Measures one case.
 *
 * @param start Starts the program; its arguments are appended.
 * @param contenders The contenders, "floor" among them.
 * @throws {Error} if the program fails.
 */
export function measureWrites(
  context: Context,
  start: Start,
  what: WriteCase,
  contenders: readonly string[],
): Measured {
  const [program, ...before] = start.command;
  const slicing = slicingOf(context);
  const all: Slices[] = [];
  const most = context.quick ? PROCESSES : PROCESSES_MOST;
  while (!isEnough(all, most)) {
    using object = new Scratch();
    const args = writeArgs(slicing, object.path, what, contenders);
    const done = run(program, [...before, ...args], start.env ?? {});
    if (done.code !== 0) throw new Error(`${program}: ${done.stderr}`);
    const found = slicesOf(done.stdout);
    context.raw({ ...what, process: all.length, ...found });
    all.push(found.slices);
  }
  const measured = new Measured();
  for (const slices of fastest(all)) measured.add(slices);
  return measured;
}
