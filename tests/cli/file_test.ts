// SPDX-License-Identifier: MIT
/** Tests `-f FILE`: where the records go, and when the file is renamed. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Guest, summary } from "../support/guest.ts";
import { ReaderProgram, runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

const MIB = 1 << 20;

Deno.test("file: records are appended, standard output stays empty", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  Deno.writeTextFileSync(folder.at("log"), "old\n");
  say(guest.writer, 0, "one\n");
  say(guest.writer, 1, "two \x1b[1m\xff");
  const args = ["-s", guest.name, "--once", "-f", folder.at("log")];
  const { code, stdout, stderr } = await runReader(...args);
  assertEquals(folder.read("log"), "old\none\ntwo \x1b[1m\xff\n");
  assertEquals([code, stdout], [0, ""]);
  assertMatch(stderr, /^ivring_reader: 2 records, 14 bytes, 0 lost, /);
  assertEquals(folder.names(), ["log"]);
});

/** Writes numbered messages of `bytes` each, and returns them. */
function fill(guest: Guest, count: number, bytes: number): string[] {
  return Array.from({ length: count }, (_, i) => {
    const text = `${i} `.padEnd(bytes - 1, "x") + "\n";
    say(guest.writer, 0, text);
    return text;
  });
}

Deno.test("file: the command line of 2012", async () => {
  using guest = new Guest({}, 32 * MIB);
  using folder = new TempFolder();
  const lines = fill(guest, 20_000, 1000);
  const words = `-m 2 -f ${folder.at("log.txt")} -S 10 -N 2 -s ${guest.name}`;
  await using reader = new ReaderProgram(...words.split(" "));
  const last = lines.at(-1)!;
  await until("the last line", () => folder.read("log.txt").endsWith(last));
  reader.kill("SIGTERM");
  assertEquals(await reader.stdout.rest(), []);
  assertMatch((await reader.stderr.rest()).at(-1)!, /0 lost, 0 dropped/);
  assertEquals(await reader.ended(), 0);
  // Two files of at most 10 MiB hold the last of the 20 million bytes.
  assertEquals(folder.names(), ["log.txt", "log.txt.1"]);
  const [older, newer] = [folder.read("log.txt.1"), folder.read("log.txt")];
  const perFile = Math.floor(10 * MIB / 1000);
  assertEquals(older.length, perFile * 1000);
  assertEquals(
    older + newer,
    lines.slice(-(older + newer).length / 1000).join(""),
  );
});

Deno.test("file: rotated before a message would make it too large", async () => {
  using guest = new Guest({}, 16 * MIB);
  using folder = new TempFolder();
  // The length does not divide a MiB, and some messages have several lines.
  const lines = fill(guest, 4000, 997);
  const big = "b".repeat(200_000) + "\nsecond line\n";
  say(guest.writer, 0, big);
  const all = [...lines, big].join("");
  Deno.writeTextFileSync(folder.at("log"), "x".repeat(MIB - 500) + "\n");
  const args = ["-s", guest.name, "--once", "-q", "-f", folder.at("log")];
  const ended = await runReader(...args, "-S", "1", "-N", "9");
  assertEquals(ended, { code: 0, stdout: "", stderr: "" });
  const texts = folder.names().reverse().map((name) => folder.read(name));
  assertEquals(texts[0].length, MIB - 499);
  assertEquals(texts.slice(1).join(""), all);
  for (const [i, text] of texts.entries()) {
    assert(text.endsWith("\n") && text.length <= MIB);
    // The file was as full as it could be.
    const next = texts[i + 1]?.split("\n", 1)[0].length ?? MIB;
    assert(text.length + next + 1 > MIB || next > 1000, `file ${i}`);
  }
});

Deno.test("file: a message larger than a file has one of its own", async () => {
  // The longest message is smaller than the smallest file, but in JSON it is
  // larger.
  using guest = new Guest({}, 16 * MIB);
  using folder = new TempFolder();
  say(guest.writer, 0, "before");
  say(guest.writer, 0, "\x01".repeat(250_000));
  say(guest.writer, 0, "after");
  const args = ["-s", guest.name, "--once", "-q", "--format", "json"];
  const { code } = await runReader(
    ...[...args, "-f", folder.at("log"), "-S", "1", "-N", "9"],
  );
  assertEquals(code, 0);
  const [after, big, before] = folder.names().map((name) => folder.read(name));
  assertEquals(JSON.parse(before).message, "before");
  assertEquals(JSON.parse(big).message.length, 250_000);
  assert(big.length > MIB);
  assertEquals(JSON.parse(after).message, "after");
});

