// SPDX-License-Identifier: MIT
// A guest that scribbles over its rings while the program reads them.
import { assert, assertEquals } from "@std/assert";
import { readHeader } from "../../ring/header.ts";
import { META, META_ENTRY, RING_DESC } from "../../ring/layout.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import { entry, field, formatText } from "../support/events.ts";
import { ReaderProgram } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { SharedObject } from "../support/shared_object.ts";
import { Random } from "./random.ts";

const REGION_BYTES = 4 << 20;
const OPTIONS = { nrTrace: 4, metaBytes: 1 << 16 };
const EVENT = 500;
const SECONDS = 5;
const SEED = 20_261_123;
/** Above what the program needs for itself and a quiet region of this size. */
const MEMORY_MIB_MAX = 64;

/** Peak resident memory of a process, in MiB. */
async function peakMib(pid: number): Promise<number> {
  const args = ["VmHWM", `/proc/${pid}/status`];
  const { stdout } = await new Deno.Command("grep", { args }).output();
  return Number(/\d+/.exec(new TextDecoder().decode(stdout))![0]) / 1024;
}

/** Names that a guest may give an event are letters, digits and `_`. */
const EVENTS = /^\w{1,64}$/;
/** A number, and where in the record a text is: "abc". */
const RECORD = Uint8Array.fromHex("01000000" + "10000400" + "61626300");

/** The format of the event; now and then the driver starts anew for it. */
function describe(writer: RegionWriter, random: Random): void {
  if (random.oneIn(50)) writer.restart();
  if (!random.oneIn(20)) return;
  const fields = [field("u32 a", 8, 4), field("__data_loc char[] b", 12, 4)];
  const print = '"a=%u b=%s", REC->a, __get_str(b)';
  writer.describe(EVENT, formatText(fields, { id: EVENT, print }));
}

/** Words over live lines, metadata, blocks and records; the header stays as it is. */
function scribble(buffer: ArrayBuffer, random: Random): void {
  const words = new Uint32Array(buffer);
  const { rings, metaOffset, metaPartBytes } = readHeader(buffer)!;
  for (let i = 0; i < 200; i++) {
    const ring = random.pick(rings);
    const value = random.oneIn(3) ? random.below(1 << 17) : random.next();
    if (random.oneIn(100)) {
      const part = metaOffset + random.below(2) * metaPartBytes;
      const bytes = random.oneIn(2) ? META.size + META_ENTRY.size : 4096;
      words[(part + 4 * random.below(bytes / 4)) / 4] = value;
    } else if (random.oneIn(40)) {
      const at = ring.descOffset + RING_DESC.live + 4 * random.below(6);
      words[at / 4] = random.oneIn(2) ? random.below(1 << 24) : value;
    } else {
      const bytes = ring.nrBlocks * ring.blockBytes;
      words[(ring.dataOffset + 4 * random.below(bytes / 4)) / 4] = value;
    }
  }
}

Deno.test("a scribbling guest: valid lines, bounded memory, and back again", async () => {
  using object = new SharedObject(REGION_BYTES);
  const writer = new RegionWriter(object.buffer, OPTIONS);
  say(writer, 0, "before");
  await using quiet = new ReaderProgram("-s", object.name);
  await using reader = new ReaderProgram("-s", object.name, "--format", "json");
  await quiet.stdout.until("before");
  await reader.stdout.until("before");
  const baseMib = await peakMib(quiet.pid);
  quiet.kill("SIGTERM");

  const lines = reader.stdout.until("the end of it");
  const random = new Random(SEED);
  const until = performance.now() + SECONDS * 1000;
  while (performance.now() < until) {
    scribble(object.buffer, random);
    for (let i = 0; i < 20; i++) {
      say(writer, random.below(5), "x".repeat(random.below(300)));
      writer.write(random.below(4), EVENT, entry(RECORD, { id: EVENT }));
    }
    writer.log({ seq: 1n, text: "y".repeat(random.below(300)) });
    describe(writer, random);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const next = new RegionWriter(object.buffer, OPTIONS);
  say(next, 0, "the end of it");
  await lines;
  const usedMib = await peakMib(reader.pid) - baseMib;
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
  const events = new Set<string>();
  for (const line of reader.stdout.all) {
    const { event, object: name } = JSON.parse(line);
    events.add(event);
    assertEquals(name, object.name);
  }
  for (const event of events) assert(EVENTS.test(event), event);
  for (const event of ["made_up", "klog", "opaque"]) {
    assert(events.has(event), `no ${event} came through`);
  }
  const said = (await reader.stderr.rest()).join("\n");
  console.log(`${said}; ${usedMib.toFixed(0)} MiB above a quiet reader`);
  assert(/[1-9]\d* corrupt/.test(said), "the scribbling hit nothing");
  assert(usedMib < MEMORY_MIB_MAX, `${usedMib} MiB above a quiet reader`);
});
