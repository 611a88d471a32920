// SPDX-License-Identifier: MIT
/**
 * Writes to a disk that is full: nothing is skipped, and everything is counted.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Guest } from "../support/guest.ts";
import {
  Program,
  readerCommand,
  ReaderProgram,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { diskTest, SmallDisk } from "../support/small_disk.ts";
import { until } from "../support/temp_folder.ts";

const MIB = 1 << 20;
const LINE_BYTES = 211;

/** Writes numbered lines, whose numbers go on from call to call. */
class LineWriter {
  readonly lines: string[] = [];

  constructor(readonly guest: Guest) {}

  write(count: number): void {
    for (let i = 0; i < count; i++) {
      const n = this.lines.length;
      const line = `${n} `.padEnd(LINE_BYTES - 1, "y") + "\n";
      this.lines.push(line);
      // The lines alternate between both CPUs, because their order is by time.
      say(this.guest.writer, n % 2, line);
    }
  }

  get text(): string {
    return this.lines.join("");
  }
}

/** Returns the number that a summary has for something; 0 if it has none. */
function counted(summary: string, what: string): number {
  return Number(new RegExp(`(\\d+) ${what}`).exec(summary)?.[1] ?? 0);
}

const FULL = /^ivring_reader: \S+: no space left on device: trying again/;

for (const format of ["-f", ">"]) {
  diskTest(
    `full disk, ${format}: every byte comes once there is room`,
    async () => {
      using guest = new Guest({}, 16 * MIB);
      using disk = new SmallDisk("size=1m");
      disk.ballast(700_000);
      const writer = new LineWriter(guest);
      writer.write(100);
      const log = disk.at("log");
      const shell = ["bash", "-c", `exec "$@" > ${log}`, "bash"];
      await using reader = format === "-f"
        ? new ReaderProgram("-s", guest.name, "-f", log)
        : new Program([...shell, ...readerCommand(["-s", guest.name])]);
      await until("a line", () => disk.read("log").length > 0);
      writer.write(3000);
      const told = await reader.stderr.next();
      assert(told !== null);
      assertMatch(told.replace("standard output", "stdout"), FULL);
      // The disk is full to the last page, and the ring takes more.
      assert(disk.read("log").length > 200_000);
      writer.write(500);
      disk.relief();
      await until("all", () => disk.read("log").length >= writer.text.length);
      assertEquals(disk.read("log"), writer.text);
      reader.kill("SIGTERM");
      const [, again, summary, ...rest] = await reader.stderr.rest();
      assertMatch(again, /: written again$/);
      assertMatch(
        summary,
        /^ivring_reader: 3600 records, .*, 0 lost, 0 dropped/,
      );
      assert(!summary.includes("not written"));
      assertEquals([rest, await reader.ended()], [[], 0]);
    },
  );
}

diskTest(
  "full disk: SIGTERM ends it, and what is missing is counted",
  async () => {
    using guest = new Guest({}, 16 * MIB);
    using disk = new SmallDisk("size=1m");
    const writer = new LineWriter(guest);
    await using reader = new ReaderProgram(
      ...["-s", guest.name, "-f", disk.at("log")],
    );
    writer.write(8000);
    await reader.stderr.until("no space left on device");
    writer.write(700);
    reader.kill("SIGTERM");
    const lines = await reader.stderr.rest();
    assertEquals(await reader.ended(), 1);
    const text = disk.read("log");
    // There are only whole lines: the beginning of one was removed again.
    const written = text.length / LINE_BYTES;
    assertEquals(text, writer.lines.slice(0, written).join(""));
    const [summary, reason] = lines.slice(-2);
    assertEquals(counted(summary, "records"), written);
    assertEquals(counted(summary, "bytes"), text.length);
    assertEquals(counted(summary, "not written"), 8700 - written);
    assertMatch(
      reason,
      /no space left on device: \d+ records were not written$/,
    );
    assertEquals(counted(reason, "records were not"), 8700 - written);
  },
);

