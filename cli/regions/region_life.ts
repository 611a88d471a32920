// SPDX-License-Identifier: MIT
/**
 * One object by its name, for as long as it is wanted: waited for, attached
 * to, read round by round, left, and waited for again.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import type { Totals } from "../../ring/totals.ts";
import { CommandError } from "../errors.ts";
import { type GuestEvent, guestEventText, isNews } from "./guest_event.ts";
import { GuestWatch } from "./guest_watch.ts";
import { Attachment, type AttachmentOptions } from "./attachment.ts";
import { Refusal } from "./refusal.ts";
import {
  type Guest,
  type RegionWork,
  type Round,
  roundsOfAll,
} from "./region_work.ts";
import { Pace } from "../sleep.ts";
import { explainRegion, isHeaderError, Missing } from "./wait.ts";

/** What is wanted of an object. */
export interface LifeOptions extends AttachmentOptions {
  /** End when what is there has been read; do not wait. */
  readonly once: boolean;
  /** Aborted to end soon, after a last round. */
  readonly stop: AbortSignal;
  /** What is counted for this object, whatever takes its place. */
  readonly totals: Totals;
  /** Whether others are read, too: an error is then told, and ends nothing. */
  readonly oneOfMany: boolean;
  /** Whether it was found by a pattern: left once its guest is gone. */
  readonly found: boolean;
  /** Whether it appeared while others were already being read. */
  readonly late?: boolean;
  /** How long no heartbeat of its guest was seen, in ms; 0 if not given. */
  readonly stillMs?: number;
  /** What is waited for before it is read at all, for people; "" for nothing. */
  readonly awaits?: () => string;
}

/** How often an unreadable header is reported at most, in ms. */
const HEADER_MS = 10_000;
/** How often an object is looked for while others are read, at most. */
const WAIT_MS = 1000;

/**
 * How long reading once waits for a header that its guest has cleared, in ms: a
 * driver that starts writes the next one within some.
 */
const CLEARED_MS = 1000;
/** After how long it is reported where reading goes on, in ms. */
const CLEARED_NOTE_MS = 2000;

const QUIET: Round = { more: false, busy: false, turned: false };

/** The life of one object's reading. Its owner calls `step` when it is due. */
export class RegionLife {
  readonly #libc: Libc;
  readonly #options: LifeOptions;
  readonly #refusal: Refusal;
  readonly #pace = new Pace();
  #attached: Attachment | null = null;
  /** Once it is to end; a guest that writes on must not keep us. */
  #roundsLeft = Infinity;
  /** When an unreadable header may be reported again. */
  #headerMs = -Infinity;
  /** Nothing of it is left to read: the object is let go at the next step. */
  #leaving = false;
  #waitsFor = "";
  /** Since when no header was there; Infinity while one is. */
  #clearedMs = Infinity;
  readonly #watch = new GuestWatch();
  #begun = false;
  #over = false;
  #failure: unknown = null;

  /** Does nothing yet. */
  constructor(libc: Libc, options: LifeOptions) {
    this.#libc = libc;
    this.#options = options;
    this.#refusal = new Refusal(libc, options.name);
    if (options.late) this.#watch.expect();
    this.#watch.known(options.stillMs ?? 0);
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
    return this.#watch.guest;
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
    return this.#options.alarm?.hasRung ? -Infinity : this.#pace.dueMs;
  }

  /** How often its doorbell has rung; null if it has none. */
  get wakeups(): number | null {
    return this.#options.alarm?.wakeups ?? null;
  }

  /**
   * Tries to attach, or reads one round. What it delivers has to be written
   * before the next step.
   */
  step(): Round {
    let round = QUIET;
    let next: ReturnType<Attachment["looked"]> = "poll";
    try {
      if (this.#leaving) this.close();
      const attached = this.#attached;
      round = attached === null ? this.#attach() : this.#round(attached);
      if (this.work !== null) {
        next = this.#attached!.looked(round.busy || round.more);
      } else this.#options.alarm?.looked(false, null);
    } catch (error) {
      round = this.#fail(error);
    }
    if (round.more || next === "again") this.#pace.hurry();
    else if (next === "poll") this.#rest(round.busy);
    else this.#pace.sleep(this.#options.alarm!.rules.maxDelayMs);
    return round;
  }

  #rest(busy: boolean): void {
    const waits = this.work === null && this.#options.oneOfMany;
    this.#pace.rest(busy, waits ? WAIT_MS : undefined);
  }

  /** Hears that all that was delivered is written out. */
  written(): void {
    this.#tell(({ work }) => work.written?.());
  }

  /** Tells the guest that somebody is still reading, while writing takes its time. */
  beat(): void {
    this.#tell((attached) => attached.beat());
  }

  /** Also in the end, when what was read last is written. */
  #tell(tell: (attached: Attachment) => void): void {
    const attached = this.#attached;
    if (attached === null || !this.#options.lossless) return;
    try {
      // Before anything touches the memory.
      if (attached.watch.truncation() === null) tell(attached);
    } catch {
      // The next step meets it, too, and knows what to do about it.
    }
  }

  /** Delivers what is held back: nothing more is read. */
  finish(): void {
    this.work?.finish(false);
    this.#over = true;
  }

