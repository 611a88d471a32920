// SPDX-License-Identifier: MIT
/**
 * Runs the rounds of the 2012 table: in each, every subject has a slice of the
 * guest's time, one after the other.
 *
 * @module
 */
import type { Machine } from "../vm/machine.ts";
import type { Context } from "./part.ts";
import type { BufferStats } from "./table_count.ts";
import { GAVE_UP, type Subject } from "./table_subjects.ts";

/** The guest's work; see table/work.c. */
export interface Work {
  readonly sliceMs: number;
  readonly rounds: number;
  /** The load's ticks in a second of the guest's time. */
  readonly ticksPerSecond: number;
}

/** How many bytes each tick hands to the partner, and gets back. */
const HANDOVERS = 2;

/** One slice. */
export interface Slice {
  /** The benchmark's units in a second of the guest's time. */
  readonly score: number;
  /** Events recorded in a second; null if nothing is traced. */
  readonly recorded: number | null;
  /** The part of them that was lost in the guest, in percent. */
  readonly lostPercent: number | null;
}

/** All slices of a subject, and what became of its events. */
export interface Row {
  readonly subject: Subject;
  readonly slices: readonly Slice[];
  /** The part of all recorded events that the host has, in percent. */
  readonly arrivedPercent: number | null;
}

/** Returns the numbers of a line such as "units=12 ticks=3". */
export function workFigures(output: string): Record<string, number> {
  const line = /^units=.*$/m.exec(output)?.[0];
  if (line === undefined) throw new Error(`no result of the work: ${output}`);
  return Object.fromEntries(
    [...line.matchAll(/(\w+)=(\d+)/g)].map((m) => [m[1], Number(m[2])]),
  );
}

const MARK = "@counters";

/**
 * Runs one slice. Its counters count from the beginning, not from the slice's.
 */
async function runSlice(
  context: Context,
  machine: Machine,
  subject: Subject,
  { sliceMs, ticksPerSecond }: Work,
) {
  const output = await machine.run(
    `${subject.switch(true)}; ` +
      `./work ${sliceMs} ${ticksPerSecond} ${HANDOVERS}; ` +
      `${subject.switch(false)}; ${subject.settle}; ` +
      `echo ${MARK}; ${subject.counters}`,
  );
  if (output.includes(GAVE_UP)) {
    const logs = await machine.run("tail -n 99 /tmp/*.log /tmp/*.end; ps");
    throw new Error(`${subject.name} does not come to rest:\n${logs}`);
  }
  const work = workFigures(output);
  const counters = subject.parse(output.split(`${MARK}\n`)[1]);
  context.raw({ subject: subject.name, ...work, counters });
  return { score: work.units / sliceMs * 1000, counters };
}

/** A row that is not complete yet. */
interface Running {
  readonly subject: Subject;
  readonly slices: Slice[];
  /** What was counted since the beginning. */
  total: BufferStats;
}

/** The results of all rounds. */
export interface Found {
  readonly rows: readonly Row[];
  /** The rivals that failed, and why. */
  readonly remarks: readonly string[];
}

/** The rounds of one guest. */
export class Rounds {
  readonly #context: Context;
  readonly #machine: Machine;
  readonly #work: Work;
  readonly #mode: string;
  readonly #rows: Running[] = [];
  readonly #remarks: string[] = [];

  /** @param mode The mode's name in the raw file and in messages. */
  constructor(context: Context, machine: Machine, work: Work, mode: string) {
    this.#context = context;
    this.#machine = machine;
    this.#work = work;
    this.#mode = mode;
  }

  /**
   * Runs all rounds. A rival that fails is left out from then on.
   *
   * @throws {Error} if another subject fails.
   */
  async run(subjects: readonly Subject[]): Promise<Found> {
    for (const subject of subjects) {
      this.#context.progress(`${this.#mode}: starting ${subject.name}`);
      await this.#attempt(subject, async () => {
        await subject.start(this.#machine);
        const total = { recorded: 0, lost: 0 };
        this.#rows.push({ subject, slices: [], total });
      });
    }
    for (let round = 1; round <= this.#work.rounds; round++) {
      const text = `${this.#mode}: round ${round} of ${this.#work.rounds}`;
      this.#context.progress(text);
      this.#context.raw({ mode: this.#mode, round });
      for (const row of [...this.#rows]) {
        await this.#attempt(row.subject, () => this.#slice(row));
      }
    }
    const rows: Row[] = [];
    for (const row of [...this.#rows]) {
      await this.#attempt(row.subject, async () => {
        rows.push(await this.#finish(row));
      });
    }
    return { rows, remarks: this.#remarks };
  }

  async #attempt(subject: Subject, what: () => Promise<void>): Promise<void> {
    try {
      await what();
    } catch (error) {
      if (subject.form === null) throw error;
      const text = (error as Error).message;
      this.#context.raw({ mode: this.#mode, failed: subject.name, text });
      console.error(text);
      const said = text.slice(0, 300).replaceAll(/\s+/g, " ");
      this.#remarks.push(`${subject.name} failed, and is left out: ${said}`);
      const at = this.#rows.findIndex((row) => row.subject === subject);
      if (at >= 0) this.#rows.splice(at, 1);
    }
  }

  async #slice(row: Running): Promise<void> {
    const { score, counters } = await runSlice(
      this.#context,
      this.#machine,
      row.subject,
      this.#work,
    );
    const { recorded, lost } = row.total;
    const events = counters === null ? null : counters.recorded - recorded;
    row.slices.push({
      score,
      recorded: events === null ? null : events / this.#work.sliceMs * 1000,
      lostPercent: counters === null || events === null
        ? null
        : (counters.lost - lost) / events * 100,
    });
    row.total = counters ?? row.total;
  }

  async #finish({ subject, slices, total }: Running) {
    const arrived = await subject.finish(this.#machine);
    const { name } = subject;
    this.#context.raw({ mode: this.#mode, subject: name, total, arrived });
    const arrivedPercent = arrived === null
      ? null
      : arrived / total.recorded * 100;
    return { subject, slices, arrivedPercent };
  }
}
