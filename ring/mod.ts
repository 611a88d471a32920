// SPDX-License-Identifier: MIT
/**
 * Reads regions of IVRing: the shared memory that a guest's driver writes its
 * log and its kernel's events to, or a copy of one in a file. It needs nothing
 * of the system that it runs on, so that it works in Deno and in Node.js alike,
 * and can be imported without any permission.
 *
 * {@linkcode RecordReader} is where to begin. What a region says comes from a
 * guest, which may be hostile: everything is checked before it is used, but
 * names and texts are handed on as they are.
 *
 * @example List what is in a copy of a region
 * ```ts
 * import { RecordReader, ticksOf } from "@ivring/ring";
 *
 * const reader = new RecordReader(await Deno.readFile("vm1.ring"));
 * reader.readAll((record) => {
 *   const content = reader.decode(record);
 *   const { ring, seq } = record;
 *   console.log(ring.index, seq, ticksOf(record), content.kind);
 * });
 * ```
 *
 * @module
 */
export {
  RecordReader,
  type RecordReaderOptions,
  ticksOf,
} from "./record_reader.ts";
export type {
  ClockContent,
  EventContent,
  FieldValue,
  KlogContent,
  MessageContent,
  OpaqueContent,
  RecordContent,
  TakeoverContent,
  TaskContent,
} from "./record_content.ts";
export type { RecordSink, RecordView } from "./record_view.ts";
export type { DrainResult } from "./region_reader.ts";
export type { Totals } from "./totals.ts";
export type { RegionInfo } from "./header.ts";
export type { RingInfo } from "./ring_geometry.ts";
export {
  CursorError,
  cursorFromJson,
  cursorToJson,
  type RegionCursor,
  type RingCursor,
} from "./cursor.ts";
export {
  RingCorruptError,
  RingFormatError,
  RingUnformattedError,
  RingVersionError,
} from "./errors.ts";
export { ABI } from "./layout.ts";
