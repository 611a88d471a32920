// SPDX-License-Identifier: MIT
/**
 * A limit on the size of files (`ulimit -f`, systemd's LimitFSIZE=) is treated
 * like a full disk that will never have room again: it is reported and counted,
 * and nothing is left behind.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { haveBabeltrace, openTrace } from "../support/babeltrace.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { FileSizeLimit } from "../support/file_size.ts";
import { Guest } from "../support/guest.ts";
import {
  type Ended,
  readerCommand,
  runCommand,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder } from "../support/temp_folder.ts";

const LINE = "x".repeat(99) + "\n";
const LINES = 3000;
const LIMIT = 100_050;
const TOO_LARGE = "would become larger than a file may be: let files grow";

function talking(): Guest {
  const guest = new Guest({}, 4 << 20);
  for (let i = 0; i < LINES; i++) say(guest.writer, i % 2, LINE);
  return guest;
}

/** Runs the reader with the limit. */
async function runLimited(
  bytes: number,
  args: readonly string[],
  stdout = "",
  command = readerCommand(args),
): Promise<Ended> {
  using limit = new FileSizeLimit(bytes);
  const limited = limit.command(command);
  if (stdout === "") return await runCommand(limited);
  const script = 'exec > "$1"; shift; exec "$@"';
  return await runCommand(["bash", "-c", script, "bash", stdout, ...limited]);
}

/** Returns the number that a summary has for something. */
function counted(text: string, what: string): number {
  return Number(new RegExp(`(\\d+) ${what}`).exec(text)?.[1] ?? 0);
}

function assertCounted(
  { code, stderr }: Ended,
  written: number,
  read = LINES,
): void {
  assertEquals(code, 1, stderr);
  assert(stderr.includes(TOO_LARGE), stderr);
  assertEquals(counted(stderr, "records, "), written, stderr);
  assertEquals(counted(stderr, "not written \\("), read - written, stderr);
}

for (const args of [["--once"], ["dump"], ["-v"]]) {
  Deno.test(`file size limit: -f, ${args}: whole lines, the rest counted`, async () => {
    using guest = talking();
    using folder = new TempFolder();
    const log = folder.at("log");
    const ended = await runLimited(
      LIMIT,
      [...args, "-s", guest.name, "-f", log],
    );
    const text = folder.read("log");
    assertEquals(text, LINE.repeat(Math.floor(LIMIT / LINE.length)));
    // A reader that follows ends before it has read everything.
    const written = text.length / LINE.length;
    const not = counted(ended.stderr, "not written \\(");
    assert(not > 0 && written + not <= LINES, ended.stderr);
    const read = args[0] === "-v" ? written + not : LINES;
    assertCounted(ended, written, read);
  });
}

Deno.test("file size limit: standard output, too, and texts", async () => {
  using guest = talking();
  using folder = new TempFolder();
  const out = folder.at("out");
  const dump = ["dump", "-s", guest.name];
  assertCounted(
    await runLimited(LIMIT, dump, out),
    Math.floor(LIMIT / LINE.length),
  );
  for (const args of [["--help"], ["info", "-s", guest.name]]) {
    const { code, stderr } = await runLimited(100, args, out);
    assertEquals(code, 1, stderr);
    assert(stderr.startsWith(`ivring_reader: standard output: ${TOO_LARGE}`));
  }
});

for (const bytes of [100, 3000, LIMIT]) {
  Deno.test(`file size limit: record, ${bytes} bytes: what counts is there, nothing is left over`, async () => {
    using guest = talking();
    using folder = new TempFolder();
    const trace = folder.at("trace");
    const ended = await runLimited(
      bytes,
      ["record", "-s", guest.name, "-o", trace, "--once"],
    );
    const info = [...Deno.readDirSync(`${trace}/session-0/epoch-0/ivring`)];
    assert(info.every(({ name }) => name === "trace.json"));
    const written = counted(ended.stderr, "records, ");
    assertEquals(written > 0, bytes === LIMIT);
    assertEquals(ended.code, 1);
    assert(ended.stderr.includes(TOO_LARGE), ended.stderr);
    assert(counted(ended.stderr, "not written \\(") > 0);
    if (written === 0 || !haveBabeltrace()) return;
    const { events } = await openTrace(trace);
    assertEquals([...events.values()].flat().length, written);
  });
}

for (const bytes of [3000, LIMIT]) {
  Deno.test(`file size limit: convert, ${bytes} bytes: nothing is left over`, async () => {
    using guest = talking();
    using folder = new TempFolder();
    const to = ["convert", "--to", "trace.dat", "-s", guest.name];
    const { code, stderr } = await runLimited(
      bytes,
      [...to, "-o", folder.at("dat")],
    );
    assertEquals(code, 1, stderr);
    assertMatch(stderr, /\/dat: would become larger than a file may be/);
    assertEquals(folder.names(), []);
  });
}

Deno.test("file size limit: a cursor that is not saved ends with 1, and leaves nothing", async () => {
  using guest = talking();
  using folder = new TempFolder();
  const { code, stderr } = await runLimited(
    200,
    ["-s", guest.name, "--cursor-file", folder.at("cursor"), "--once"],
  );
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /\/cursor: would become larger than a file may be/);
  // The note that it had begun was short enough to be saved.
  assertEquals(folder.names(), ["cursor"]);
  assertEquals(JSON.parse(folder.read("cursor")).ended, false);
});

Deno.test("file size limit: metrics that are not written are reported, and end with 1", async () => {
  using guest = talking();
  using folder = new TempFolder();
  const { code, stderr } = await runLimited(
    100,
    ["-s", guest.name, "--metrics-file", folder.at("metrics"), "--once"],
  );
  assertEquals(code, 1, stderr);
  assertMatch(stderr, /\/metrics: would become larger than a file may be/);
  assertMatch(stderr, /: \d+ records, [^]*: the metrics could not be written/);
  assertEquals(folder.names(), []);
});

Deno.test("control: with the signal it ends without a word", async () => {
  using guest = talking();
  using folder = new TempFolder();
  using changed = new ChangedReader({
    "main.ts": [{ find: "    surviveFileSizeLimit();\n", replace: "" }],
  });
  const args = ["-s", guest.name, "-f", folder.at("log"), "--once"];
  const { code, stderr } = await runLimited(
    LIMIT,
    args,
    "",
    changed.command(args),
  );
  assertEquals([code, stderr], [128 + 25, ""]);
});
