// SPDX-License-Identifier: MIT
/**
 * After a reader was killed, records are read again, and the lines of the right
 * file are recognised. Each guard has its control: without the guard, lines
 * count that are in a file which the cursor does not name.
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import type { Change } from "../support/changes.ts";
import { type CursorJson, Log, writeUncovered } from "../support/logs.ts";
import { ImageDisk, imageTest } from "../support/image_disk.ts";
import { REGION_BYTES } from "../support/guest.ts";
import { readerCommand, ReaderProgram } from "../support/reader_program.ts";
import { until } from "../support/temp_folder.ts";

/** Returns device and inode as a cursor names them. */
function identityOf(path: string): string {
  const { stdout } = new Deno.Command("stat", {
    args: ["-c", "%Hd:%Ld:%i", path],
  })
    .outputSync();
  return new TextDecoder().decode(stdout).trim();
}

Deno.test("known: lines of the log that the cursor names, and that is reported", async () => {
  using log = new Log();
  await log.killed();
  const { code, stderr } = await log.once();
  assertEquals([code, log.text], [0, "one\ntwo\n"]);
  assertMatch(
    stderr,
    /\/log: of what stands behind .*, 4 bytes are lines equal to what came again/,
  );
});

interface Doubtful {
  what: string;
  change: (cursor: CursorJson) => void;
  says: RegExp;
  /** The guard without which the file's lines count. */
  guard: Record<string, Change[]>;
}

const PLACE = "cli/files/file_place.ts";

const DOUBTFUL: readonly Doubtful[] = [
  {
    what: "another file of the same inode, made at another time",
    change: ({ file }) => file.born = `${BigInt(file.born!) - 1n}`,
    says: /log: not the file that the cursor names, which was renamed, removed/,
    guard: {
      [PLACE]: [{
        find: "stat.bornNs === place.bornNs &&",
        replace: "true &&",
      }],
    },
  },
  {
    what: "what has other text before the cursor's place",
    change: ({ file }) => file.tail!.sha256 = "0".repeat(64),
    says:
      /the last 4 bytes, .*: what is before that place is not what was written/,
    guard: {
      [PLACE]: [{
        find: "tail.sha256 !== known.sha256",
        replace: "false",
      }],
    },
  },
  {
    what: "too little text to know it by, where there is no birth time",
    change: ({ file }) => file.born = null,
    says: /not compared .* does not tell when it was made, and the 4 bytes/,
    guard: {
      [PLACE]: [{ find: "tail.bytes >= TAIL_BYTES", replace: "true" }],
    },
  },
  {
    what: "the cursor of an older version",
    change: (cursor) => {
      cursor.version = 1;
      delete cursor.ended;
      delete cursor.file.born;
      delete cursor.file.tail;
    },
    says:
      /not compared .*: the cursor does not tell what was in it: these records/,
    guard: {
      [PLACE]: [{
        find: '"the cursor does not tell what was in it"',
        replace: '""',
      }],
    },
  },
];

for (const { what, change, says, guard } of DOUBTFUL) {
  Deno.test(`not known: ${what}; control: without the guard it is`, async () => {
    {
      using log = new Log();
      await log.killed(change);
      const { code, stderr } = await log.once();
      assertEquals([code, log.text], [0, "one\ntwo\ntwo\n"], stderr);
      assertMatch(stderr, says);
      // From here on the cursor has the current version, and there is no doubt.
      const again = await log.once();
      assertEquals([again.code, log.text], [0, "one\ntwo\ntwo\n"]);
      assert(!again.stderr.includes("log"), again.stderr);
    }
    using log = new Log();
    await log.killed(change);
    using changed = new ChangedReader(guard);
    const { code } = await log.once((args) => changed.command(args));
    assertEquals([code, log.text], [0, "one\ntwo\n"]);
  });
}

