// SPDX-License-Identifier: MIT
// Tests `dump`, the black box, and -n, the last records.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { Guest, REGION_BYTES, summary } from "../support/guest.ts";
import { ReaderProgram, runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { uniqueName } from "../support/shared_object.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Makes a guest that has written this many lines, on two CPUs in turn. */
function talker(lines: number): Guest {
  const guest = new Guest();
  for (let i = 0; i < lines; i++) say(guest.writer, i % 2, `line ${i}\n`);
  return guest;
}

function lastLines(from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => `line ${from + i}\n`)
    .join("");
}

Deno.test("dump: what is there, oldest first, and no more", async () => {
  using guest = talker(10);
  const { code, stdout, stderr } = await runReader("dump", "-s", guest.name);
  assertEquals([code, stdout], [0, lastLines(0, 10)]);
  assertEquals(stderr, summary(10, 70) + "\n");
});

Deno.test("dump -n: the last ones; all are accounted for", async () => {
  using guest = talker(60_000);
  say(guest.writer, 2, "kernel log\n");
  const { code, stdout, stderr } = await runReader(
    ...["dump", "-s", guest.name, "-n", "7"],
  );
  assertEquals([code, stdout], [0, lastLines(59_994, 60_000) + "kernel log\n"]);
  const [, read, missed] = /: (\d+) records, .*, (\d+) missed/.exec(stderr)!;
  assertEquals(Number(read) + Number(missed), 60_001);
});

Deno.test("dump -n: more than there are, none, long messages", async () => {
  using guest = talker(3);
  const lines = async (n: string) =>
    (await runReader("dump", "-s", guest.name, "-q", "-n", n)).stdout;
  assertEquals(await lines("100"), lastLines(0, 3));
  assertEquals(await lines("0"), "");
  const long = "x".repeat(20_000) + "\n"; // in several records
  say(guest.writer, 0, long);
  say(guest.writer, 1, "end\n");
  assertEquals(await lines("2"), long + "end\n");
  assertEquals(await lines("1"), "end\n");
});

Deno.test("dump -n: records about the ring itself do not count", async () => {
  using guest = talker(3);
  const reason = new Uint8Array(8);
  reason[0] = ABI.TAKEOVER_PANIC;
  guest.writer.write(0, ABI.ID_TAKEOVER, reason);
  const { stdout } = await runReader("dump", "-s", guest.name, "-n", "2");
  assertEquals(stdout, lastLines(1, 3));
});

Deno.test("dump -n: of what the filter leaves", async () => {
  using guest = talker(9);
  const { stdout, stderr } = await runReader(
    ...["dump", "-s", guest.name, "-n", "2", "--cpu", "0"],
  );
  assertEquals(stdout, "line 6\nline 8\n");
  assertStringIncludes(stderr, ": 9 records, ");
});

Deno.test("read -n: the last ones, then what comes", async () => {
  using guest = talker(1000);
  await using reader = new ReaderProgram("-s", guest.name, "-n", "2");
  assertEquals(await reader.stdout.next(), "line 998");
  assertEquals(await reader.stdout.next(), "line 999");
  say(guest.writer, 0, "more\n");
  assertEquals(await reader.stdout.next(), "more");
  // Positions start again, but nothing of the new session is left out.
  const again = guest.format();
  say(again, 0, "anew\n");
  assertEquals(await reader.stdout.next(), "anew");
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});

Deno.test("read -n: what comes later is read from its beginning", async () => {
  const name = uniqueName();
  await using reader = new ReaderProgram("-s", name, "-n", "1");
  await reader.stderr.until("waiting: ");
  reader.kill("SIGSTOP");
  using guest = new Guest({}, REGION_BYTES, name);
  say(guest.writer, 0, "one\n");
  say(guest.writer, 1, "two\n");
  reader.kill("SIGCONT");
  assertEquals(await reader.stdout.next(), "one");
  assertEquals(await reader.stdout.next(), "two");
});

Deno.test("dump: a copy gives what the object gave", async () => {
  using guest = talker(60_000);
  using folder = new TempFolder();
  const copy = folder.at("copy");
  await Deno.writeFile(copy, new Uint8Array(guest.object.buffer));
  const object = await runReader("dump", "-s", guest.name);
  const image = await runReader("dump", "--image", copy);
  assertEquals(image, object);
  assert(image.stdout.endsWith(lastLines(59_990, 60_000)));
  // The copy is the operator's own file, so it does not matter who may write to
  // it.
  await Deno.chmod(copy, 0o666);
  await Deno.symlink(copy, folder.at("link"));
  assertEquals(await runReader("dump", "--image", folder.at("link")), object);
});

Deno.test("dump: a damaged copy costs what is damaged", async () => {
  using guest = talker(60_000);
  using folder = new TempFolder();
  const bytes = new Uint8Array(guest.object.buffer).slice();
  const noise = bytes.subarray(1 << 19, (1 << 19) + 9000);
  crypto.getRandomValues(noise);
  await Deno.writeFile(folder.at("copy"), bytes);
  const { code, stdout, stderr } = await runReader(
    ...["dump", "--image", folder.at("copy")],
  );
  assertEquals(code, 0);
  assert(stdout.endsWith(lastLines(59_990, 60_000)));
  assert(/, [1-9]\d* lost/.test(stderr), stderr);
});

for (
  const [args, says] of [
    [
      ["dump", "-s", "a", "--image", "b"],
      "does not go together with -s, --shm",
    ],
    [["dump"], "option -s, --shm is missing"],
    [["dump", "-s", "a", "-n", "x"], 'option -n, --lines: "x" is no whole'],
    [
      ["-s", "a", "-n", "1", "--cursor-file", "c"],
      "does not go together with --cursor",
    ],
  ] as const
) {
  Deno.test(`usage: "${args.join(" ")}" is one line, exit 2`, async () => {
    const { code, stdout, stderr } = await runReader(...args);
    assertEquals([code, stdout, stderr.split("\n").length], [2, "", 2]);
    assertStringIncludes(stderr, says);
  });
}
