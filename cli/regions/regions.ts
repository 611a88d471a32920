// SPDX-License-Identifier: MIT
/**
 * The objects that one command reads: those that were named, and those that
 * are found by patterns as they come and go.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { addTotals, Totals } from "../../ring/totals.ts";
import { likenessOf, objectNames } from "./discovery.ts";
import { CommandError } from "../errors.ts";
import { complain, type Messages } from "../console/messages.ts";
import type { Matcher } from "./patterns.ts";
import type { LifeOptions, RegionLife } from "./region_life.ts";
import { summaryText } from "../console/summary.ts";
import { noneFound, noneText } from "./targets.ts";

/** The time between two looks for new objects. */
const LOOK_MS = 1000;
/**
 * The most objects at once, so that making many cannot exhaust this process.
 */
const FOUND_MAX = 4096;

/** Which objects are read, and how. */
export interface RegionsOptions extends Pick<LifeOptions, "once" | "stop"> {
  readonly messages: Messages;
  /** Whether guests learn how far their records are written out. */
  readonly lossless: boolean;
  /** Objects that were named one by one. */
  readonly names: readonly string[];
  /**
   * Patterns of names that are read as they appear; none to read only `names`.
   */
  readonly patterns: readonly Matcher[];
  /** The patterns as they were typed; see `Targets`. */
  readonly asked: readonly string[];
  /** Makes what reads one object. */
  readonly make: (
    kind: Pick<LifeOptions, "name" | "oneOfMany" | "found">,
  ) => RegionLife;
}

/** Reads many objects, each step by step in turn. */
export class Regions implements Disposable {
  readonly #libc: Libc;
  readonly #options: RegionsOptions;
  readonly #oneOfMany: boolean;
  readonly #lives = new Map<string, RegionLife>();
  /** The counts of objects that are gone. */
  readonly #gone = new Totals();
  /** The index of the object that is stepped first; another one each round. */
  #first = 0;
  #lookMs = 0;
  #begun = false;
  #toldTooMany = false;
  #toldNone = false;

  /** Reads nothing yet. */
  constructor(libc: Libc, options: RegionsOptions) {
    this.#libc = libc;
    this.#options = options;
    const { names, patterns } = options;
    this.#oneOfMany = names.length !== 1 || patterns.length > 0;
    for (const name of names) this.#begin(name, false);
  }

  /** Whether there may be more than one. */
  get oneOfMany(): boolean {
    return this.#oneOfMany;
  }

  /** The objects that are read, or waited for, now. */
  get lives(): IteratorObject<RegionLife> {
    return this.#lives.values();
  }