Deno.test("known: also where the device has got another number", async () => {
  using log = new Log();
  await log.killed(({ file }) =>
    file.identity = file.identity.replace(/^\d+:\d+/, "4095:1")
  );
  const { code, stderr } = await log.once();
  assertEquals([code, log.text], [0, "one\ntwo\n"], stderr);
});

Deno.test("known: without a birth time, if 4 KiB before it are as they were", async () => {
  using log = new Log();
  const line = "x".repeat(4999) + "\n";
  log.say(line);
  await log.killed(({ file }) => file.born = null);
  const { code, stderr } = await log.once();
  assertEquals([code, log.text], [0, `${line}one\ntwo\n`], stderr);
});

Deno.test("not touched: an archive that has the log's old inode", async () => {
  using log = new Log();
  await log.killed();
  // FILE is another file, as if the file system had reused the inode number.
  Deno.renameSync(log.file, log.at("gone"));
  const archive = "of last week\n".repeat(1000);
  Deno.writeTextFileSync(log.at("log-20261122"), archive);
  log.edit(({ file }) => file.identity = identityOf(log.at("log-20261122")));
  const { code, stderr } = await log.once();
  assertEquals(code, 0);
  assertEquals(log.read("log-20261122"), archive);
  assertEquals(log.text, "two\n");
  assertMatch(stderr, /log: not the file that the cursor names/);
});

imageTest(
  "not touched, on ext4: the inode was given to an archive",
  async () => {
    using disk = new ImageDisk("ext4");
    using log = new Log(disk.path);
    await log.killed();
    const old = identityOf(log.file);
    Deno.removeSync(log.file);
    const archive = "of last week\n".repeat(1000);
    // One of these files, another guest's log or an archive, gets the inode.
    for (const name of ["log-20261122", "log2", "log.1"]) {
      Deno.writeTextFileSync(log.at(name), archive);
    }
    assert(
      ["log-20261122", "log2", "log.1"].some((name) =>
        identityOf(log.at(name)) === old
      ),
      "no inode was used again",
    );
    const { code, stderr } = await log.once();
    assertEquals([code, log.text], [0, "two\n"]);
    for (const name of ["log-20261122", "log2", "log.1"]) {
      assertEquals(log.read(name), archive);
    }
    assertMatch(stderr, /log: not the file that the cursor names/);
  },
);

Deno.test("known: lines of a log that was renamed", async () => {
  using log = new Log();
  await log.killed();
  Deno.renameSync(log.file, log.at("log-20261129"));
  log.say("three\n");
  const { code, stderr } = await log.once();
  assertEquals([code, log.text], [0, "three\n"]);
  assertEquals(log.read("log-20261129"), "one\ntwo\n");
  assertMatch(stderr, /4 bytes are lines equal to what came again/);
});

/** What others may do to a log while no reader runs. */
const MEANWHILE: readonly {
  what: string;
  change: (log: Log) => void;
  /** What the log holds at the end. */
  text: string;
}[] = [
  {
    what: "a hard link is made",
    change: (log) => Deno.linkSync(log.file, log.at("archive")),
    text: "one\ntwo\nthree\n",
  },
  {
    what: "a note is appended",
    change: (log) => append(log, "NOTE\n"),
    text: "one\ntwo\nNOTE\nthree\n",
  },
  {
    what: "a line is there that the ring no longer has",
    change: (log) => append(log, "lost\n"),
    text: "one\ntwo\nlost\nthree\n",
  },
  {
    what: "the last line is incomplete",
    change: (log) => append(log, "th"),
    text: "one\ntwo\nthree\n",
  },
  {
    what: "somebody has begun a line",
    change: (log) => append(log, "NO"),
    text: "one\ntwo\nNO\nthree\n",
  },
  {
    what: "somebody has begun a line that cannot be the next",
    change: (log) => append(log, "three\nNO"),
    text: "one\ntwo\nthree\nNO\n",
  },
  {
    what: "the next line is there, too, written by another reader",
    change: (log) => append(log, "three\n"),
    text: "one\ntwo\nthree\n",
  },
];

