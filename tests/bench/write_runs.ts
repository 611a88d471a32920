// SPDX-License-Identifier: MIT
/**
 * Runs of the program in write/: every contender in turn, in short slices, and
 * the whole process several times over, because where memory comes to lie
 * differs from process to process.
 *
 * @module
 */
import { run } from "../tools/cc.ts";
import { type Figure, figureOf, median } from "./figures.ts";
import type { Context } from "./part.ts";

/** As the program takes it. */
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

/** Processes of each case: the count of every figure. */
export const PROCESSES = 5;
/** So many are measured at most, until enough of them have had the same floor. */
export const PROCESSES_MOST = 15;
/** Greatest floor in the least of processes that can be compared. */
const SAME = 1.1;

/** Slices of one process, by contender: ns a record. */
export type Slices = Readonly<Record<string, readonly number[]>>;

const floorOf = ({ floor }: Slices) => median(floor);

/**
 * Those with the fastest floor, when the machine was least disturbed. Only the
 * floor decides, never what is measured against it.
 *
 * @param all At least `PROCESSES` processes.
 */
export function fastest(all: readonly Slices[]): readonly Slices[] {
  return all.toSorted((a, b) => floorOf(a) - floorOf(b)).slice(0, PROCESSES);
}

/** Whether there are enough processes that had about the same floor. */
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

  /** ns a record; null for a contender that was not there. */
  ns(name: string): Figure | null {
    if (!this.#has(name)) return null;
    return figureOf(this.#processes.map((slices) => median(slices[name])));
  }

  /** How many times as long `of` takes as `to`, slice beside slice. */
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
  /** LTTng's, in processes of their own. */
  readonly lttng: ReadonlyMap<string, Measured>;
}

/** Names a case. */
export function caseKey({ clock, threads, sizeBytes }: WriteCase): string {
  return `${clock}/${threads}/${sizeBytes}`;
}

/** Takes what the program printed apart. */
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

/** What there is time for. */
export function slicingOf({ quick }: Context): Slicing {
  return quick ? { rounds: 5, sliceUs: 1000 } : { rounds: 31, sliceUs: 3000 };
}

/** The arguments of one process. @param object Path of its region; made. */
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
 * @param start Starts the program; its arguments are put behind.
 * @param contenders "floor" among them.
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
