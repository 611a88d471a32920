// SPDX-License-Identifier: MIT
/**
 * A region that is being read: its memory, the work done with it, and what is
 * written to its host pages.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import type { SharedMemory } from "../../ffi/shm.ts";
import type { HostPage } from "../../ring/host_page.ts";
import { RingUnformattedError } from "../../ring/errors.ts";
import { readHeader } from "../../ring/header.ts";
import type { Messages } from "../console/messages.ts";
import type { Alarm } from "./alarm.ts";
import { Consumer } from "./consumer.ts";
import { HostPages } from "./host_pages.ts";
import { ObjectWatch } from "./object_watch.ts";
import type { RegionWork } from "./region_work.ts";
import { type AttachOptions, Missing, tryAttach } from "./attach_region.ts";

/** Begins the work on a region that is formatted. */
export type OpenRegion = (
  buffer: ArrayBuffer,
  consumer: Consumer | null,
) => RegionWork;

/** What is attached to, and how. */
export interface AttachmentOptions extends Omit<AttachOptions, "writable"> {
  readonly open: OpenRegion;
  /** Has the guest ring when there is something to read; needs `memory`. */
  readonly alarm?: Alarm;
  /** Whether the guest learns how far its records are consumed. */
  readonly lossless?: boolean;
  readonly messages: Messages;
}

/** A region that is attached to. Its owner closes it. */
export class Attachment {
  readonly work: RegionWork;
  readonly watch: ObjectWatch;
  readonly #memory: SharedMemory;
  readonly #owned: boolean;
  readonly #pages: HostPages;
  readonly #alarm: Alarm | null;
  readonly #consumer: Consumer | null;

  private constructor(
    libc: Libc,
    memory: SharedMemory,
    { memory: given, messages, alarm, lossless, name, open }: AttachmentOptions,
  ) {
    this.#memory = memory;
    this.#owned = given === undefined;
    this.#alarm = alarm ?? null;
    this.#pages = new HostPages(libc, memory);
    this.#consumer = lossless
      ? new Consumer(name, this.#pages, messages)
      : null;
    this.work = open(memory.buffer, this.#consumer);
    this.watch = new ObjectWatch(memory, messages);
  }

  /**
   * Attaches, if the object is there and formatted.
   *
   * @returns The attachment, or what is missing.
   * @throws {CommandError} naming the object and what to do.
   */
  static try(libc: Libc, options: AttachmentOptions): Attachment | Missing {
    const writable = options.lossless === true;
    const found = tryAttach(
      libc,
      { ...options, writable },
      (memory) => new Attachment(libc, memory, options),
    );
    return found instanceof Missing ? found : found.reader;
  }

  /** Whether the name may come to stand for another object. */
  get isReplaceable(): boolean {
    return this.#owned;
  }

  /**
   * Has to be called after each look at the rings.
   *
   * @param busy Whether anything was there, or is held back.
   * @returns When to look again; see `Alarm.looked`.
   * @throws {CommandError} if this region's guest rings for another process.
   */
  looked(busy: boolean): ReturnType<Alarm["looked"]> {
    const { info } = this.work;
    this.beat();
    const alarm = this.#alarm;
    if (alarm === null) return "poll";
    let page: HostPage | null = null;
    if (alarm.connected) page = this.#pages.claim(info, "rung");
    return alarm.looked(busy, page);
  }

  /** Shows the guest that this process is alive, if it is the consumer. */
  beat(): void {
    const { info, pulse } = this.work;
    this.#consumer?.look(pulse.mode);
    this.#consumer?.beat(info);
  }

  /** Closes the memory, unless the caller has given it. Idempotent. */
  close(): void {
    if (this.#owned) this.#memory.close();
  }
}

/**
 * Returns the cursor of the previous consumer of a region, if this process is
 * to be the next one.
 *
 * @returns Null if it is not, or if no valid cursor was left.
 * @throws {CommandError} naming the process that is the consumer now.
 * @throws {RingUnformattedError} if there is no header (any more): without it,
 * reading would begin at the oldest record, as if nothing had been consumed.
 */
export function consumerStart(
  buffer: ArrayBuffer,
  consumer: Consumer | null,
): ReturnType<Consumer["begin"]> {
  if (consumer === null) return null;
  const info = readHeader(buffer);
  if (info === null) throw new RingUnformattedError();
  return consumer.begin(buffer, info);
}
