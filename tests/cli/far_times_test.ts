// SPDX-License-Identifier: MIT
/** Whatever times a guest claims, the recording of all guests can be opened. */
import { assert, assertEquals } from "@std/assert";
import { CtfOutput } from "../../cli/traces/trace_writer.ts";
import { TraceFolder } from "../../cli/traces/recorder_folder.ts";
import { findTraces } from "../../cli/traces/find_traces.ts";
import { writeTraceDat } from "../../cli/traces/trace_dat_file.ts";
import { Libc } from "../../ffi/libc.ts";
import { RegionRecorder } from "../../ring/ctf/recorder.ts";
import { ABI, REGION_HEADER } from "../../ring/layout.ts";
import { haveBabeltrace, NO_CPU, openTrace } from "../support/babeltrace.ts";
import { makeRegion, reseal } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { haveTraceCmd, report } from "../support/trace_cmd.ts";

const FAR = [
  ...[1n << 33n, (1n << 62n) - 1n, 1n << 62n, (1n << 63n) - 1n],
  ...[1n << 63n, (1n << 64n) - 1n],
];
const CLOCKS: [id: number, hz: bigint][] = [
  [ABI.CLOCK_NONE, 0n],
  [ABI.CLOCK_MONOTONIC, 1_000_000_000n],
  [ABI.CLOCK_TSC, 1n],
  [ABI.CLOCK_TSC, 3_000_000_000n],
  [ABI.CLOCK_TSC, 1_000_000_000_000n],
];
/** Times at which a clock may have begun, in ns since 1970. */
const BEGINS = [
  ...[0n, 1_790_000_000_000_000_000n, (1n << 62n) - 1n, 1n << 62n],
  ...[(1n << 63n) - 1n, (1n << 64n) - 1n],
];
const RECORDS = 9;

/** Makes a region whose records alternate between near and far times. */
function farRegion(
  far: bigint,
  [clockId, hz]: typeof CLOCKS[number],
  utcNs: bigint,
): ArrayBuffer {
  let next = 0;
  // Two records fill a block, and times may go back only from block to block.
  const times = [1000n, far, 2000n, far, far, far, 3000n, 3001n, 3002n];
  const clock = () => times[next++ % times.length];
  const { buffer, writer } = makeRegion({ nrTrace: 1, clock });
  next = 0;
  const text = new TextEncoder().encode("x".repeat(writer.maxPayloadBytes));
  for (let i = 0; i < RECORDS; i++) writer.write(0, ABI.ID_MESSAGE, text);
  next = 1;
  writer.announce(utcNs, ABI.ANNOUNCE_START);
  const view = new DataView(buffer);
  view.setUint32(REGION_HEADER.clockId, clockId, true);
  view.setBigUint64(REGION_HEADER.clockHz, hz, true);
  view.setBigUint64(REGION_HEADER.utcBaseNs, utcNs, true);
  view.setBigUint64(REGION_HEADER.clockBase, utcNs % 7n, true);
  reseal(buffer);
  return buffer;
}

/** Records a region as one of several guests. */
function record(buffer: ArrayBuffer, path: string): void {
  using libc = new Libc();
  using traces = TraceFolder.open(libc, path);
  using output = new CtfOutput(libc, traces);
  const recorder = new RegionRecorder(buffer);
  while (recorder.drain((...packet) => output.write(...packet)).more);
  assertEquals(recorder.totals.records, RECORDS + 1);
}

Deno.test({
  name: "record: whatever times a guest claims, all that was recorded opens",
  ignore: !haveBabeltrace() || !haveTraceCmd(),
  fn: async () => {
    using folder = new TempFolder();
    let guests = 0;
    for (const far of FAR) {
      for (const clock of CLOCKS) {
        for (const utcNs of BEGINS) {
          const buffer = farRegion(far, clock, utcNs);
          record(buffer, folder.at(`guest-${guests++}`));
        }
      }
    }
    const { events } = await openTrace(folder.at("."));
    assertEquals(events.get("0")?.length, guests * RECORDS);
    assertEquals(events.get(NO_CPU)?.length, guests);
    for (let i = 0; i < guests; i++) {
      const [trace] = findTraces(folder.at(`guest-${i}`));
      // These are raw ticks, which trace-cmd shows in another way.
      if (trace.info.clock.clockId === ABI.CLOCK_TSC) continue;
      const file = folder.at(`trace-${i}.dat`);
      writeTraceDat(trace, file);
      assertEquals((await report(file)).length, RECORDS + 1);
    }
  },
});

Deno.test({
  name: "record: a time from the far future moves no other",
  ignore: !haveBabeltrace(),
  fn: async () => {
    using folder = new TempFolder();
    record(farRegion(1n << 63n, CLOCKS[1], 0n), folder.at("guest"));
    const { events } = await openTrace(folder.at("guest"));
    const cycles = events.get("0")!.map((each) => Number(each.cycles));
    assertEquals(
      cycles,
      [1000, 1000, 2000, 2000, 2000, 2000, 3000, 3001, 3002],
    );
  },
});

Deno.test({
  name: "record: an epoch keeps its clock, whatever the next one says",
  ignore: !haveBabeltrace(),
  fn: async () => {
    using folder = new TempFolder();
    const { buffer, writer } = makeRegion({
      nrTrace: 1,
      clock: () => 1n << 40n,
    });
    const text = new TextEncoder().encode("text");
    writer.write(0, ABI.ID_MESSAGE, text);
    // Each batch begins a chunk, which has the metadata of its epoch.
    const rules = { limitBytes: 1, limitMs: Infinity, keep: 9 };
    using libc = new Libc();
    using traces = TraceFolder.open(libc, folder.at("guest"));
    using output = new CtfOutput(libc, traces, "", rules);
    const recorder = new RegionRecorder(buffer, undefined, {
      rotates: (bytes) => output.rotates(bytes),
    });
    const drain = () => {
      const sink = output.write.bind(output);
      if (recorder.drain(sink).reformatted) assert(recorder.reattach(sink));
      while (recorder.drain(sink).more);
    };
    drain();
    writer.write(0, ABI.ID_MESSAGE, text); // still in the old epoch
    const view = new DataView(buffer);
    view.setUint32(REGION_HEADER.clockId, ABI.CLOCK_TSC, true);
    view.setBigUint64(REGION_HEADER.clockHz, 1n, true);
    writer.restart();
    reseal(buffer);
    drain();
    const { events } = await openTrace(folder.at("guest"));
    assertEquals(events.get("0")?.length, 3);
  },
});