diskTest(
  "full disk: what the ring cannot hold meanwhile is lost, exactly",
  async () => {
    using guest = new Guest({}, MIB);
    using disk = new SmallDisk("size=4m");
    disk.ballast(4 * MIB - 65536);
    const writer = new LineWriter(guest);
    await using reader = new ReaderProgram(
      ...["-s", guest.name, "-f", disk.at("log")],
    );
    writer.write(600);
    await reader.stderr.until("no space left on device");
    writer.write(20_000);
    disk.relief();
    await until(
      "the last line",
      () => disk.read("log").endsWith(writer.lines.at(-1)!),
    );
    reader.kill("SIGTERM");
    const summary = (await reader.stderr.rest()).at(-1)!;
    assertEquals(await reader.ended(), 0);
    const seen = disk.read("log").split(/(?<=\n)/);
    const lost = counted(summary, "lost");
    assertEquals(counted(summary, "records"), seen.length);
    assertEquals(seen.length + lost, 20_600);
    assert(lost > 10_000);
    const numbers = seen.map((line) => parseInt(line));
    assertEquals(new Set(numbers).size, numbers.length);
    assertEquals(seen, numbers.map((n) => writer.lines[n]));
  },
);

diskTest(
  "full disk: a new file that cannot be made is made later",
  async () => {
    using guest = new Guest({}, 16 * MIB);
    // The disk has room for bytes, but only for four inodes: the root, two
    // files and the ballast.
    using disk = new SmallDisk("size=8m,nr_inodes=4");
    disk.ballast(1);
    Deno.writeTextFileSync(disk.at("other"), "");
    const writer = new LineWriter(guest);
    await using reader = new ReaderProgram(
      ...["-s", guest.name, "-f", disk.at("log"), "-S", "1", "-N", "3"],
    );
    writer.write(6000);
    await reader.stderr.until("no space left on device");
    disk.relief();
    await until(
      "the last line",
      () => disk.read("log").endsWith(writer.lines.at(-1)!),
    );
    reader.kill("SIGTERM");
    assertEquals(await reader.ended(), 0);
    assertEquals(disk.read("log.1") + disk.read("log"), writer.text);
  },
);

diskTest(
  "full disk: a cursor that could never be saved ends with 1, and says so",
  async () => {
    using guest = new Guest();
    using disk = new SmallDisk("size=64k");
    disk.fill();
    say(guest.writer, 0, "one");
    const args = ["-s", guest.name, "--cursor-file", disk.at("cursor")];
    const { code, stdout, stderr } = await runReader(...args, "--once");
    assertEquals([code, stdout], [1, "one\n"]);
    const [trouble, , end] = stderr.trimEnd().split("\n");
    assertMatch(trouble, /cursor: no space left on device: trying again/);
    assertMatch(end, /cursor: no space .*: the cursor was not saved: what/);
    assertEquals(names(disk), ["ballast"]);
    // The same holds if there was nothing to read.
    await using waiting = new ReaderProgram(
      ...["-s", "/ivring-nosuch", "--cursor-file", disk.at("cursor")],
    );
    await waiting.stderr.until("waiting: ");
    waiting.kill("SIGTERM");
    assertEquals(await waiting.ended(), 1);
  },
);

diskTest(
  "full disk: a cursor that can be saved again is, and ends with 0",
  async () => {
    using guest = new Guest();
    using disk = new SmallDisk("size=64k");
    disk.fill();
    await using reader = new ReaderProgram(
      ...["-s", guest.name, "--cursor-file", disk.at("cursor")],
    );
    say(guest.writer, 0, "one");
    await reader.stderr.until("trying again");
    disk.relief();
    await reader.stderr.until("cursor: written again");
    reader.kill("SIGTERM");
    assertEquals(await reader.ended(), 0);
    const cursor = JSON.parse(disk.read("cursor"));
    assertEquals([cursor.ended, names(disk)], [true, ["cursor"]]);
  },
);

function names({ path }: SmallDisk): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name);
}
