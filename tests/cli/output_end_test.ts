// SPDX-License-Identifier: MIT
/**
 * Tests how a run ends when its output takes no more: quietly if nobody wanted
 * more, and with an error if somebody did. Both cases count exactly.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest } from "../support/guest.ts";
import {
  type Ended,
  readerCommand,
  runCommand,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { SmallDisk, whyNoSmallDisk } from "../support/small_disk.ts";
import { TempFolder } from "../support/temp_folder.ts";

const LINE_BYTES = 100;
const COUNT = 5000;

/** Makes a guest with more than a pipe holds, in lines of equal length. */
function busyGuest(): Guest {
  const guest = new Guest({}, 1 << 21);
  for (let i = 0; i < COUNT; i++) {
    say(guest.writer, i % 2, `${i} `.padEnd(LINE_BYTES - 1, "x") + "\n");
  }
  return guest;
}

/** Runs a command inside a shell script, in which it is "$@". */
function inShell(script: string, command: readonly string[]): Promise<Ended> {
  return runCommand(["bash", "-c", script, "bash", ...command]);
}

/** Returns one count of a summary; 0 if it is not there. */
function counted(summary: string, what: string): number {
  return Number(new RegExp(`(\\d+) ${what}`).exec(summary)?.[1] ?? 0);
}

/** The program is killed, with code 137, if it does not end by itself. */
const BOUND = "timeout -s KILL 60";

/** Counts every byte that the reader wrote, and then closes the pipe. */
const READ_SOME = `
  mkfifo "$DIR/pipe"
  ${BOUND} "$@" > "$DIR/pipe" & head -c 150000 < "$DIR/pipe" | wc -c
  wait $!; echo "code $?"`;

async function throughHead(command: readonly string[]): Promise<Ended> {
  using folder = new TempFolder();
  return await inShell(`DIR=${folder.path}; ${READ_SOME}`, command);
}

for (const args of [["dump"], ["--once"], ["dump", "--format", "json"]]) {
  Deno.test(`a closed pipe ends ${args.join(" ")} quietly, with code 0`, async () => {
    using guest = busyGuest();
    const command = readerCommand([...args, "-s", guest.name]);
    const { stdout, stderr } = await throughHead(command);
    assert(stdout.includes("code 0"), stdout + stderr);
    const [summary, ...rest] = stderr.split("\n");
    assertMatch(summary, /^ivring_reader: \d+ records, .* 0 lost, 0 dropped/);
    assertEquals(rest, [""]);
    assert(!summary.includes("not written"), summary);
    // The written bytes are those that were read, and those left in the pipe.
    const records = counted(summary, "records");
    if (args.includes("json")) {
      assert(records > 0 && records < COUNT, summary);
    } else {
      const read = 150_000 / LINE_BYTES;
      assert(records >= read && records <= read + 700, summary);
      assertEquals(counted(summary, "bytes"), records * LINE_BYTES);
    }
  });
}

Deno.test("control: what was written before the pipe closed would not count", async () => {
  using guest = busyGuest();
  using changed = new ChangedReader({
    "ffi/output.ts": [{
      find: "return this.#ended && done === 0 ? -1 : done;",
      replace: "return this.#ended ? -1 : done;",
    }],
    "cli/printing/record_writer.ts": [{
      find: "if (!this.#wanted) return; // as with `| head`",
      replace: "",
    }],
  });
  const command = changed.command(["dump", "-s", guest.name]);
  const { stderr } = await throughHead(command);
  assert(counted(stderr, "not written") > COUNT - 2200, stderr);
});

const PRINTERS: Record<string, (name: string) => string[]> = {
  "dump": (name) => ["dump", "-s", name],
  "dump --format json": (name) => ["dump", "-s", name, "--format", "json"],
  "--once": (name) => ["-s", name, "--once"],
  // A reader that follows would wait, but a device never has more room.
  "read": (name) => ["-s", name],
};

for (const [what, args] of Object.entries(PRINTERS)) {
  Deno.test(`${what} > /dev/full: code 1, and how much is missing`, async () => {
    using guest = busyGuest();
    const command = readerCommand(args(guest.name));
    const { stdout, stderr } = await inShell(
      `${BOUND} "$@" > /dev/full; echo "code $?"`,
      command,
    );
    assertEquals(stdout, "code 1\n", stderr);
    const [summary, reason, ...rest] = stderr.split("\n");
    assertEquals(counted(summary, "records"), 0);
    const missing = counted(summary, "not written");
    assert(missing > 0 && missing <= COUNT, summary);
    assertEquals(
      [reason, ...rest],
      [
        "ivring_reader: standard output: no space left on device: make room, " +
        `or write elsewhere: ${missing} records were not written`,
        "",
      ],
    );
  });
}

Deno.test("short texts > /dev/full: code 1, one plain line", async () => {
  using guest = busyGuest();
  for (
    const args of [
      ["list"],
      ["list", "--json"],
      ["info", "-s", guest.name],
      ["--help"],
      ["-h"],
      ["--version"],
    ]
  ) {
    const { stdout, stderr } = await inShell(
      `${BOUND} "$@" > /dev/full; echo "code $?"`,
      readerCommand(args),
    );
    assertEquals(stdout, "code 1\n", args.join(" "));
    assertMatch(
      stderr,
      /^ivring_reader: standard output: no space left on device: [^\n]*\n$/,
    );
  }
});

const WHY_NOT = whyNoSmallDisk();

for (const to of [">", "-f"]) {
  Deno.test({
    name: `dump ${to} to a full disk ends, and leaves whole lines` +
      (WHY_NOT === "" ? "" : ` (skipped: ${WHY_NOT})`),
    ignore: WHY_NOT !== "",
    fn: async () => {
      using guest = busyGuest();
      using disk = new SmallDisk("size=64k");
      const log = disk.at("log");
      const args = ["dump", "-s", guest.name];
      const { stdout, stderr } = to === ">"
        ? await inShell(
          `${BOUND} "$@" > ${log}; echo "code $?"`,
          readerCommand(args),
        )
        : await inShell(
          `${BOUND} "$@"; echo "code $?"`,
          readerCommand([...args, "-f", log]),
        );
      assertEquals(stdout, "code 1\n", stderr);
      const [summary, reason] = stderr.split("\n");
      const records = counted(summary, "records");
      assertEquals(records + counted(summary, "not written"), COUNT);
      assertMatch(
        reason,
        /no space left on device: .*records were not written/,
      );
      const lines = disk.read("log").split(/(?<=\n)/);
      const whole = lines.filter((line) => line.endsWith("\n"));
      assertEquals(whole.length, records);
      // Somebody else's file is not cut; our own one ends with a whole line.
      if (to === "-f") assertEquals(lines.length, records);
    },
  });
}
