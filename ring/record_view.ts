// SPDX-License-Identifier: MIT
/**
 * What a reader hands to its sink.
 *
 * @module
 */
import type { RingInfo } from "./ring_geometry.ts";

/**
 * One message: a record, or the joined parts of a long one. The object and its
 * bytes are reused: valid during the sink's call only.
 */
export interface RecordView {
  /** Private memory that holds the payload. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Where in `bytes` the payload begins. */
  payloadOffset: number;
  /** Bytes of payload. */
  payloadBytes: number;
  /** Records it was made of: 1, or the parts that came. */
  records: number;
  /** `ABI.ID_*` or a kernel event id. */
  id: number;
  /** 64-bit sequence; of the last part for a joined message. */
  seq: number;
  /** Low half of the timestamp, clock ticks. */
  timeLow: number;
  /** High half of the timestamp. */
  timeHigh: number;
  /** Which start of the guest's driver the timestamp belongs to. */
  epoch: number;
  /** Whether the end of a split message is missing. */
  truncated: boolean;
  /** The ring it came from. */
  ring: RingInfo;
}

/** A view of nothing yet, to be pointed at one record after the other. */
export function blankView(ring: RingInfo, epoch = 0): RecordView {
  return {
    bytes: new Uint8Array(0),
    payloadOffset: 0,
    payloadBytes: 0,
    records: 1,
    id: 0,
    seq: 0,
    timeLow: 0,
    timeHigh: 0,
    epoch,
    truncated: false,
    ring,
  };
}

/** Takes messages in the order they are delivered; must not keep the view. */
export type RecordSink = (record: RecordView) => void;
