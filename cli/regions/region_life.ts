// SPDX-License-Identifier: MIT
/**
 * One object by its name, for as long as it is wanted: waited for, attached
 * to, read round by round, left, and waited for again.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import type { SharedMemory } from "../../ffi/shm.ts";
import type { Totals } from "../../ring/totals.ts";
import { CommandError } from "../errors.ts";
import type { Messages } from "../messages.ts";
import type { ObjectRules } from "./objects.ts";
import { ObjectWatch } from "./object_watch.ts";
import { Refusal } from "./refusal.ts";
import {
  type Guest,
  type RegionWork,
  type Round,
  roundsOfAll,
} from "./region_work.ts";
import { Pace } from "../sleep.ts";
import { explainMissing, explainRegion, tryAttach } from "./wait.ts";

/** What is wanted of an object. */
export interface LifeOptions {
  /** The object, "/NAME" or "NAME". */
  readonly name: string;
  readonly rules: ObjectRules;
  /** End when what is there has been read; do not wait. */
  readonly once: boolean;
  readonly messages: Messages;
  /** Aborted to end soon, after a last round. */
  readonly stop: AbortSignal;
  /** What is counted for this object, whatever takes its place. */
  readonly totals: Totals;
  /** Begins with a region that is formatted. */
  readonly open: (buffer: ArrayBuffer) => RegionWork;
  /** Whether others are read, too: an error is then told, and ends nothing. */
  readonly oneOfMany: boolean;
  /** Whether it was found by a pattern: left once its guest is gone. */
  readonly found: boolean;
  /** Whether `name` is the path of a file that holds a copy. */
  readonly image?: boolean;
}

/** How often an object is looked for while others are read, at most. */
const WAIT_MS = 1000;
/** A removed object is left once its guest's heart has not beaten so long. */
const STILL_MS = 5000;

const QUIET: Round = { more: false, busy: false, turned: false };

interface Attached {
  readonly memory: SharedMemory;
  readonly work: RegionWork;
  readonly watch: ObjectWatch;
  /** Once it is to end; a guest that writes on must not keep us. */
  roundsLeft: number;
}

/** The life of one object's reading. Its owner calls `step` when it is due. */
export class RegionLife {
  readonly #libc: Libc;
  readonly #options: LifeOptions;
  readonly #refusal: Refusal;
  readonly #pace: Pace;
  #attached: Attached | null = null;
  /** Nothing of it is left to read: the object is let go at the next step. */
  #leaving = false;
  #waitsFor = "";
  #guest: Guest | null = null;
  /** When the object still had its name, in ms since 1970. */
  #removedMs = 0;
  #begun = false;
  #over = false;
  #failure: unknown = null;

  /** Does nothing yet. */
  constructor(libc: Libc, options: LifeOptions) {
    this.#libc = libc;
    this.#options = options;
    this.#refusal = new Refusal(libc, options.name);
    this.#pace = new Pace(options.oneOfMany ? WAIT_MS : undefined);
  }

  /** The object's name. */
  get name(): string {
    return this.#options.name;
  }

  /** What was counted. */
  get totals(): Readonly<Totals> {
    return this.#options.totals;
  }

  /** Whether it was found by a pattern. */
  get found(): boolean {
    return this.#options.found;
  }

  /** What is read now; null while it is waited for. */
  get work(): RegionWork | null {
    return this.#leaving ? null : this.#attached?.work ?? null;
  }

  /** Whether a region is read now. */
  get isReading(): boolean {
    return this.work !== null;
  }

  /** What was last seen of the guest; null while it is waited for. */
  get guest(): Guest | null {
    return this.#guest;
  }

  /** Whether a region was ever read. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Whether nothing more will come. */
  get over(): boolean {
    return this.#over;
  }

  /** Why it ended, or why it ended with `once`; null if it was no error. */
  get failure(): unknown {
    return this.#failure;
  }

