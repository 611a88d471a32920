// SPDX-License-Identifier: MIT
/**
 * Reads what changes in a region: the live line, the rings' counters, and how
 * full the metadata area is.
 *
 * @module
 */
import type { RegionInfo } from "./header.ts";
import { bytesOf, textOf } from "./header_fields.ts";
import { ABI, LIVE, META, RING_DESC, RING_LIVE } from "./layout.ts";
import type { RingInfo } from "./ring_geometry.ts";
import { SharedWords } from "./shared_words.ts";

/** What the guest last reported; unchecked, because nothing depends on it. */
export interface LiveLine {
  /** `ABI.STATE_*`, or 0 before the driver's first state. */
  readonly state: number;
  /** `ABI.REASON_*`. */
  readonly reason: number;
  /** Grows about once a second while the driver runs. */
  readonly heartbeat: bigint;
  /** The clock at the last heartbeat; null if it was being written. */
  readonly clock: {
    /** The guest's clock, in ticks. */
    readonly value: bigint;
    /** Claimed by the guest: ns since 1970 UTC. */
    readonly utcNs: bigint;
  } | null;
  /** `ABI.MODE_*`. */
  readonly mode: number;
  /** How often the doorbell was rung since the driver's start. */
  readonly doorbells: bigint;
  /** Claimed by the guest; raw bytes decoded as UTF-8, not sanitised. */
  readonly panicText: string;
}

/** How far a ring is written; -1 if a number is impossible. */
export interface RingCounts {
  readonly ring: RingInfo;
  /** End of what is committed, in bytes since the session began. */
  readonly position: number;
  /** Records committed since the session began. */
  readonly records: number;
  /** Records refused since the session began. */
  readonly drops: number;
}

/**
 * Bytes that are copied. The guest's name follows, which ABI 1.0 does not have.
 */
const LIVE_BYTES = LIVE.nameSeq;

/** How many times to copy a clock pair that changes meanwhile. */
const ATTEMPTS = 3;

/**
 * Copies the live line.
 *
 * @param buffer The mapped object, or a copy of a region.
 * @param info Its header.
 */
export function readLive(buffer: ArrayBuffer, info: RegionInfo): LiveLine {
  const { liveOffset } = info;
  let view = new DataView(new ArrayBuffer(LIVE_BYTES));
  let clock: LiveLine["clock"] = null;
  const shared = new SharedWords(buffer);
  for (let attempt = 0; attempt < ATTEMPTS && clock === null; attempt++) {
    // MO(readLive:A) pairs with ivring_live_beat:B and ivring_live_panic:A. If the
    // copy has the number, or the state, that is stored behind one of these, it
    // has the words stored before. That relies on a copy that goes upwards, as
    // nothing orders its loads: a torn pair would be shown, and decides nothing.
    view = new DataView(buffer.slice(liveOffset, liveOffset + LIVE_BYTES));
    // MO(readLive:B) pairs with ivring_live_beat:A. If the copy has a word of the
    // pair that is stored behind that, the load below reads another number.
    shared.fence();
    const seq = view.getUint32(LIVE.clockSeq, true);
    const now = shared.load(liveOffset + LIVE.clockSeq) & 0xffffffffn;
    if (seq % 2 !== 0 || BigInt(seq) !== now) continue;
    clock = {
      value: view.getBigUint64(LIVE.clockValue, true),
      utcNs: view.getBigUint64(LIVE.utcNs, true),
    };
  }
  return {
    state: view.getUint32(LIVE.state, true),
    reason: view.getUint32(LIVE.reason, true),
    heartbeat: view.getBigUint64(LIVE.heartbeat, true),
    clock,
    mode: view.getUint32(LIVE.mode, true),
    doorbells: view.getBigUint64(LIVE.doorbells, true),
    panicText: textOf(bytesOf(view, LIVE.panicText, ABI.PANIC_TEXT_BYTES)),
  };
}

/**
 * Returns how far each ring is written.
 *
 * @param buffer The mapped object, or a copy of a region.
 * @param info Its header.
 */
export function readCounts(
  buffer: ArrayBuffer,
  info: RegionInfo,
): RingCounts[] {
  const shared = new SharedWords(buffer);
  return info.rings.map((ring) => {
    const load = (field: number) =>
      shared.loadNumber(ring.descOffset + RING_DESC.live + field);
    const commit = load(RING_LIVE.commit);
    return {
      ring,
      position: commit < 0 ? -1 : commit - commit % 8,
      records: load(RING_LIVE.commitSeq),
      drops: load(RING_LIVE.drops),
    };
  });
}

/** How full a part of the metadata area is. */
export interface MetaUse {
  /** Epoch of the driver start whose texts it holds. */
  readonly epoch: number;
  /** Bytes in use, its head included; -1 if the number is impossible. */
  readonly usedBytes: number;
  /** Texts that the guest refused, because they did not fit. */
  readonly refused: number;
}

/**
 * Returns how full the metadata area is.
 *
 * @param buffer The mapped object, or a copy of a region.
 * @param info Its header.
 * @returns One element for each part; none if there is no area.
 */
export function readMetaUse(buffer: ArrayBuffer, info: RegionInfo): MetaUse[] {
  const { metaOffset, metaPartBytes } = info;
  if (metaPartBytes === 0) return [];
  const shared = new SharedWords(buffer);
  return Array.from({ length: ABI.META_PARTS }, (_, index) => {
    const at = metaOffset + index * metaPartBytes;
    const used = shared.loadNumber(at + META.commit);
    const head = new DataView(buffer.slice(at, at + META.size));
    return {
      epoch: head.getUint32(META.epoch, true),
      usedBytes: used <= metaPartBytes ? used : -1,
      refused: head.getUint32(META.refused, true),
    };
  });
}
