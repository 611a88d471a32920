// SPDX-License-Identifier: MIT
/**
 * Reads without loss: the guest learns how far its records are written out, and
 * drops new records rather than overwrite those that are not.
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
  /** Begins at random, to differ from the count of the previous consumer. */
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
   * Makes this process the consumer.
   *
   * @param buffer The mapped object. @param info Its header.
   * @returns The previous consumer's cursor; null if it left no valid one.
   * @throws {CommandError} naming the process that is the consumer already.
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
   * Notes that everything before a cursor is written out. Does nothing for
   * null, which means that this is unknown.
   *
   * @param info The header that was validated last.
   */
  consumed(cursor: RegionCursor | null, info: RegionInfo): void {
    if (cursor === null) return;
    this.#consumed = cursor;
    this.beat(info);
  }

  /**
   * Writes the cursor again, which a migration or the guest may have cleared.
   */
  beat(info: RegionInfo): void {
    const page = this.#pages.claim(info, "consumer");
    const cursor = this.#consumed;
    if (page === null || cursor === null) return;
    // Nothing of the new session has been consumed yet.
    if (cursor.sessionId !== info.sessionId) return;
    page.consume(cursor);
    page.beat(this.#beats = BigInt.asUintN(64, this.#beats + 1n));
  }

  /**
   * Reports, once, a guest that overwrites records nevertheless.
   *
   * @param mode What the guest does when a ring is full: `ABI.MODE_*`.
   */
  look(mode: number): void {
    if (mode !== ABI.MODE_OVERWRITE || this.#toldMode) return;
    this.#toldMode = true;
    this.#messages.note(
      `${this.#name}: the guest overwrites what is not read in time, in spite ` +
        "of --lossless: load its driver with mode=lossless",
    );
  }
}