  /** When to call `step` again, in milliseconds of `performance.now()`. */
  get dueMs(): number {
    return this.#pace.dueMs;
  }

  /**
   * Tries to attach, or reads one round. What it delivers has to be written
   * before the next step.
   */
  step(): Round {
    let round = QUIET;
    try {
      if (this.#leaving) this.close();
      round = this.#attached === null
        ? this.#attach()
        : this.#round(this.#attached);
    } catch (error) {
      round = this.#fail(error);
    }
    if (round.more) this.#pace.hurry();
    else this.#pace.rest(round.busy);
    return round;
  }

  /** Delivers what is held back: nothing more is read. */
  finish(): void {
    this.work?.finish(false);
    this.#over = true;
  }

  /** Lets the object go. Idempotent. */
  close(): void {
    this.#leaving = false;
    this.#attached?.memory.close();
    this.#attached = null;
    if (!this.#over) this.#guest = null;
  }

  #attach(): Round {
    const { stop, once, name, messages, open } = this.#options;
    if (stop.aborted) {
      this.#over = true;
      return QUIET;
    }
    if (!this.#refusal.over()) return QUIET;
    const found = tryAttach(this.#libc, this.#options, open);
    if (typeof found === "string") {
      if (once) throw new CommandError(explainMissing(name, found));
      if (found !== this.#waitsFor) messages.note(`waiting: ${found}`);
      this.#waitsFor = found;
      return QUIET;
    }
    const { memory, reader: work } = found;
    const watch = new ObjectWatch(memory, messages);
    this.#attached = { memory, work, watch, roundsLeft: Infinity };
    this.#waitsFor = "";
    this.#begun = true;
    this.#refusal.clear();
    return { more: true, busy: true, turned: false };
  }

  #round(attached: Attached): Round {
    const { once, stop } = this.#options;
    const { work, watch } = attached;
    // Before anything looks at the memory.
    const truncation = watch.truncation();
    if (truncation !== null) throw truncation;
    const replaced = watch.replaced();
    const left = replaced || this.#isDeserted(attached);
    if (
      (once || stop.aborted || left) && attached.roundsLeft === Infinity
    ) {
      attached.roundsLeft = roundsOfAll(work.info);
    }
    const round = work.round();
    const last = !round.more || --attached.roundsLeft <= 0;
    if (!last || attached.roundsLeft === Infinity) return round;
    work.finish(left);
    this.#leaving = true;
    if (left && !replaced) {
      this.#options.messages.note(`${this.name}: its guest is gone, too: left`);
    }
    if (replaced && !once && !stop.aborted) this.#options.totals.sessions++;
    else this.#over = true;
    return { more: !this.#over, busy: true, turned: true };
  }

  /** Looks at the guest. @returns Whether name and guest are both gone. */
  #isDeserted({ work, watch }: Attached): boolean {
    const { pulse } = work;
    if (pulse === undefined) return false;
    const nowMs = Date.now();
    const beats = pulse.heartbeat !== this.#guest?.heartbeat;
    const beatUtcMs = beats ? nowMs : this.#guest!.beatUtcMs;
    this.#guest = { ...pulse, beatUtcMs };
    if (!watch.removed) this.#removedMs = nowMs;
    return this.#options.found &&
      nowMs - Math.max(beatUtcMs, this.#removedMs) > STILL_MS;
  }

  /** What was read until then is still good. */
  #fail(error: unknown): Round {
    const { name, once, oneOfMany } = this.#options;
    const failure = explainRegion(name, error);
    this.work?.finish(true);
    this.#leaving = true;
    // Anything else is no fault of the object's: of the output's, most likely.
    const itsOwn = oneOfMany && failure instanceof CommandError;
    if (!itsOwn || once) {
      this.#failure = failure;
      this.#over = true;
    }
    if (itsOwn) this.#refusal.tell(failure);
    return { more: false, busy: false, turned: true };
  }
}
