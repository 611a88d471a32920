// SPDX-License-Identifier: MIT
/**
 * Runs readers over a ring that nobody writes to: whole processes, one after
 * the other, round after round.
 *
 * @module
 */
import { run } from "../tools/cc.ts";
import { type Figure, figureOf, ratioOf } from "./figures.ts";
import type { Context } from "./part.ts";

/** How often each figure is measured. */
export const ROUNDS = 5;

/** Where the output goes: nowhere, to a `cat`, into a file in memory. */
export type Sink = "null" | "pipe" | "tmpfs";

/** What is measured in one round. */
export interface ReadCase {
  /** The name in the raw file. */
  readonly name: string;
  readonly sink: Sink;
  /** The commands by name; each is made anew for each run. */
  readonly contenders: Readonly<Record<string, () => readonly string[]>>;
}

/** The seconds of each round, by contender. */
export class ReadTimes {
  readonly #seconds: Readonly<Record<string, number[]>>;

  /** @param seconds The times, as many for each contender. */
  constructor(seconds: Readonly<Record<string, number[]>>) {
    this.#seconds = seconds;
  }

  /** Returns the times of one contender in all rounds. */
  of(name: string): readonly number[] {
    return this.#seconds[name];
  }

  /**
   * Returns how many of `amount` are read in a second.
   *
   * @param less A contender whose time is subtracted first.
   */
  rate(name: string, amount: number, less?: string): Figure {
    const seconds = this.#without(name, less);
    return figureOf(seconds.map((each) => amount / each));
  }

  /**
   * Returns how fast one is compared with another; the time of `less` is
   * subtracted from the first one's.
   */
  speed(name: string, than: string, less?: string): Figure {
    return ratioOf(this.of(than), this.#without(name, less));
  }

  #without(name: string, less?: string): readonly number[] {
    const whole = this.of(name);
    if (less === undefined) return whole;
    const off = this.of(less);
    // The difference stays above 0, however noisy the machine is.
    return whole.map((each, i) => Math.max(each - off[i], each / 100));
  }
}

/** Starts programs and measures them. */
export class Launcher {
  readonly #path: string;
  readonly #context: Context;

  readonly #folder: string;

  /**
   * @param path From `buildLauncher`.
   * @param folder The folder for files.
   */
  constructor(path: string, context: Context, folder: string) {
    this.#path = path;
    this.#context = context;
    this.#folder = folder;
  }

  /**
   * Measures one case.
   *
   * @throws {Error} if a program fails.
   */
  measure({ name, sink, contenders }: ReadCase): ReadTimes {
    this.#context.progress(name);
    const seconds: Record<string, number[]> = {};
    for (let round = 0; round < ROUNDS; round++) {
      for (const [who, command] of Object.entries(contenders)) {
        const took = this.once(command(), sink);
        this.#context.raw({ case: name, sink, who, round, ...took });
        (seconds[who] ??= []).push(took.wall_ns / 1e9);
      }
    }
    return new ReadTimes(seconds);
  }

  /**
   * Runs one program.
   *
   * @throws {Error} if it does not end with 0.
   */
  once(command: readonly string[], sink: Sink): Record<string, number> {
    const file = `${this.#folder}/output`;
    const target = sink === "tmpfs" ? file : sink;
    const done = run(this.#path, [target, ...command]);
    const took = Object.fromEntries(
      [...done.stdout.matchAll(/^(\w+) (-?\d+)$/gm)]
        .map(([, key, value]) => [key, Number(value)]),
    );
    if (done.code !== 0 || took.code !== 0) {
      throw new Error(`${command.join(" ")}: ${done.stderr}`);
    }
    return took;
  }
}
