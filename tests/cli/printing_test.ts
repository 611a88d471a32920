// SPDX-License-Identifier: MIT
/** Tests formats, filters and timestamps as the program prints them. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { Guest, summary } from "../support/guest.ts";
import {
  readerCommand,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import {
  SCHED_ID,
  SCHED_TEXT,
  schedPayload,
} from "../support/sample_events.ts";

const OOPS = ["BUG: bad", "Call Trace:", "---[ end trace 0 ]---"];

/** Makes a guest with one record of every kind, in this order. */
function busyGuest(): Guest {
  const guest = new Guest({ metaBytes: 16384 });
  const { writer } = guest;
  writer.describe(SCHED_ID, SCHED_TEXT);
  writer.announce(BigInt(Date.now()) * 1_000_000n, ABI.ANNOUNCE_START);
  writer.log({ seq: 1n, timeUs: 1_000_000n, priority: 6, text: "booting" });
  say(writer, 0, "hello\n");
  writer.write(1, SCHED_ID, schedPayload("sh"));
  OOPS.forEach((text, i) =>
    writer.log({
      seq: BigInt(2 + i),
      timeUs: BigInt(2_000_000 + i),
      priority: 2,
      text,
    })
  );
  writer.write(0, 77, new Uint8Array([1, 2]));
  return guest;
}

/** The summary, which counts the bytes of every record that was read. */
const READ = summary(8, 24 + 31 + 6 + 40 + 3 * 24 + OOPS.join("").length + 2);

/** Returns the standard output of a run that must succeed. */
async function lines(guest: Guest, ...args: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runReader(
    ...["-s", guest.name, "--once", ...args],
  );
  assertEquals(code, 0, stderr);
  assert(stderr.includes(READ), stderr);
  return stdout.trimEnd().split("\n");
}

Deno.test("text: every kind of record", async () => {
  using guest = busyGuest();
  const shown = await lines(guest);
  assertEquals(shown.slice(0, 2), ["[    1.000000] booting", "hello"]);
  assertMatch(
    shown[2],
    /^ {11}<\.\.\.>-42 {6}\[001\] \.{5} +\d+\.\d{6}: sched_switch: prev_comm=sh /,
  );
  assertEquals(shown[3], "[    2.000000] BUG: bad");
  assertEquals(shown.slice(6), ["event 77: opaque, 2 bytes: 0102"]);
});

Deno.test("json: every kind of record, and what is filtered counts", async () => {
  using guest = busyGuest();
  const all = await lines(guest, "--format", "json");
  assertEquals(
    all.map((line) => JSON.parse(line).event),
    [
      ...["clock", "klog", "message", "sched_switch", "klog", "klog", "klog"],
      "opaque",
    ],
  );
  const { host, object, timestamp, fields } = JSON.parse(all[3]);
  assertEquals([host, object], [Deno.hostname(), guest.name]);
  assertEquals(fields.prev_comm, "sh");
  assertEquals(timestamp.slice(0, 4), String(new Date().getUTCFullYear()));
  const some = async (...args: string[]) =>
    (await lines(guest, "--format", "json", ...args))
      .map((line) => JSON.parse(line).event).join(" ");
  assertEquals(await some("--event", "sched:*"), "sched_switch");
  assertEquals(
    await some("--event", "message", "--event", "opaque"),
    "message opaque",
  );
  assertEquals(await some("--cpu", "1"), "sched_switch");
  assertEquals(
    await some("--event", "klog", "--level", "crit"),
    "klog klog klog",
  );
  assertEquals(
    await some("--event", "klog", "--level", "crit", "--join-oops"),
    "klog",
  );
});

Deno.test("an oops is one record in JSON, and its lines in text", async () => {
  using guest = busyGuest();
  const [line] = await lines(
    guest,
    ...["--format", "json", "--join-oops", "--level", "err", "--event", "klog"],
  );
  const { message, severity } = JSON.parse(line);
  assertEquals([message, severity], [OOPS.join("\n"), "crit"]);
  const shown = await lines(guest, "--join-oops", "--event", "klog");
  assertEquals(shown.slice(1), OOPS.map((each) => `[    2.000000] ${each}`));
});

Deno.test("several objects: each line says whose it is", async () => {
  using one = new Guest();
  using two = new Guest();
  say(one.writer, 0, "from one");
  say(two.writer, 0, "from two");
  const { code, stdout } = await runReader(
    ...["-s", one.name, "-s", two.name, "--once", "--time", "raw"],
  );
  assertEquals(code, 0);
  const shown = stdout.trimEnd().split("\n").sort();
  assertMatch(shown[0], new RegExp(`^${one.name}: \\d+ from one$`));
  assertMatch(shown[1], new RegExp(`^${two.name}: \\d+ from two$`));
});

Deno.test("colours: on a terminal, or as asked for", async () => {
  using guest = busyGuest();
  const args = ["-s", guest.name, "--once", "-q", "--event", "klog"];
  const red = "\x1b[1;31mBUG: bad\x1b[0m";
  const piped = await runReader(...args, "--color", "always");
  assert(piped.stdout.includes(red), piped.stdout);
  const plain = await runReader(...args);
  assert(!plain.stdout.includes("\x1b"), plain.stdout);
  const command = readerCommand(args).map((word) => `'${word}'`).join(" ");
  const onTerminal = (env: string) =>
    runCommand(["script", "-qec", `${env} ${command}`, "/dev/null"]);
  const colored = await onTerminal("env -u NO_COLOR TERM=xterm");
  assert(colored.stdout.includes(red), colored.stdout);
  const asked = await onTerminal("env NO_COLOR=1 TERM=xterm");
  assert(!asked.stdout.includes("\x1b"), asked.stdout);
  const dumb = await onTerminal("env -u NO_COLOR TERM=dumb");
  assert(!dumb.stdout.includes("\x1b"), dumb.stdout);
});

for (
  const [args, message] of [
    [["--level", "loud"], /^ivring_reader: option --level: "loud" is no level/],
    [["--cpu", "x"], /^ivring_reader: option --cpu: "x" is no list of CPUs/],
    [["--event", "a b"], /^ivring_reader: option --event: "a b" is no name/],
  ] as const
) {
  Deno.test(`a wrong filter is a usage error: ${args.join(" ")}`, async () => {
    const { code, stdout, stderr } = await runReader("-s", "/none", ...args);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, message);
  });
}