function append(log: Log, text: string): void {
  Deno.writeTextFileSync(log.file, text, { append: true });
}

for (const { what, change, text } of MEANWHILE) {
  Deno.test(`after a kill nothing is lost, and nothing twice: ${what}`, async () => {
    using log = new Log();
    await log.killed();
    log.say("three\n");
    change(log);
    const { code, stderr } = await log.once();
    assertEquals([code, log.text], [0, text], stderr);
    log.say("four\n");
    const again = await log.once();
    assertEquals([again.code, log.text], [0, `${text}four\n`], again.stderr);
    assert(!again.stderr.includes("/log"), again.stderr);
  });
}

Deno.test("after a kill: a file that was filled anew keeps what is in it", async () => {
  using log = new Log();
  await log.once(); // the cursor is saved while the log is empty
  log.edit((cursor) => cursor.ended = false);
  const foreign = "not ours\n".repeat(1000);
  append(log, foreign);
  log.say("one\n");
  const { code, stderr } = await log.once();
  assertEquals([code, log.text], [0, `${foreign}one\n`]);
  assertMatch(stderr, /; 9000 bytes are not, and stay/);
});

Deno.test("after a kill: what the ring has lost since then stays", async () => {
  using log = new Log();
  await log.killed();
  const line = "x".repeat(99) + "\n";
  for (let i = 0; i < REGION_BYTES / 100; i++) log.say(line);
  const { code, stderr } = await log.once();
  assertEquals(code, 0);
  assert(log.text.startsWith("one\ntwo\nx"));
  assertMatch(stderr, / 0 bytes are lines equal .*; of 4 bytes it is unknown/);
  assertMatch(stderr, / [1-9]\d* lost/);
});

Deno.test("after a good end a line that somebody adds stands for no record", async () => {
  using log = new Log();
  log.say("one\n");
  await log.once();
  append(log, "tick\nhalf");
  for (const text of ["tick\n", "half a loaf\n"]) log.say(text);
  const { code, stderr } = await log.once();
  const expected = "one\ntick\nhalf\ntick\nhalf a loaf\n";
  assertEquals([code, log.text], [0, expected], stderr);
});

/**
 * Runs a reader that meets equal lines, the first of which the ring has lost.
 */
async function withEqualLines(more: string[], reader = readerCommand) {
  using log = new Log();
  log.say("tick\n");
  await log.once((args) => readerCommand([...args, ...more]));
  const line = log.text.split("\n")[0] + "\n";
  append(log, line.repeat(10)); // their records are overwritten below
  log.edit((cursor) => cursor.ended = false);
  for (let i = 0; i < REGION_BYTES / 16; i++) log.say("tick\n");
  const before = log.text.split("\n").length;
  const { code, stderr } = await log.once((args) => reader([...args, ...more]));
  assertEquals(code, 0);
  const records = Number(/(\d+) records/.exec(stderr)![1]);
  return { stderr, records, lines: log.text.split("\n").length - before };
}

Deno.test("after a kill: equal lines of overwritten records stand for no others", async () => {
  const { stderr, records, lines } = await withEqualLines([]);
  assert(records > 100);
  assertEquals(lines, records);
  assertMatch(stderr, /; of 50 bytes it is unknown, because records were/);
});

Deno.test("control: were equal lines taken for theirs, records would be missing", async () => {
  using changed = new ChangedReader({
    "cli/files/checkpoint.ts": [{
      find: "totals.lost === lost",
      replace: "true",
    }],
  });
  const { records, lines } = await withEqualLines(
    [],
    (args) => changed.command(args),
  );
  assertEquals(lines, records - 10);
});

Deno.test("after a kill: rotation waits until lines are compared", async () => {
  using log = new Log();
  log.say("x".repeat(1 << 20) + "\n"); // fills FILE, of which -S is the limit
  const args = ["-S", "1M", "-N", "9"];
  await log.once((given) => readerCommand([...given, ...args]));
  for (let i = 0; i < 9; i++) log.say(`${i}\n`);
  append(log, "0\n1\n2\n");
  log.edit((cursor) => cursor.ended = false);
  const { code, stderr } = await log.once((given) =>
    readerCommand([...given, ...args])
  );
  assertEquals(code, 0, stderr);
  const lines = (log.read("log.1") + log.text).split("\n").slice(1, -1);
  assertEquals(lines, [..."012345678"]);
});

