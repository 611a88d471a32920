// SPDX-License-Identifier: MIT
// Compares the same kernel events in four ways: as the guest's kernel recorded
// them itself, as we print them, as trace-cmd reports our trace.dat, and as
// babeltrace2 shows our CTF. Every field is compared, in order.
import { assert, assertEquals } from "@std/assert";
import type { EventFormat } from "../../ring/events/event_format.ts";
import { ABI } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RecordSink } from "../../ring/record_view.ts";
import {
  fieldsOf,
  haveBabeltrace,
  openTrace,
  type TraceEvent,
} from "../support/babeltrace.ts";
import { payloadOf } from "../support/events.ts";
import { runReader } from "../support/reader_program.ts";
import { isReported, numbersAndTexts } from "../support/reported_fields.ts";
import { shownFields } from "../support/shown_fields.ts";
import { TempFolder } from "../support/temp_folder.ts";
import {
  haveTraceCmd,
  ofCpu,
  report,
  type ReportedEvent,
} from "../support/trace_cmd.ts";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { CPUS } from "./qemu.ts";
import { vmTest } from "./support.ts";
import {
  bytesOf,
  compareEntries,
  kernelEntries,
  MONOTONIC,
} from "./trace_compare.ts";
import {
  INSTANCE,
  kernelMessages,
  LOAD_TRACING,
  tracingFiles,
  workload,
} from "./tracing.ts";

const REGION_BYTES = 64 << 20;
const ROUNDS = 6;

