// SPDX-License-Identifier: MIT
/**
 * Reading without loss: the guest is told how far its records are written out,
 * and drops new ones rather than overwrite what is behind that.
 *
 * @module
 */
import { consumerCursor } from "../../ring/consumer.ts";
import { CursorError, type RegionCursor } from "../../ring/cursor.ts";
import type { RegionInfo } from "../../ring/header.ts";
import { ABI } from "../../ring/layout.ts";
import type { Messages } from "../console/messages.ts";
import type { HostPages } from "./host_pages.ts";

/** The one consumer of a region. */
export class Consumer {
  readonly #name: string;
  readonly #pages: HostPages;
  readonly #messages: Messages;
  /** Random at first: it differs from what a consumer before this one left. */
  #beats = crypto.getRandomValues(new BigUint64Array(1))[0];
  #consumed: RegionCursor | null = null;
  #toldMode = false;

  /** @param name The object's name. */
  constructor(name: string, pages: HostPages, messages: Messages) {
    this.#name = name;
    this.#pages = pages;
    this.#messages = messages;
  }

  /**
   * Becomes the consumer.
   *
   * @param buffer The mapped object. @param info Its header.
   * @returns Where the one before this was; null if there was none.
   * @throws {CommandError} naming the process that is the consumer.
   */
  begin(buffer: ArrayBuffer, info: RegionInfo): RegionCursor | null {
    this.#pages.claim(info, "consumer");
    try {
      return consumerCursor(buffer, info);
    } catch (error) {
      if (!(error instanceof CursorError)) throw error;
      this.#messages.note(
        `${this.#name}: what the consumer before this one left makes no ` +
          `sense: ${error.message}: starting at the oldest record`,
      );
      return null;
    }
  }

  /**
   * All before this is written out. Nothing changes where it is not known.
   *
   * @param info The header that was validated last.
   */
  consumed(cursor: RegionCursor | null, info: RegionInfo): void {
    if (cursor === null) return;
    this.#consumed = cursor;
    this.beat(info);
  }

  /** Says it again: a migration, or the guest, may have lost what was said. */
  beat(info: RegionInfo): void {
    const page = this.#pages.claim(info, "consumer");
    const cursor = this.#consumed;
    if (page === null || cursor === null) return;
    // Nothing of another session has been consumed yet.
    if (cursor.sessionId !== info.sessionId) return;
    page.consume(cursor);
    page.beat(this.#beats = BigInt.asUintN(64, this.#beats + 1n));
  }

  /** Looks at what the guest does when a ring is full: `ABI.MODE_*`. */
  look(mode: number): void {
    if (mode !== ABI.MODE_OVERWRITE || this.#toldMode) return;
    this.#toldMode = true;
    this.#messages.note(
      `${this.#name}: the guest overwrites what is not read in time, in spite ` +
        "of --lossless: load its driver with mode=lossless",
    );
  }
}
