// SPDX-License-Identifier: MIT
// Tests how the kernel's stacks are printed, recorded and converted.
import { assertEquals } from "@std/assert";
import { JSON_FORMAT } from "../../cli/formats/json.ts";
import { TEXT_FORMAT } from "../../cli/formats/text.ts";
import { findTraces } from "../../cli/traces/find_traces.ts";
import { writeTraceDat } from "../../cli/traces/trace_dat_file.ts";
import { parseEventFormat } from "../../ring/events/event_format.ts";
import { RecordReader } from "../../ring/mod.ts";
import { haveBabeltrace, openTrace } from "../support/babeltrace.ts";
import { datTest, NOTHING_LEFT_OUT } from "../support/converted.ts";
import { lookupOf, printed, recordOf } from "../support/records.ts";
import { recorded } from "../support/recordings.ts";
import { makeRegion, say } from "../support/regions.ts";
import {
  STACK_ID,
  STACK_TEXT,
  stackPayload,
  SYMBOLS,
  VFS_WRITE,
} from "../support/stack_events.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";

const META_BYTES = 1 << 16;
const FORMAT = parseEventFormat(STACK_TEXT);
const EVENTS = { ...lookupOf(FORMAT), symbols: () => SYMBOLS };
const UNKNOWN = 0xffffffffc0000001n;
const FRAMES = [VFS_WRITE, UNKNOWN];
const HEAD = "           <...>-42      [000] .....     5.000000: ";

const stackOf = (...args: Parameters<typeof stackPayload>) =>
  recordOf(stackPayload(...args), { id: STACK_ID });

Deno.test("stack: as the kernel prints it, with more or fewer than eight functions", () => {
  const many = Array<bigint>(20).fill(VFS_WRITE);
  const records = [stackOf(FRAMES), stackOf([]), stackOf(many)];
  assertEquals(
    printed(TEXT_FORMAT, records, { events: EVENTS }),
    `${HEAD}<stack trace>\n => vfs_write\n => 0xffffffffc0000001\n` +
      `${HEAD}<stack trace>\n` +
      `${HEAD}<stack trace>\n${" => vfs_write\n".repeat(20)}`,
  );
  // What follows such an address is not shown by the kernel, either.
  const ended = stackOf([VFS_WRITE, 2n ** 64n - 1n, VFS_WRITE]);
  assertEquals(
    printed(TEXT_FORMAT, [ended], { events: EVENTS }),
    `${HEAD}<stack trace>\n => vfs_write\n`,
  );
});

Deno.test("stack: in JSON an array of places, and the addresses", () => {
  const line = printed(JSON_FORMAT, [stackOf(FRAMES)], { events: EVENTS });
  const { event, message, pid, stack, system, fields } = JSON.parse(line);
  assertEquals({ event, message, pid, stack, system, fields }, {
    event: "kernel_stack",
    message: "<stack trace>\n => vfs_write\n => 0xffffffffc0000001",
    pid: 42,
    stack: ["vfs_write+0x12/0x80", "0xffffffffc0000001"],
    system: "ftrace",
    fields: {
      size: 2,
      caller: ["0xffffffff81001012", "0xffffffffc0000001"],
    },
  });
});

Deno.test("stack: one that has another length than it says is opaque", () => {
  const line = printed(JSON_FORMAT, [stackOf(FRAMES, 1)], { events: EVENTS });
  assertEquals(JSON.parse(line).event, "opaque");
});

/** A region with a message, stacks, and another message. */
function stacks(): ArrayBuffer {
  const { buffer, writer } = makeRegion({ nrTrace: 1, metaBytes: META_BYTES });
  writer.describe(STACK_ID, STACK_TEXT);
  say(writer, 0, "before");
  const lengths = [2, 0, 9];
  for (const length of lengths) {
    const frames = Array<bigint>(length).fill(VFS_WRITE);
    writer.write(0, STACK_ID, stackPayload(frames));
  }
  say(writer, 0, "behind");
  return buffer;
}

Deno.test("stack: the library gives its functions", () => {
  const reader = new RecordReader(stacks());
  const found: unknown[] = [];
  reader.readAll((record) => {
    const content = reader.decode(record);
    if (content.kind === "event") found.push([content.stack, content.text]);
  });
  const address = "0xffffffff81001012";
  assertEquals(
    found,
    [2, 0, 9].map((length) => [
      Array(length).fill(address),
      `<stack trace>${`\n => ${address}`.repeat(length)}`,
    ]),
  );
  assertEquals(reader.totals.opaque, 0);
});

const ignore = !haveBabeltrace();
const reason = missingReason(ignore ? ["babeltrace2"] : []);

Deno.test({
  name: skippedName("stack: babeltrace2 shows all addresses", reason),
  ignore,
  fn: () =>
    recorded(stacks(), async ({ drain, path, recorder }) => {
      drain();
      const { events } = await openTrace(path);
      const shown = events.get("0")!.slice(1, -1);
      assertEquals(shown.map(({ name }) => name), [
        "ftrace:kernel_stack",
        "ftrace:kernel_stack",
        "ftrace:kernel_stack",
      ]);
      const lists = shown.map(({ data }) =>
        /caller = \[(.*?) \]/.exec(data)?.[1].split(",").length ?? data
      );
      assertEquals([lists[0], lists[2]], [2, 9], JSON.stringify(shown));
      assertEquals(shown[0].data.includes("0xFFFFFFFF81001012"), true);
      assertEquals(recorder.totals.opaque, 0);
    }),
});

datTest(
  "stacks are shown by trace-cmd",
  () =>
    recorded(stacks(), async ({ drain, path }) => {
      drain();
      const file = `${path}/trace.dat`;
      const converted = writeTraceDat(findTraces(path).at(-1)!, file);
      assertEquals(converted, NOTHING_LEFT_OUT);
      const { stdout, stderr } = await new Deno.Command("trace-cmd", {
        args: ["report", file],
        env: { LC_ALL: "C" },
      }).output();
      await Deno.remove(file);
      const text = new TextDecoder().decode(stdout);
      assertEquals(new TextDecoder().decode(stderr), "");
      const blocks = text.split("kernel_stack:").slice(1)
        .map((block) => block.split("\n").slice(0, 30));
      const addresses = blocks.map((block) =>
        block.filter((line) => line === "=> ffffffff81001012").length
      );
      assertEquals(addresses, [2, 0, 9], text);
      assertEquals(text.match(/=>/g)?.length, 11, text);
    }),
);
