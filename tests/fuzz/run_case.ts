// SPDX-License-Identifier: MIT
/**
 * One case: a bent region, read and recorded, and everything that must hold
 * whatever the guest wrote.
 *
 * @module
 */
import {
  RingCorruptError,
  RingFormatError,
  RingVersionError,
} from "../../ring/errors.ts";
import { BLOCK, REGION_HEADER, RING_DESC } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { RegionRecorder } from "../../ring/ctf/recorder.ts";
import type { RecordSink } from "../../ring/record_view.ts";
import { Totals } from "../../ring/totals.ts";
import { reseal } from "../support/regions.ts";
import { runsInto } from "../support/runs.ts";
import { type Base, keyOf } from "./base.ts";
import type { Case } from "./mutate.ts";
import { apply, type Patch } from "./patch.ts";
import { checkMessage } from "./message.ts";
import { checkNames } from "./names.ts";
import { checkPacket } from "./packet.ts";

/** More rounds than this and the reader counts as hung. */
const ROUNDS_MAX = 2000;

/** How often each error and counter was seen; names to counts. */
export type Tally = Map<string, number>;

/** Counts one more. */
export function count(tally: Tally, name: string, by = 1): void {
  tally.set(name, (tally.get(name) ?? 0) + by);
}

/**
 * Runs a case.
 *
 * @param scratch As large as the region; overwritten.
 * @throws {Error} saying which promise was broken.
 */
export function runCase(
  base: Base,
  each: Case,
  scratch: ArrayBuffer,
  tally: Tally,
): void {
  const region = new Uint8Array(scratch);
  const prepare = () => {
    region.set(base.bytes);
    apply(each.patches, region);
    if (each.resealed) reseal(scratch);
    return each.objectBytes === region.length
      ? scratch
      : scratch.slice(0, each.objectBytes);
  };
  const reader = open(() => new RegionReader(prepare()), tally);
  if (reader !== null) {
    count(tally, "attached");
    checkReading(base, each, reader, region, tally);
  }
  const recorder = open(() => new RegionRecorder(prepare()), tally);
  if (recorder !== null) checkRecording(each, recorder, region, tally);
}

/** Only these three errors may come out, and only here and at reattach. */
function open<T>(attempt: () => T, tally: Tally): T | null {
  try {
    return attempt();
  } catch (error) {
    if (error instanceof RingCorruptError) {
      const name = error.field.replace(/\d+/g, "N");
      count(tally, `RingCorruptError ${name}`);
    } else if (
      error instanceof RingFormatError || error instanceof RingVersionError
    ) {
      count(tally, error.name);
    } else throw error;
    return null;
  }
}

/** What the guest does while it is read; the header is made right again. */
function writeOn(each: Case, region: Uint8Array<ArrayBuffer>): void {
  apply(each.later, region);
  if (each.later.length > 0 && each.resealed) reseal(region.buffer);
}

function checkReading(
  base: Base,
  each: Case,
  reader: RegionReader,
  region: Uint8Array<ArrayBuffer>,
  tally: Tally,
): void {
  const got = new Map<string, string>();
  const described = new Set<string>();
  const decoder = new TextDecoder();
  const sink: RecordSink = (record) => {
    const { bytes, payloadOffset: at, payloadBytes: length } = record;
    if (at < 0 || length < 0 || at + length > bytes.length) {
      throw new Error(`payload ${at}+${length} lies outside its memory`);
    }
    const kind = checkMessage(reader.events, record);
    count(tally, kind);
    const key = keyOf({ ring: record.ring.index, seq: record.seq });
    if (kind === "event") described.add(key);
    got.set(key, decoder.decode(bytes.subarray(at, at + length)));
  };
  // Half of the cases: what comes must be the same.
  const runs = each.patches.length % 2 === 0 ? runsInto(sink) : null;
  let rounds = 0;
  for (let more = true; more;) {
    if (++rounds > ROUNDS_MAX) throw new Error("the reader never ends");
    const round = reader.drain(sink, runs);
    if (rounds === 1) writeOn(each, region);
    if (round.reformatted) {
      if (!open(() => reader.reattach(sink), tally)) break;
    }
    more = round.more || round.held || rounds < 3;
  }
  reader.finish(sink, true, runs);
  count(tally, "names of functions", checkNames(reader.events));
  for (const name of Object.keys(new Totals()) as (keyof Totals)[]) {
    const value = reader.totals[name];
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new Error(`${name} counts ${value}`);
    }
    if (value > 0) count(tally, `totals.${name}`);
  }
  if (each.later.length === 0) checkUntouched(base, each, got, described);
}

/**
 * Blocks that no patch touched are delivered exactly, and their kernel events
 * described if the metadata was not touched either.
 */
function checkUntouched(
  base: Base,
  each: Case,
  got: ReadonlyMap<string, string>,
  described: ReadonlySet<string>,
): void {
  const touches = (start: number, bytes: number) =>
    each.patches.some((patch) => overlaps(patch, start, bytes));
  if (touches(0, REGION_HEADER.size) || each.objectBytes < base.bytes.length) {
    return; // another header may rightly mean another region
  }
  const { metaOffset, metaPartBytes } = base.info;
  const isDescribed = !touches(metaOffset, 2 * metaPartBytes);
  for (const block of base.blocks) {
    const ring = base.info.rings[block.ring];
    if (touches(ring.descOffset, RING_DESC.size)) continue;
    if (touches(block.offset, ring.blockBytes)) continue;
    const view = new DataView(base.bytes.buffer, block.offset);
    const first = Number(view.getBigUint64(BLOCK.firstSeq, true));
    for (let i = 0; i < block.records.length; i++) {
      const key = keyOf({ ring: block.ring, seq: first + i });
      const text = base.messages.get(key);
      // A message in parts needs its other blocks too.
      if (text === undefined || text.length > 1500) continue;
      if (got.get(key) !== text) {
        throw new Error(`untouched record ${key} was not delivered as it is`);
      }
      if (isDescribed && base.events.has(key) && !described.has(key)) {
        throw new Error(`untouched event ${key} was not described`);
      }
    }
  }
}

function overlaps(patch: Patch, start: number, bytes: number): boolean {
  return patch.offset < start + bytes &&
    patch.offset + patch.bytes.length > start;
}

function checkRecording(
  each: Case,
  recorder: RegionRecorder,
  region: Uint8Array<ArrayBuffer>,
  tally: Tally,
): void {
  const ends = new Map<string, bigint>();
  const sink: Parameters<RegionRecorder["drain"]>[0] = (stream, packet) => {
    const key = `${stream.session}/${stream.epoch}/${stream.ring.index}`;
    const { list } = stream.classes;
    ends.set(key, checkPacket(packet, ends.get(key) ?? 0n, list));
    count(tally, "packets");
  };
  let rounds = 0;
  for (let more = true; more;) {
    if (++rounds > ROUNDS_MAX) throw new Error("the recorder never ends");
    const round = recorder.drain(sink);
    if (rounds === 1) writeOn(each, region);
    if (round.reformatted) {
      if (!open(() => recorder.reattach(sink), tally)) break;
    }
    more = round.more || rounds < 3;
  }
  recorder.finish(sink);
}