  /**
   * Returns the sum of all counts, including those of objects that are gone.
   */
  totals(): Totals {
    const sum = new Totals();
    addTotals(sum, this.#gone);
    for (const { totals } of this.#lives.values()) addTotals(sum, totals);
    return sum;
  }

  /** Whether any object was ever read. */
  get begun(): boolean {
    return this.#begun ||= this.#lives.values().some((life) => life.begun);
  }

  /** Whether nothing more will come. */
  get ended(): boolean {
    const waits = this.#options.patterns.length > 0 && !this.#ending;
    return !waits && this.#lives.values().every((life) => life.over);
  }

  /** When `due` has to be called again, in ms of `performance.now()`. */
  get dueMs(): number {
    let dueMs = this.#options.patterns.length > 0 ? this.#lookMs : Infinity;
    for (const life of this.#lives.values()) {
      if (!life.over) dueMs = Math.min(dueMs, life.dueMs);
    }
    return dueMs;
  }

  /** Looks for new objects, and returns those that have to be stepped now. */
  due(): RegionLife[] {
    const nowMs = performance.now();
    const { once, stop, patterns } = this.#options;
    const ending = stop.aborted;
    if (nowMs >= this.#lookMs && patterns.length > 0 && !ending) {
      this.#lookMs = once ? Infinity : nowMs + LOOK_MS;
      this.#look();
    }
    const due = [...this.#lives.values()].filter((life) =>
      !life.over && (ending || life.dueMs <= nowMs)
    );
    // Each goes first in turn, because memory and time may not suffice for all.
    this.#first = (this.#first + 1) % Math.max(1, due.length);
    return [...due.slice(this.#first), ...due.slice(0, this.#first)];
  }

  /**
   * Closes the objects that have ended. Has to be called when what was read is
   * written.
   *
   * @throws The error that ended the only object, and any error that is not
   * about one object.
   */
  settle(): void {
    for (const [name, life] of this.#lives) {
      if (!life.over) continue;
      const { failure } = life;
      const itsOwn = this.#oneOfMany && failure instanceof CommandError;
      if (failure !== null && !itsOwn) throw failure;
      life.close();
      if (!this.#ending) this.#drop(name, life);
    }
  }

  /** Whether guests learn how far their records are written out. */
  get tells(): boolean {
    return this.#options.lossless;
  }

  /** Notes that everything that was delivered is written out. */
  written(): void {
    for (const life of this.#lives.values()) life.written();
  }

  /** Shows the guests that their consumer is alive while writing takes time. */
  beat(): void {
    for (const life of this.#lives.values()) life.beat();
  }

  /** Delivers what is held back for all objects. Nothing more is read. */
  finish(): void {
    for (const life of this.#lives.values()) life.finish();
  }

  /** Reports the counts of each, with `--verbose`, if there may be several. */
  tell(): void {
    for (const life of this.#lives.values()) this.#tell(life);
  }

  /**
   * Checks, at the end, that the objects could be read.
   *
   * @throws {CommandError} if one that was named could not be read, or if none
   * could; with `once`, also if there was none at all.
   */
  end(): void {
    const all = [...this.#lives.values()];
    if (all.length === 0 && this.#options.once) throw noneFound(this.#options);
    const failed = all.filter((life) => life.failure !== null);
    const named = all.filter((life) => !life.found);
    const lacking = failed.filter((life) => !life.found).length;
    if (lacking > 0) {
      throw new CommandError(
        `${lacking} of ${named.length} objects could not be read`,
      );
    }
    if (failed.length > 0 && failed.length === all.length) {
      throw new CommandError(`none of ${all.length} objects could be read`);
    }
  }

  /** Closes all objects. Idempotent. */
  [Symbol.dispose](): void {
    for (const life of this.#lives.values()) life.close();
  }

  get #ending(): boolean {
    return this.#options.once || this.#options.stop.aborted;
  }

  #begin(name: string, found: boolean): void {
    if (this.#lives.has(name)) return;
    const life = this.#options.make({
      name,
      oneOfMany: this.#oneOfMany,
      found,
    });
    this.#lives.set(name, life);
  }

  #drop(name: string, life: RegionLife): void {
    life.close();
    this.#lives.delete(name);
    addTotals(this.#gone, life.totals);
    this.#begun ||= life.begun;
    this.#tell(life);
  }

  #tell({ name, begun, totals, wakeups }: RegionLife): void {
    if (wakeups !== null) {
      const times = `${wakeups} times`;
      this.#options.messages.detail(`${name}: woken ${times} by its doorbell`);
    }
    if (!this.#oneOfMany || !begun) return;
    this.#options.messages.detail(`${name}: ${summaryText(totals)}`);
  }

  /**
   * Begins with new objects, and drops those that are gone and are not read.
   */
  #look(): void {
    const names = objectNames(this.#libc, this.#options.patterns);
    const there = new Set(names);
    for (const [name, life] of this.#lives) {
      if (life.found && life.work === null && !there.has(name)) {
        this.#drop(name, life);
      }
    }
    for (const name of names) {
      if (this.#lives.has(name)) continue;
      const likeness = likenessOf(this.#libc, name);
      if (likeness !== "ring" && likeness !== "unreadable") continue;
      if (this.#lives.size < FOUND_MAX) this.#begin(name, true);
      else if (!this.#toldTooMany) {
        this.#toldTooMany = true;
        complain(`more than ${FOUND_MAX} rings: the others are left out`);
      }
    }
    if (this.#lives.size > 0 || this.#toldNone) return;
    this.#toldNone = true;
    const { once, messages } = this.#options;
    // With --once this is the error at the end.
    if (!once) messages.note(`waiting: ${noneText(this.#options)} yet`);
  }
}