  /** Lets the object go. Idempotent. */
  close(): void {
    this.#leaving = false;
    this.#attached?.close();
    this.#attached = null;
    if (!this.#over) this.#watch.forget();
  }

  #attach(): Round {
    const { stop, once, awaits } = this.#options;
    if (stop.aborted) {
      this.#over = true;
      return QUIET;
    }
    if (!this.#refusal.over()) return QUIET;
    const awaited = awaits?.() ?? "";
    if (awaited !== "") return this.#wait(awaited);
    const found = Attachment.try(this.#libc, this.#options);
    if (found instanceof Missing) {
      if (!once) return this.#wait(found.text);
      throw new CommandError(found.text, { todo: found.todo });
    }
    this.#attached = found;
    this.#roundsLeft = Infinity;
    this.#waitsFor = "";
    this.#begun = true;
    this.#refusal.clear();
    return { more: true, busy: true, turned: false };
  }

  #wait(missing: string): Round {
    if (missing !== this.#waitsFor) {
      this.#options.messages.note(`waiting: ${missing}`);
    }
    this.#waitsFor = missing;
    this.#watch.expect();
    return QUIET;
  }

  #round(attached: Attachment): Round {
    const { once, stop } = this.#options;
    const { work, watch } = attached;
    // Before anything looks at the memory.
    const truncation = watch.truncation();
    if (truncation !== null) throw truncation;
    const replaced = attached.isReplaceable && watch.replaced();
    this.#lookAtGuest(attached);
    if (watch.removed) this.#tellRemoval(work);
    const deserted = this.#options.found && this.#watch.isGone;
    const left = replaced || deserted;
    if (
      (once || stop.aborted || left) && this.#roundsLeft === Infinity
    ) {
      this.#roundsLeft = roundsOfAll(work.info);
      work.end();
    }
    const round = this.#read(work);
    if (round.header !== "cleared") this.#clearedMs = Infinity;
    else if (!left && !stop.aborted) {
      this.#awaitHeader();
      return round;
    }
    // Behind a new header all may still be there that was to be read.
    const more = round.more || round.header === "changed";
    const last = !more || --this.#roundsLeft <= 0;
    if (this.#roundsLeft === Infinity) return round;
    if (!last) return { ...round, more };
    // The records that were read last may explain it.
    this.#lookAtGuest(attached);
    work.finish(left);
    this.#leaving = true;
    if (left) {
      const reason = replaced ? "replaced" : "removed";
      this.#tellGuest(work, this.#watch.left(reason));
    }
    if (replaced && !once && !stop.aborted) this.#options.totals.sessions++;
    else this.#over = true;
    return { more: !this.#over, busy: true, turned: true };
  }

  /**
   * An unreadable header does not end reading that has begun: the guest may
   * make it valid again, just like one that is being written.
   */
  #read(work: RegionWork): Round {
    const { once, stop, name, image } = this.#options;
    try {
      return work.round();
    } catch (error) {
      const failure = explainRegion(name, error, image);
      const waits = isHeaderError(error) && !once && !stop.aborted &&
        this.#roundsLeft === Infinity;
      if (!waits || !(failure instanceof CommandError)) throw error;
      this.#noteHeader(failure);
      return QUIET;
    }
  }

  /**
   * What was read so far may be all or nothing of what is there.
   *
   * @throws {CommandError} where reading once has waited for too long.
   */
  #awaitHeader(): void {
    const { once } = this.#options;
    const nowMs = performance.now();
    this.#clearedMs = Math.min(this.#clearedMs, nowMs);
    const passedMs = nowMs - this.#clearedMs;
    if (passedMs <= (once ? CLEARED_MS : CLEARED_NOTE_MS)) return;
    const error = new CommandError("the guest has cleared its header", {
      subject: this.name,
      todo: once ? "try again once the ivring driver is loaded in it" : "",
    });
    if (once) throw error;
    this.#noteHeader(error);
  }

  #noteHeader({ message }: CommandError): void {
    const nowMs = performance.now();
    if (nowMs < this.#headerMs) return;
    this.#options.messages.note(`${message}: waiting for another header`);
    this.#headerMs = nowMs + HEADER_MS;
  }

  #lookAtGuest({ work, watch }: Attachment): void {
    const { sessions } = this.#options.totals;
    const event = this.#watch.look(work, watch.removed, sessions);
    if (event !== null) this.#tellGuest(work, event);
  }

  #tellRemoval(work: RegionWork): void {
    const event = this.#watch.removed();
    if (event !== null) this.#tellGuest(work, event);
  }

  /** Reports a change of the guest's state, in a note and among the records. */
  #tellGuest(work: RegionWork, event: GuestEvent): void {
    const seen = work.guest?.(event) ?? false;
    if (seen || !isNews(event)) return;
    this.#options.messages.note(`${this.name}: ${guestEventText(event)}`);
  }

  /** What was read until then is still good. */
  #fail(error: unknown): Round {
    const { name, once, oneOfMany } = this.#options;
    const failure = explainRegion(name, error, this.#options.image);
    const { work } = this;
    work?.finish(true);
    if (work !== null && failure instanceof CommandError) {
      this.#tellGuest(work, this.#watch.left("unreadable"));
    }
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
