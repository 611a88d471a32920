// SPDX-License-Identifier: MIT
/**
 * Incomplete split messages, and the memory that they may take. Memory grows
 * only with the data that arrives, whatever a part claims about its message.
 *
 * @module
 */
import { ABI } from "./layout.ts";
import type { RecordView } from "./record_view.ts";

/** Incomplete messages in one ring at the same time. */
const RING_MESSAGES_MAX = 16;
/** Memory that a message takes besides its data, rounded up generously. */
const MESSAGE_COST = 1024;
/** Memory that the longest message takes. */
const MOST = MESSAGE_COST + ABI.MESSAGE_BYTES_MAX;
/** Memory of one ring: a task, a softirq, an interrupt and an NMI may nest. */
const RING_BYTES_MAX = 4 * MOST;
/** Memory of all rings together, in bytes. */
const REGION_BYTES_MAX = 16 * MOST;
/** Cut messages of one ring that are remembered, for parts that still come. */
const CUT_MAX = 64;

/** Where a part is in its ring. */
export interface PartPlace {
  /** Position in bytes. */
  readonly position: number;
  /** 64-bit sequence. */
  readonly seq: number;
}

/** An incomplete message: what has come of it without a gap. */
export interface PendingMessage {
  /**
   * Low 32 bits of the sequence of the first part, by which each part names it.
   */
  readonly key: number;
  /** Bytes of the whole message, as claimed. */
  readonly total: number;
  /** Where in the message the first part that came belongs; not 0 if its
   * beginning is missing. */
  readonly offset: number;
  /** The data that came; its length is the capacity. */
  bytes: Uint8Array<ArrayBuffer>;
  /** How many bytes came. */
  filled: number;
  /** The last part's view, but with the payload fields of the whole message. */
  readonly view: RecordView;
  /** Place of the first part that came. */
  readonly start: PartPlace;
  /** Whether it ends with that part, so that no others have to make room. */
  readonly momentary: boolean;
}

interface Entry extends PendingMessage {
  readonly ring: Ring;
  older: Entry | null;
  newer: Entry | null;
}

interface Ring {
  /** Incomplete messages by key, in the order in which they began. */
  readonly entries: Map<number, Entry>;
  /** Keys of messages that were ended before they were complete. */
  readonly cut: Set<number>;
  bytes: number;
}

/** Called for a message that has to make room; removes it. */
export type Evict = (message: PendingMessage) => void;

const NOTHING = new Uint8Array(0);

/**
 * The incomplete messages of one region. Time is proportional to the bytes that
 * arrive, however many messages there are.
 */
export class PendingParts {
  readonly #rings: Ring[] = [];
  readonly #evict: Evict;
  #oldest: Entry | null = null;
  #newest: Entry | null = null;
  #bytes = 0;
  #movedBytes = 0;

  /** @param evict Delivers a message and passes it to `remove`. */
  constructor(evict: Evict) {
    this.#evict = evict;
  }

  /** Memory in use, in bytes. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** Bytes allocated and copied since the beginning. */
  get movedBytes(): number {
    return this.#movedBytes;
  }

  /** Returns the incomplete message with this key; null if there is none. */
  find(ringIndex: number, key: number): PendingMessage | null {
    return this.#rings[ringIndex]?.entries.get(key) ?? null;
  }

  /**
   * Returns the first part of a ring's oldest message; null if there is none.
   */
  oldest(ringIndex: number): PartPlace | null {
    const ring = this.#rings[ringIndex];
    return ring === undefined ? null : firstOf(ring)?.start ?? null;
  }

  /** Returns all incomplete messages of one ring, or of all rings. */
  list(ringIndex?: number): PendingMessage[] {
    const rings = ringIndex === undefined
      ? Object.values(this.#rings)
      : [this.#rings[ringIndex]];
    return rings.flatMap((ring) => [...ring?.entries.values() ?? []]);
  }

  /** Begins a message with the first part that came. */
  begin(
    record: RecordView,
    position: number,
    { key, total, offset, momentary }: Pick<
      PendingMessage,
      "key" | "total" | "offset" | "momentary"
    >,
  ): PendingMessage {
    const ring = this.#ringOf(record.ring.index);
    if (ring.entries.size >= RING_MESSAGES_MAX && !momentary) {
      this.#evict(firstOf(ring)!);
    }
    const entry: Entry = {
      ...{ key, total, offset, momentary, ring },
      bytes: NOTHING,
      filled: 0,
      view: { ...record, firstSeq: record.seq, payloadOffset: 0, records: 0 },
      start: { position, seq: record.seq },
      older: this.#newest,
      newer: null,
    };
    if (this.#newest === null) this.#oldest = entry;
    else this.#newest.newer = entry;
    this.#newest = entry;
    ring.entries.set(key, entry);
    this.#charge(entry, MESSAGE_COST);
    return entry;
  }

  /** Appends the data of a part. */
  append(message: PendingMessage, source: Uint8Array): void {
    const { filled, total, offset } = message;
    const need = filled + source.length;
    const { length } = message.bytes;
    if (need > length) {
      // The capacity doubles each time, so that all copying is at most twice
      // what arrives.
      const capacity = Math.min(total - offset, Math.max(need, 2 * length));
      this.#charge(message as Entry, capacity - length);
      const larger = new Uint8Array(capacity);
      larger.set(message.bytes.subarray(0, filled));
      message.bytes = larger;
      this.#movedBytes += capacity + filled;
    }
    message.bytes.set(source, filled);
    message.filled = need;
    this.#movedBytes += source.length;
  }

  /**
   * Forgets a message.
   *
   * @param cut Whether parts of it may still come.
   */
  remove(message: PendingMessage, cut: boolean): void {
    const { ring, older, newer, key, bytes } = message as Entry;
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
    ring.entries.delete(key);
    const freed = MESSAGE_COST + bytes.length;
    ring.bytes -= freed;
    this.#bytes -= freed;
    if (!cut) return;
    if (ring.cut.size >= CUT_MAX) ring.cut.delete(firstKey(ring.cut));
    ring.cut.add(key);
  }

  /**
   * Tells whether a message was already cut and counted; true only once for
   * each.
   */
  wasCut(ringIndex: number, key: number): boolean {
    return this.#rings[ringIndex]?.cut.delete(key) ?? false;
  }

  /** Charges memory to a message; the oldest messages make room for it. */
  #charge(entry: Entry, bytes: number): void {
    const { ring, momentary } = entry;
    while (!momentary && ring.bytes + bytes > RING_BYTES_MAX) {
      const oldest = firstOf(ring)!;
      if (oldest === entry) break;
      this.#evict(oldest);
    }
    while (!momentary && this.#bytes + bytes > REGION_BYTES_MAX) {
      if (this.#oldest === null || this.#oldest === entry) break;
      this.#evict(this.#oldest);
    }
    ring.bytes += bytes;
    this.#bytes += bytes;
  }

  #ringOf(index: number): Ring {
    return this.#rings[index] ??= {
      entries: new Map(),
      cut: new Set(),
      bytes: 0,
    };
  }
}

function firstOf(ring: Ring): Entry | null {
  return ring.entries.values().next().value ?? null;
}

function firstKey(keys: Set<number>): number {
  return keys.values().next().value!;
}
