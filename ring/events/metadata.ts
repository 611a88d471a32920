// SPDX-License-Identifier: MIT
/**
 * Copies one part of the metadata area, and finds the texts in it. A part is
 * only appended to until a later driver start begins it anew.
 *
 * @module
 */
import { crc32 } from "../crc32.ts";
import { ABI, META, META_ENTRY } from "../layout.ts";
import type { SharedWords } from "../shared_words.ts";

/** A text that the guest published; what it says is not checked yet. */
export interface MetaText {
  /** Kernel event id that it is about; the text has to say the same. */
  readonly id: number;
  /** Low half of the time from which on it is valid, in clock ticks. */
  readonly timeLow: number;
  /** High half of it. */
  readonly timeHigh: number;
  /** Private copy; 1 to `ABI.META_TEXT_BYTES_MAX` bytes. */
  readonly text: Uint8Array<ArrayBuffer>;
}

/** What is new in a part. */
export interface PartNews {
  /** The driver start that the part belongs to. */
  readonly epoch: number;
  /** Whether what was read of this part before is void. */
  readonly anew: boolean;
  /** The new texts, in the order in which the guest published them. */
  readonly texts: readonly MetaText[];
  /** Places that did not parse: an entry, or the rest of the part. */
  readonly corrupt: number;
}

/** Where a part lies. */
export interface PartPlace {
  /** It belongs to epochs that are this number modulo `ABI.META_PARTS`. */
  readonly index: number;
  /** Offset of its head from the start of the region. */
  readonly offset: number;
  /** Its size, head included, from the validated header. */
  readonly bytes: number;
}

/** Reads one part. It never writes to shared memory. */
export class MetadataPart {
  readonly #bytes: Uint8Array;
  readonly #words: SharedWords;
  readonly #place: PartPlace;
  readonly #sessionHolds: () => boolean;
  #epoch = -1;
  /** Bytes taken so far, head included. */
  #taken = 0;
  /** Whether the chain of entries broke, so that no later ones can be found. */
  #broken = false;

  /**
   * @param bytes The whole region. @param words The same memory as words.
   * @param sessionHolds Whether the region still is the session that was
   * validated; asked after each copy.
   */
  constructor(
    bytes: Uint8Array,
    words: SharedWords,
    place: PartPlace,
    sessionHolds: () => boolean,
  ) {
    this.#bytes = bytes;
    this.#words = words;
    this.#place = place;
    this.#sessionHolds = sessionHolds;
  }

  /**
   * Copies what has come since the last call, and finds the texts in it.
   *
   * @returns Null if nothing has come, which takes only two loads, or if the
   * guest is just beginning the part anew.
   */
  news(): PartNews | null {
    // The epoch first: a commit loaded behind it cannot be an earlier one's.
    const epoch = this.#loadEpoch();
    const commit = this.#loadCommit();
    const anew = epoch !== this.#epoch || commit < this.#taken;
    if (commit === 0 || !anew && (commit === this.#taken || this.#broken)) {
      return null;
    }
    const { index, offset, bytes } = this.#place;
    const sound = epoch % ABI.META_PARTS === index &&
      commit >= META.size && commit <= bytes && commit % ABI.RECORD_ALIGN === 0;
    const from = anew ? META.size : this.#taken;
    const copy = sound
      ? this.#bytes.slice(offset + from, offset + commit)
      : new Uint8Array(0);
    // MO(MetadataPart.news:A) pairs with ivring_region_attach:C. If the copy has
    // anything that was stored behind that, the session no longer holds. Both
    // words are loaded again behind it, too: what is begun anew has commit 0.
    this.#words.fence();
    if (!this.#sessionHolds()) return null;
    if (this.#loadEpoch() !== epoch || this.#loadCommit() < commit) return null;
    this.#epoch = epoch;
    this.#taken = commit;
    this.#broken = !sound;
    const texts: MetaText[] = [];
    const bad = sound ? this.#walk(copy as Uint8Array<ArrayBuffer>, texts) : 1;
    return { epoch, anew: anew && sound, texts, corrupt: bad };
  }

  /** Makes the next `news` take everything again. */
  forget(): void {
    this.#epoch = -1;
  }

  #loadEpoch(): number {
    // MO(MetadataPart.loadEpoch:A) pairs with start_meta:A and
    // MetadataWriter.begin:A. If it reads the epoch stored behind one of these,
    // `loadCommit` behind it reads the 0 stored before, or what came later.
    const word = this.#words.load(this.#place.offset + META.epoch);
    return Number(BigInt.asUintN(32, word));
  }

  /** Loads the commit; an impossible one becomes one that is out of bounds. */
  #loadCommit(): number {
    // MO(MetadataPart.loadCommit:A) pairs with start_meta:B, append:A, append:B and
    // MetadataWriter.publish:A. If it reads the commit that one of them publishes,
    // what is copied behind it is whole, or a later start's.
    const commit = this.#words.loadNumber(this.#place.offset + META.commit);
    return commit < 0 ? ABI.POSITION_LIMIT : commit;
  }

  /**
   * Finds the texts in a copy.
   *
   * @returns How many places did not parse.
   * Source: `struct ivring_meta_entry`.
   */
  #walk(copy: Uint8Array<ArrayBuffer>, texts: MetaText[]): number {
    const view = new DataView(copy.buffer);
    let corrupt = 0;
    for (let at = 0; at < copy.length;) {
      const start = at + META_ENTRY.size;
      const textBytes = start <= copy.length
        ? view.getUint32(at + META_ENTRY.textBytes, true)
        : 0;
      const end = start + textBytes;
      if (
        textBytes === 0 || textBytes > ABI.META_TEXT_BYTES_MAX ||
        end > copy.length
      ) {
        this.#broken = true;
        return corrupt + 1;
      }
      // Each text has memory of its own, so that each can be freed by itself.
      const text = copy.slice(start, end);
      const id = view.getUint16(at + META_ENTRY.id, true);
      if (
        view.getUint16(at + META_ENTRY.kind, true) === ABI.META_FORMAT &&
        view.getUint32(at + META_ENTRY.checksum, true) === crc32(text)
      ) {
        const timeLow = view.getUint32(at + META_ENTRY.timestamp, true);
        const timeHigh = view.getUint32(at + META_ENTRY.timestamp + 4, true);
        texts.push({ id, timeLow, timeHigh, text });
      } else corrupt++;
      at = (end + ABI.RECORD_ALIGN - 1) & -ABI.RECORD_ALIGN;
    }
    return corrupt;
  }
}
