// SPDX-License-Identifier: MIT
/**
 * The reader's process of the torn-record proof. Reads one region, with the
 * reader in the given folder, until the guest's driver is unloaded; verifies
 * every word, and prints its report as one line of JSON.
 *
 * Usage: torn_reader.ts RING_FOLDER OBJECT
 *
 * @module
 */
import { Libc } from "../../ffi/libc.ts";
import { SharedMemory } from "../../ffi/shm.ts";
import { ABI } from "../../ring/layout.ts";
import type { RegionReader } from "../../ring/region_reader.ts";
import type { RecordView } from "../../ring/record_view.ts";
import type { TornReport } from "./torn.ts";

const TEST_ID = 7;

/** Returns true if a payload does not belong to its record's ring and sequence. */
function isTorn(record: RecordView): boolean {
  const { bytes, payloadOffset, payloadBytes, ring } = record;
  const whole = payloadBytes >>> 2;
  const at = bytes.byteOffset + payloadOffset;
  const words = new Uint32Array(bytes.buffer, at, whole);
  let word = (Math.imul(record.seq, 0x85ebca6b) +
    Math.imul(ring.index, 0xc2b2ae35)) >>> 0;
  for (let i = 0; i < whole; i++) {
    if (words[i] !== word) return true;
    word = (word + 0x9e3779b1) >>> 0;
  }
  for (let i = whole * 4; i < payloadBytes; i++, word >>>= 8) {
    if (bytes[payloadOffset + i] !== (word & 0xff)) return true;
  }
  return record.id !== TEST_ID;
}

function read(reader: RegionReader): TornReport {
  const accepted: number[] = reader.info.rings.map(() => 0);
  const expected: number[] = reader.info.rings.map(() => 0);
  let torn = 0, disorder = 0;
  const sink = (record: RecordView) => {
    const { index } = record.ring;
    accepted[index]++;
    if (record.seq < expected[index]) disorder++;
    expected[index] = record.seq + 1;
    if (isTorn(record)) torn++;
  };
  // Without its re-check a reader may hold back a record with a torn timestamp for
  // ever. So silence ends this, not the reader's report that nothing is left.
  for (let silent = 0; silent < 100;) {
    // Load the state before the drain, which then finds all written before it.
    const unloaded = reader.state === ABI.STATE_UNLOADED;
    silent = reader.drain(sink).records === 0 && unloaded ? silent + 1 : 0;
  }
  reader.finish(sink);
  const { records, lost, dropped, corrupt, missed, rewound } = reader.totals;
  return {
    accepted,
    end: expected,
    torn,
    disorder,
    records,
    lost,
    dropped,
    corrupt,
    missed,
    rewound,
  };
}

if (import.meta.main) {
  const [folder, name] = Deno.args;
  const module = await import(`file://${folder}/region_reader.ts`);
  using libc = new Libc();
  using memory = SharedMemory.open(libc, name);
  const reader: RegionReader = new module.RegionReader(memory.buffer);
  console.log("attached");
  console.log(JSON.stringify(read(reader)));
}
