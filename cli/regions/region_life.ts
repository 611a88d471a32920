// SPDX-License-Identifier: MIT
/**
 * Reads one object, by its name, for as long as that is wanted: waits for it,
 * attaches to it, reads it round by round, leaves it, and waits for it again.
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
import { explainRegion, isHeaderError, Missing } from "./attach_region.ts";

/** How an object is read. */
export interface LifeOptions extends AttachmentOptions {
  /** Whether to end when what is there has been read, and not to wait. */
  readonly once: boolean;
  /** Aborted to end soon, after a last round. */
  readonly stop: AbortSignal;
  /** The counts of this object, and of others that take its place. */
  readonly totals: Totals;
  /**
   * Whether others are read, too: an error is then reported and ends nothing.
   */
  readonly oneOfMany: boolean;
  /**
   * Whether it was found by a pattern: it is then left when its guest is gone.
   */
  readonly found: boolean;
  /** Whether it appeared while others were already being read. */
  readonly late?: boolean;
  /** How long no heartbeat of its guest was seen, in ms; 0 if not given. */
  readonly stillMs?: number;
  /** Returns what is awaited before it is read, in words; "" for nothing. */
  readonly awaits?: () => string;
}

/** The least time between two reports of an unreadable header, in ms. */
const HEADER_MS = 10_000;
/** The longest time between two looks for an object while others are read. */
const WAIT_MS = 1000;

/**
 * How long reading once waits for a header that the guest has cleared, in ms. A
 * driver that starts writes the next one within a few milliseconds.
 */
const CLEARED_MS = 1000;
/** After how long a cleared header is reported if reading goes on, in ms. */
const CLEARED_NOTE_MS = 2000;

const QUIET: Round = { more: false, busy: false, turned: false };

/** Reads one object. Its owner calls `step` whenever that is due. */
export class RegionLife {
  readonly #libc: Libc;
  readonly #options: LifeOptions;
  readonly #refusal: Refusal;
  readonly #pace = new Pace();
  #attached: Attachment | null = null;
  /** Limits the rounds once it is to end, however much the guest writes. */
  #roundsLeft = Infinity;
  /** When an unreadable header may be reported again. */
  #headerMs = -Infinity;
  /** Whether everything was read: the next step closes the object. */
  #leaving = false;
  #waitsFor = "";
  /** Since when there has been no header; Infinity while there is one. */
  #clearedMs = Infinity;
  readonly #watch = new GuestWatch();
  #begun = false;
  #over = false;
  #failure: unknown = null;

  /** Reads nothing yet. */
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

  /** The counts so far. */
  get totals(): Readonly<Totals> {
    return this.#options.totals;
  }

  /** Whether it was found by a pattern. */
  get found(): boolean {
    return this.#options.found;
  }

  /** The work with the region that is read now; null while it is awaited. */
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

  /** The error that ended it; null if there was none. */
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

  /** Notes that everything that was delivered is written out. */
  written(): void {
    this.#tell(({ work }) => work.written?.());
  }

  /** Shows the guest that its consumer is alive while writing takes time. */
  beat(): void {
    this.#tell((attached) => attached.beat());
  }

  /** Tells the guest something, also while the object is being left. */
  #tell(tell: (attached: Attachment) => void): void {
    const attached = this.#attached;
    if (attached === null || !this.#options.lossless) return;
    try {
      // Checked before anything touches the memory.
      if (attached.watch.truncation() === null) tell(attached);
    } catch {
      // The next step meets the same error, and handles it.
    }
  }

  /** Delivers what is held back. Nothing more is read. */
  finish(): void {
    this.work?.finish(false);
    this.#over = true;
  }

  /** Closes the object. Idempotent. */
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
    // Checked before anything looks at the memory.
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
    // After a new header, everything that was to be read may still be there.
    const more = round.more || round.header === "changed";
    const last = !more || --this.#roundsLeft <= 0;
    if (this.#roundsLeft === Infinity) return round;
    if (!last) return { ...round, more };
    // Last, because the records that were just read may explain a change.
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
   * Reads one round. An unreadable header does not end reading that has begun,
   * because the guest may make the header valid again.
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
   * Waits for the next header, because without one nobody can tell whether
   * everything was read.
   *
   * @throws {CommandError} if reading once has waited for too long.
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

  /** Ends reading after an error; what was read until then is delivered. */
  #fail(error: unknown): Round {
    const { name, once, oneOfMany } = this.#options;
    const failure = explainRegion(name, error, this.#options.image);
    const { work } = this;
    work?.finish(true);
    if (work !== null && failure instanceof CommandError) {
      this.#tellGuest(work, this.#watch.left("unreadable"));
    }
    this.#leaving = true;
    // Any other error is not about the object, but most likely the output.
    const itsOwn = oneOfMany && failure instanceof CommandError;
    if (!itsOwn || once) {
      this.#failure = failure;
      this.#over = true;
    }
    if (itsOwn) this.#refusal.tell(failure);
    return { more: false, busy: false, turned: true };
  }
}