Deno.test("file: -N 1 keeps one", async () => {
  using guest = new Guest({}, 16 * MIB);
  using folder = new TempFolder();
  const lines = fill(guest, 3000, 1000);
  const args = ["-s", guest.name, "--once", "-f", folder.at("log")];
  const { code } = await runReader(...args, "-S", "1", "-N", "1");
  assertEquals(code, 0);
  assertEquals(folder.names(), ["log"]);
  assertEquals(folder.read("log"), lines.slice(2 * 1048).join(""));
});

Deno.test("file: -N 1 does not empty an archive that is a hard link", async () => {
  using guest = new Guest({}, 16 * MIB);
  using folder = new TempFolder();
  Deno.writeTextFileSync(folder.at("log"), "old\n");
  Deno.linkSync(folder.at("log"), folder.at("archive"));
  const lines = fill(guest, 1500, 1000);
  const args = ["-s", guest.name, "--once", "-f", folder.at("log")];
  const { code } = await runReader(...args, "-S", "1", "-N", "1");
  assertEquals(code, 0);
  assertEquals(
    folder.read("archive") + folder.read("log"),
    "old\n" + lines.join(""),
  );
});

Deno.test("file: SIGHUP opens it anew, and nothing is lost", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  await using reader = new ReaderProgram(
    ...["-s", guest.name, "-f", folder.at("log")],
  );
  say(guest.writer, 0, "one\n");
  await until("one", () => folder.read("log") === "one\n");
  Deno.renameSync(folder.at("log"), folder.at("moved"));
  say(guest.writer, 0, "two\n");
  await until("two", () => folder.read("moved") === "one\ntwo\n");
  reader.kill("SIGHUP");
  await until("a new file", () => folder.names().includes("log"));
  say(guest.writer, 0, "three\n");
  await until("three", () => folder.read("log") === "three\n");
  assertEquals(folder.read("moved"), "one\ntwo\n");
  // If the file cannot be opened, the reader goes on with the one that is open.
  Deno.renameSync(folder.at("log"), folder.at("again"));
  Deno.mkdirSync(folder.at("log"));
  reader.kill("SIGHUP");
  await reader.stderr.until("is a directory");
  say(guest.writer, 0, "four\n");
  await until("four", () => folder.read("again") === "three\nfour\n");
  reader.kill("SIGTERM");
  await reader.stderr.until(summary(4, 19));
  assertEquals(await reader.ended(), 0);
});

const REFUSED: readonly (readonly [string, (path: string) => void, RegExp])[] =
  [
    ["a folder", (path) => Deno.mkdirSync(path), /is a directory/],
    ["a symbolic link", (path) => Deno.symlinkSync("x", path), /symbolic link/],
    [
      "a FIFO",
      (path) => {
        new Deno.Command("mkfifo", { args: [path] }).outputSync();
      },
      /is a pipe/,
    ],
  ];

for (const [what, make, says] of REFUSED) {
  Deno.test(`file: ${what} is refused, one line, exit 1`, async () => {
    using guest = new Guest();
    using folder = new TempFolder();
    make(folder.at("log"));
    const args = ["-s", guest.name, "--once", "-f", folder.at("log")];
    const { code, stdout, stderr } = await runReader(...args);
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, says);
    assertMatch(stderr, /^ivring_reader: \S+\/log: .*give -f .*\n$/);
  });
}

for (
  const [args, says] of [
    ["-S 1", /option -S, --rotate-mib needs -f, --file$/m],
    ["-N 2", /option -N, --keep-files needs -S, --rotate-mib$/m],
    ["-f x -N 2", /option -N, --keep-files needs -S, --rotate-mib$/m],
    ["-f x -S 0", /option -S, --rotate-mib: "0" is no size from 4K/],
    ["-f x -S 1.5", /"1.5" is no size/],
    [
      "-f x -S 1 -N 1001",
      /option -N, --keep-files: of one file 1000 are kept at most, not 1001/,
    ],
  ] as const
) {
  Deno.test(`file: usage: ${args} is one line, exit 2`, async () => {
    const { code, stderr } = await runReader("-s", "/r", ...args.split(" "));
    assertEquals(code, 2);
    assertMatch(stderr, says);
    assertMatch(stderr, /^ivring_reader: .*\n$/);
  });
}
