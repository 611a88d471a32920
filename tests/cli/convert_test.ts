// SPDX-License-Identifier: MIT
/** The convert command. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { haveBabeltrace, openTrace } from "../support/babeltrace.ts";
import { Guest } from "../support/guest.ts";
import { runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import {
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { haveTraceCmd, report } from "../support/trace_cmd.ts";

const ignore = !haveTraceCmd() || !haveBabeltrace();
const RECORDS = 30;

/** A guest with events, in two epochs. */
function guestWithEvents(): Guest {
  const guest = new Guest({ metaBytes: 1 << 16 });
  for (const name of ["first", "last"]) {
    if (name === "last") guest.writer.restart();
    guest.writer.describe(SCHED_ID, SCHED_TEXT);
    for (let i = 0; i < RECORDS; i++) {
      guest.writer.write(i % 2, SCHED_ID, schedPayload(name));
    }
    say(guest.writer, 0, `${name} message\n`);
  }
  return guest;
}

/** How often trace-cmd reports each task name of the events. */
async function namesIn(path: string): Promise<Record<string, number>> {
  const names: Record<string, number> = {};
  for (const { name, text } of await report(path)) {
    const key = text.match(/prev_comm=(\w+)/)?.[1] ?? `${name}: ${text}`;
    names[key] = (names[key] ?? 0) + 1;
  }
  return names;
}

const LAST = {
  last: RECORDS,
  "print: ivring: takeover (boot)": 3,
  "print: last message": 1,
};
const FIRST = { first: RECORDS, "print: first message": 1 };

Deno.test({
  name: "convert: an object, a copy of one, and a recorded trace",
  ignore,
  fn: async () => {
    using guest = guestWithEvents();
    using folder = new TempFolder();
    const image = folder.at("image");
    await Deno.copyFile(guest.object.path, image);
    const trace = folder.at("trace");
    const run = async (...args: string[]) => {
      const out = await runReader("convert", ...args);
      assertEquals([out.code, out.stdout], [0, ""], out.stderr);
      return out.stderr;
    };
    await run("--to", "ctf", "-s", guest.name, "-o", trace);
    const ctf = await openTrace(trace);
    assertEquals([...ctf.events.values()].flat().length, 2 * RECORDS + 5);
    for (
      const source of [
        ["-s", guest.name],
        ["--image", image],
        ["--trace", trace],
      ]
    ) {
      const file = folder.at("trace.dat");
      const to = ["--to", "trace.dat", "-o", file];
      const said = await run(...to, ...source);
      assertStringIncludes(said, "epoch 1; others are there: 0, 1");
      assertEquals(await namesIn(file), LAST);
      assertEquals(await run(...to, ...source, "--epoch", "0", "-q"), "");
      assertEquals(await namesIn(file), FIRST);
    }
    const epoch = `${trace}/session-0/epoch-0`;
    const file = folder.at("trace.dat");
    await run("--to", "trace.dat", "-o", file, "--trace", epoch);
    assertEquals(await namesIn(file), FIRST);
    assertEquals(folder.names(), ["image", "trace", "trace.dat"]);
  },
});

Deno.test("convert: what cannot be converted", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  const file = folder.at("file");
  const to = ["--to", "trace.dat", "-o", file];
  const source = ["-s", guest.name];
  const cases: [code: number, args: string[], message: string][] = [
    [2, ["-o", file, ...source], "option --to is missing"],
    [2, ["--to", "mp3", "-o", file, ...source], '"mp3" is none of trace.dat'],
    [2, [...to], "option -s, --shm is missing"],
    [2, [...to, ...source, "--trace", "x"], "option --trace: not together"],
    [2, [...to, ...source, "--image", "x"], "option --image: not together"],
    [2, [...to, ...source, "--epoch", "one"], 'option --epoch: "one" is no'],
    [
      2,
      ["--to", "ctf", "-o", file, "--trace", "x"],
      "option --trace: it is CTF already",
    ],
    [1, [...to, "--trace", folder.at("x")], "no such directory"],
    [1, [...to, "--trace", folder.path], "holds no trace"],
    [1, [...to, "-s", "/ivring-test-nothing"], "no shared memory object"],
    [1, [...to, ...source], "holds no records yet"],
  ];
  for (const [expected, args, message] of cases) {
    const { code, stdout, stderr } = await runReader("convert", ...args);
    assertEquals([code, stdout], [expected, ""], `${args} ${stderr}`);
    assertStringIncludes(stderr, message);
  }
  assertEquals(folder.names(), [], "nothing is left behind");
});
