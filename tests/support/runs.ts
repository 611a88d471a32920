// SPDX-License-Identifier: MIT
/**
 * Splits runs of messages for tests that look at the messages one by one.
 *
 * @module
 */
import { RECORD } from "../../ring/layout.ts";
import {
  blankView,
  type RecordSink,
  type RunSink,
} from "../../ring/record_view.ts";

/**
 * Makes a sink that takes every run, and passes its messages to `sink` one by
 * one.
 */
export function runsInto(sink: RecordSink): RunSink {
  return ({ batch, count, ring }) => {
    const { offsets, words, bytes, next, epoch, firstSeq } = batch;
    for (let i = next; i < next + count; i++) {
      const view = blankView(ring, epoch);
      const w = offsets[i] >>> 2;
      view.bytes = bytes;
      view.payloadOffset = offsets[i] + RECORD.size;
      view.payloadBytes = batch.payloadBytesOf(i);
      view.id = words[w + RECORD.id / 4] & 0xffff;
      view.seq = firstSeq + i;
      view.timeLow = words[w];
      view.timeHigh = words[w + 1];
      sink(view);
    }
    return true;
  };
}
