// SPDX-License-Identifier: MIT
/**
 * Attaches to a region: validates its header, and finds out whether the shared
 * memory still is what was validated.
 *
 * @module
 */
import type { RegionCursor } from "./cursor.ts";
import { RingUnformattedError } from "./errors.ts";
import { EventTable } from "./events/event_table.ts";
import { readGuestName } from "./guest_name.ts";
import { readHeader, type RegionInfo } from "./header.ts";
import { ABI, LIVE, REGION_HEADER } from "./layout.ts";
import { type LiveLine, readLive } from "./live.ts";
import { MetadataPart } from "./events/metadata.ts";
import { RingReader } from "./ring_reader.ts";
import { SharedWords } from "./shared_words.ts";
import type { Totals } from "./totals.ts";

/**
 * Where reading begins: at a cursor, or in a given block of each ring. If that
 * block is overwritten by then, it begins in the oldest one.
 */
export type RegionStart = RegionCursor | readonly number[];

/** A region that a reader is attached to. It never writes to shared memory. */
export class Region {
  /** The kernel events that the guest has described. */
  readonly events: EventTable;
  readonly #totals: Totals;
  readonly #buffer: ArrayBuffer;
  readonly #words: SharedWords;
  #info: RegionInfo;
  #doubts: readonly string[] = [];

  /**
   * @param buffer The mapped object, or a copy of a region.
   * @param totals The counters that everything adds to that reads this region.
   * @throws What `readHeader` does, and {RingUnformattedError} if it returns
   * null.
   */
  constructor(buffer: ArrayBuffer, totals: Totals) {
    const info = readHeader(buffer);
    if (info === null) throw new RingUnformattedError();
    this.events = new EventTable(totals);
    this.#totals = totals;
    this.#buffer = buffer;
    this.#words = new SharedWords(buffer);
    this.#info = info;
  }

  /** The header that was validated last. */
  get info(): RegionInfo {
    return this.#info;
  }

  /**
   * The state that the guest last reported: `ABI.STATE_*`, or 0 if none yet.
   */
  get state(): number {
    const at = this.#info.liveOffset + LIVE.state;
    return Number(this.#words.load(at) & 0xffffffffn);
  }

  /** Why the kernel log was last flushed in an emergency: `ABI.REASON_*`. */
  get reason(): number {
    // It is the other half of the word that begins with the state.
    return Number(this.#words.load(this.#info.liveOffset + LIVE.state) >> 32n);
  }

  /** Copies everything that the guest last reported about itself. */
  live(): LiveLine {
    return readLive(this.#buffer, this.#info);
  }

  /** What the guest does when a ring is full: `ABI.MODE_*`. */
  get mode(): number {
    const at = this.#info.liveOffset + LIVE.mode;
    return Number(this.#words.load(at) & 0xffffffffn);
  }

  /** The guest's current name, not sanitised. */
  get guestName(): string {
    return readGuestName(this.#buffer, this.#info);
  }

  /** Grows about once a second while the guest's driver runs. */
  get heartbeat(): bigint {
    return this.#words.load(this.#info.liveOffset + LIVE.heartbeat);
  }

  /**
   * Begins a session: makes a reader of each ring, which begins at the oldest
   * record that is still there, and forgets all kernel events.
   *
   * @param from Where to begin instead. A cursor has passed `checkCursor`.
   */
  openRings(from: RegionStart | null = null): RingReader[] {
    const { regionBytes, rings, metaOffset, metaPartBytes } = this.#info;
    const bytes = new Uint8Array(this.#buffer, 0, regionBytes);
    const words = this.#words;
    const holds = () => this.#sessionHolds();
    this.events.tasks.begin(rings.length);
    const parts = metaPartBytes === 0 ? 0 : ABI.META_PARTS;
    this.events.begin(Array.from({ length: parts }, (_, index) => {
      const offset = metaOffset + index * metaPartBytes;
      const place = { index, offset, bytes: metaPartBytes };
      return new MetadataPart(bytes, words, place, holds);
    }));
    const readers = rings.map((ring, i) => {
      const start = from === null || "sessionId" in from
        ? from?.rings[i]
        : from[i];
      return new RingReader(bytes, words, ring, this.#totals, holds, start);
    });
    this.#doubts = readers.filter(({ doubt }) => doubt !== "")
      .map(({ doubt, ring }) => `ring ${ring.index}: ${doubt}`);
    return readers;
  }

  /**
   * The rings that are read from their oldest record although the session was
   * begun with a cursor, and why.
   */
  get doubts(): readonly string[] {
    return this.#doubts;
  }

  /**
   * Tells whether the header is still the one that was validated. Its checksum
   * is compared, which covers all of it.
   */
  headerHolds(): boolean {
    const epoch = this.#words.load(REGION_HEADER.epoch) & 0xffffffffn;
    const checksum = this.#words.load(REGION_HEADER.checksum) & 0xffffffffn;
    return this.#words.load(REGION_HEADER.magic) === ABI.MAGIC &&
      this.#sessionHolds() && Number(epoch) === this.#info.epoch &&
      Number(checksum) === this.#info.checksum;
  }

  /**
   * Tells whether the present header begins a new session.
   *
   * @throws What `readHeader` does.
   */
  restarts(): boolean {
    const info = readHeader(this.#buffer);
    return info !== null && !this.#continues(info);
  }

  /**
   * Takes a new header once `headerHolds` is false.
   *
   * @returns "cleared" while the guest has it cleared; "continued" for another
   * driver start in the same session, so that cursors stay valid; "restarted"
   * for a new session, in which rings have to be opened again.
   * @throws What `readHeader` does.
   */
  reattach(): "cleared" | "continued" | "restarted" {
    const info = readHeader(this.#buffer);
    if (info === null) return "cleared";
    const continues = this.#continues(info);
    this.#info = info;
    return continues ? "continued" : "restarted";
  }

  /** Tells whether a header belongs to the same session as the last one. */
  #continues(info: RegionInfo): boolean {
    const old = this.#info;
    return info.sessionId === old.sessionId &&
      JSON.stringify(placesOf(info)) === JSON.stringify(placesOf(old));
  }

  /**
   * Tells whether the session is still the same: for a new one, the guest
   * changes the id before it touches a block.
   */
  #sessionHolds(): boolean {
    return this.#words.load(REGION_HEADER.sessionId) === this.#info.sessionId;
  }
}

/** Returns the places that do not change within a session. */
function placesOf({ rings, metaOffset, metaPartBytes }: RegionInfo): unknown {
  return [rings, metaOffset, metaPartBytes];
}