Deno.test("killed again while lines are left out: still nothing twice", async () => {
  using log = new Log();
  await log.killed();
  log.say("three\n");
  append(log, "NOTE\n");
  using early = new ChangedReader({
    // The reader exits before it saves the cursor again, as if it had been
    // killed.
    "cli/files/checkpoint.ts": [{
      find: "    if (!written.isOver && !this.#hasCaughtUp()) return false;\n",
      replace:
        "    if (file.stat().bytes > 13) Deno.exit(9);\n    return false;\n",
    }],
  });
  const killed = await log.once((args) => early.command(args));
  assertEquals([killed.code, log.text], [9, "one\ntwo\nNOTE\nthree\n"]);
  const { code } = await log.once();
  assertEquals([code, log.text], [0, "one\ntwo\nNOTE\nthree\n"]);
});

Deno.test("control: compared with nothing, lines come twice", async () => {
  using log = new Log();
  await log.killed();
  using changed = new ChangedReader({
    "cli/printing/record_writer.ts": [{
      find: "      this.#target.written?.leaveOut(buffer, start);\n",
      replace: "",
    }],
  });
  const { code } = await log.once((args) => changed.command(args));
  assertEquals([code, log.text], [0, "one\ntwo\ntwo\n"]);
});

Deno.test("cut and copied while no reader ran: what comes twice is reported", async () => {
  using log = new Log();
  await log.killed();
  Deno.copyFileSync(log.file, log.at("log.1"));
  Deno.truncateSync(log.file);
  const { code, stderr } = await log.once();
  assertEquals([code, log.text], [0, "two\n"]);
  assertEquals(log.read("log.1"), "one\ntwo\n");
  assertMatch(
    stderr,
    /log: shorter than when the cursor was saved, 0 bytes of 4: it was cut, .* as well as here/,
  );
});

Deno.test("after a good end there is nothing doubtful", async () => {
  for (
    const meanwhile of [
      (log: Log) =>
        Deno.writeTextFileSync(log.file, "note\n", { append: true }),
      (log: Log) => Deno.renameSync(log.file, log.at("log-1")),
      (log: Log) => Deno.removeSync(log.file),
      (log: Log) => Deno.truncateSync(log.file),
    ]
  ) {
    using log = new Log();
    log.say("one\n");
    await log.once();
    meanwhile(log);
    const left = log.text;
    log.say("two\n");
    const { code, stderr } = await log.once();
    assertEquals([code, log.text], [0, `${left}two\n`]);
    assertEquals(stderr.trimEnd().split("\n").length, 1, stderr);
  }
});

Deno.test("killed before the first second is over: nothing comes twice", async () => {
  using log = new Log();
  await writeUncovered(log);
  const { code, stderr } = await log.once();
  assertEquals([code, log.text], [0, "one\n"]);
  assertMatch(stderr, /4 bytes are lines equal to what came again/);
});

Deno.test("renamed by logrotate before SIGHUP and killed after: nothing twice", async () => {
  using log = new Log();
  await using reader = new ReaderProgram(...log.args);
  log.say("one\n");
  await until("one", () => log.text === "one\n");
  Deno.renameSync(log.file, log.at("archive"));
  log.say("two\n");
  await until(
    "two",
    () => log.read("archive") === "one\ntwo\n",
  );
  reader.kill("SIGHUP");
  await until("a new file", () => {
    return [...Deno.readDirSync(log.path)].some(({ name }) => name === "log");
  });
  reader.kill("SIGKILL");
  await reader.ended();
  const { code, stderr } = await log.once();
  assertEquals([code, log.text], [0, ""], stderr);
});