/** One line of `--format json`. */
interface Line {
  readonly cpu: number | null;
  readonly seq: number;
  readonly clock: string;
  readonly event: string;
  readonly system: string;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/**
 * Returns what the guest's kernel prints of each event, per CPU: "name: text".
 */
function kernelLines(trace: string): string[][] {
  const lines = Array.from({ length: CPUS }, (): string[] => []);
  for (const line of trace.split("\n")) {
    const match = line.match(/\[(\d+)\] \S+ +\d+\.\d+: (\w+: .*)$/);
    if (match !== null) lines[Number(match[1])].push(match[2].trimEnd());
  }
  return lines;
}

/** Runs our command on a copy of the region. */
async function ours(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runReader(...args, "-q");
  assertEquals(code, 0, stderr);
  return stdout;
}

/** A record as all three show it. */
interface Shown {
  readonly line: Line;
  readonly reported: ReportedEvent;
  readonly ctf: TraceEvent;
}

/** A kernel event as it came through the ring. */
interface KernelRecord {
  readonly cpu: number;
  readonly seq: number;
  readonly time: bigint;
  readonly format: EventFormat;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Returns all kernel events of a region, each with its format. */
function recordsOf(region: ArrayBuffer): KernelRecord[] {
  const records: KernelRecord[] = [];
  const reader = new RegionReader(region);
  const sink: RecordSink = (record) => {
    const { bytes, payloadOffset: at, payloadBytes, ring, seq } = record;
    if (record.id > ABI.ID_KERNEL_MAX) return;
    records.push({
      cpu: ring.cpu,
      seq,
      time: BigInt(record.timeHigh) << 32n | BigInt(record.timeLow),
      format: reader.events.describe(record)!,
      bytes: bytes.slice(at, at + payloadBytes),
    });
  };
  for (let again = true; again;) {
    const { more, held } = reader.drain(sink);
    again = more || held;
  }
  reader.finish(sink);
  return records;
}

function compare(
  { time, seq, format, bytes }: KernelRecord,
  { line, reported, ctf }: Shown,
): void {
  const { name, system } = format;
  assertEquals(
    [line.event, line.system, line.seq, line.clock],
    [name, system, seq, String(time)],
  );
  assertEquals([reported.name, reported.time], [name, time]);
  assertEquals(
    [ctf.name, ctf.seq, BigInt(ctf.cycles)],
    [`${system}:${name}`, seq, time],
  );
  const fields = fieldsOf(ctf.data);
  for (const [field, value] of shownFields(format, payloadOf(bytes))) {
    assertEquals(fields.get(field), value, `${name} ${field}`);
  }
  for (const { name: field, value } of numbersAndTexts(format, bytes)) {
    const what = `${name} ${field}: ${reported.text}`;
    assert(isReported(reported.text, field, value), what);
    if (typeof value === "string") assertEquals(line.fields[field], value);
    else {
      // Numbers beyond 2^53 are texts in JSON.
      const found = BigInt(line.fields[field] as string | number);
      assertEquals(
        BigInt.asUintN(value.bits, found),
        BigInt.asUintN(value.bits, value.number),
        `${name} ${field}`,
      );
    }
  }
}

async function toolsTest(machine: Machine, options: string): Promise<void> {
  using folder = new TempFolder();
  await machine.run(
    `${MONOTONIC} && sh ivring-trace start --no-symbols -b 4096 ${options}`,
  );
  await machine.run(workload(ROUNDS));
  await machine.run(`echo 0 > ${INSTANCE}/tracing_on`);
  const trace = await bytesOf(machine, `cat ${INSTANCE}/trace`);
  const printed = kernelLines(new TextDecoder().decode(trace));
  const entries = await kernelEntries(machine);
  const region = machine.regionCopy();
  await machine.run("sh ivring-trace stop");

  const { messages, totals } = readAll(region);
  assertEquals([totals.lost, totals.dropped, totals.missed], [0, 0, 0]);
  const kernel = kernelMessages(messages.all);
  const { missing } = compareEntries(entries, kernel);
  assert(kernel.length > 1000, `${kernel.length} events`);

  const image = folder.at("image");
  await Deno.writeFile(image, new Uint8Array(region));
  const json = await ours("dump", "--image", image, "--format", "json");
  const lines = json.trimEnd().split("\n").map((line): Line => JSON.parse(line))
    .filter((line) => line.system !== undefined);
  const dat = folder.at("trace.dat");
  const ctf = folder.at("ctf");
  const from = ["--image", image];
  await ours("convert", "--to", "trace.dat", "-o", dat, ...from);
  await ours("convert", "--to", "ctf", "-o", ctf, ...from);
  const reported = await report(dat, "-R");
  const opened = await openTrace(ctf);
  assertEquals(opened.discarded, 0);

  const records = recordsOf(region);
  for (let cpu = 0; cpu < CPUS; cpu++) {
    const expected = records.filter((record) => record.cpu === cpu);
    const shown = {
      lines: lines.filter((line) => line.cpu === cpu),
      reported: ofCpu(reported, cpu).filter(({ name }) => name !== "print"),
      ctf: opened.events.get(String(cpu))!
        .filter(({ name }) => name.includes(":")),
    };
    assertEquals(shown.lines.length, expected.length);
    assertEquals(shown.reported.length, expected.length);
    assertEquals(shown.ctf.length, expected.length);
    expected.forEach((record, i) =>
      compare(record, {
        line: shown.lines[i],
        reported: shown.reported[i],
        ctf: shown.ctf[i],
      })
    );
    // Events without addresses must read like the kernel's own text.
    const isPlain = (text: string) => text.startsWith("sched_");
    assertEquals(
      shown.lines.map(({ event, message }) => `${event}: ${message}`)
        .filter(isPlain).sort(),
      printed[cpu].filter(isPlain).sort(),
    );
  }
  console.log(
    `  ${kernel.length} events of ${options} in four ways; ` +
      `${missing.length} of the driver's own skipped`,
  );
}

const MISSING = [
  ...haveTraceCmd() ? [] : ["trace-cmd"],
  ...haveBabeltrace() ? [] : ["babeltrace2"],
];

vmTest("trace-cmd, babeltrace2, the kernel and we agree", async (built) => {
  await using machine = await Machine.start({
    regions: [{ bytes: REGION_BYTES }],
    files: tracingFiles(built),
    oneThread: true,
  });
  await machine.run(LOAD_TRACING);
  await toolsTest(machine, "sched timer kmem");
  assertEquals(await machine.faults(), []);
}, MISSING);
