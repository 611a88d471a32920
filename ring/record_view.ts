// SPDX-License-Identifier: MIT
/**
 * What a reader hands to its sink.
 *
 * @module
 */
import type { Batch } from "./batch.ts";
import type { RingInfo } from "./ring_geometry.ts";

/**
 * One message: a record, or the joined parts of a long one. The object and its
 * bytes are reused, so they are valid during the sink's call only.
 */
export interface RecordView {
  /** Private memory that holds the payload. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Where in `bytes` the payload begins. */
  payloadOffset: number;
  /** Bytes of payload. */
  payloadBytes: number;
  /** How many records it was made of: 1, or the number of parts that came. */
  records: number;
  /** `ABI.ID_*` or a kernel event id. */
  id: number;
  /** 64-bit sequence; for a joined message, that of its last part. */
  seq: number;
  /**
   * 64-bit sequence; for a joined message, that of the first part that came.
   */
  firstSeq: number;
  /** Low half of the timestamp, clock ticks. */
  timeLow: number;
  /** High half of the timestamp. */
  timeHigh: number;
  /** Which start of the guest's driver the timestamp belongs to. */
  epoch: number;
  /** Whether the end of a split message is missing. */
  truncated: boolean;
  /** Whether the beginning of a split message is missing. */
  headless: boolean;
  /** The ring it came from. */
  ring: RingInfo;
}

/** Makes an empty view, which is then pointed at one record after the other. */
export function blankView(ring: RingInfo, epoch = 0): RecordView {
  return {
    bytes: new Uint8Array(0),
    payloadOffset: 0,
    payloadBytes: 0,
    records: 1,
    id: 0,
    seq: 0,
    firstSeq: 0,
    timeLow: 0,
    timeHigh: 0,
    epoch,
    truncated: false,
    headless: false,
    ring,
  };
}

/** Takes messages in order of delivery. It must not keep the view. */
export type RecordSink = (record: RecordView) => void;

/**
 * Records of one ring that are due together: whole messages (`ABI.ID_MESSAGE`)
 * in order of time. It is valid during the sink's call only.
 */
export interface MessageRun {
  /** The batch that holds them; the first is its record `next`. */
  readonly batch: Batch;
  /** How many records they are; at least 1. */
  readonly count: number;
  /** Bytes of memory from the first one's header to the last one's end. */
  readonly spanBytes: number;
  /** The ring they came from. */
  readonly ring: RingInfo;
}

/**
 * Takes many messages at a time, if that is faster.
 *
 * @returns Whether it took them. If not, the first one goes to the
 * `RecordSink`, and the others are offered again.
 */
export type RunSink = (run: MessageRun) => boolean;
