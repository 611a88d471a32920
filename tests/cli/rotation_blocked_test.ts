// SPDX-License-Identifier: MIT
/** If rotation cannot go on at the moment, it waits, and nothing is lost. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ChangedReader } from "../support/changed_reader.ts";
import { Log } from "../support/logs.ts";
import {
  Program,
  readerCommand,
  ReaderProgram,
  runCommand,
} from "../support/reader_program.ts";
import { testerUid } from "../support/users.ts";
import { until } from "../support/temp_folder.ts";

const LINES = Array.from(
  { length: 60 },
  (_, i) => `${i} `.padEnd(99, "x") + "\n",
);
const FILE = "logs/log";

/** A log in a folder of its own, for a guest that has written a first line. */
class Rotated implements Disposable {
  readonly log = new Log();

  constructor() {
    Deno.mkdirSync(this.log.at("logs"));
    this.log.say("first\n");
  }

  args(...more: string[]): string[] {
    const { guest, cursor } = this.log;
    return [
      ...["-s", guest.name, "-f", this.log.at(FILE), "-S", "4K", "-N", "2"],
      ...["--cursor-file", cursor, ...more],
    ];
  }

  async isBegun(): Promise<void> {
    await until("a line", () => this.log.read(FILE) === "first\n");
  }

  /** Makes the guest write more than fits into one file. */
  sayAll(): void {
    for (const line of LINES) this.log.say(line);
  }

  [Symbol.dispose](): void {
    this.log[Symbol.dispose]();
  }
}

interface InTheWay {
  what: string;
  arrives: (log: Log) => void | Promise<AsyncDisposable>;
  leaves: (log: Log) => void;
  says: RegExp;
  /** The file that holds the lines which were written before. */
  before: string;
}

const IN_THE_WAY: readonly InTheWay[] = [
  {
    what: "the folder was renamed",
    arrives: (log) => Deno.renameSync(log.at("logs"), log.at("old")),
    leaves: (log) => Deno.mkdirSync(log.at("logs")),
    says: /logs\/log: there is no directory \S+\/logs: make it first, or/,
    before: "old/log",
  },
  {
    what: "a directory has the log's name",
    arrives: (log) => {
      Deno.renameSync(log.at(FILE), log.at("logs/old"));
      Deno.mkdirSync(log.at(FILE));
    },
    leaves: (log) => Deno.removeSync(log.at(FILE)),
    says: /logs\/log: is a directory: give -f the name of a file/,
    before: "logs/old",
  },
  {
    what: "a link has the log's name",
    arrives: (log) => {
      Deno.renameSync(log.at(FILE), log.at("logs/old"));
      Deno.symlinkSync("/etc/hostname", log.at(FILE));
    },
    leaves: (log) => Deno.removeSync(log.at(FILE)),
    says: /logs\/log: is a symbolic link, which is not followed/,
    before: "logs/old",
  },
  {
    what: "another reader has taken the log's name",
    arrives: async (log) => {
      Deno.renameSync(log.at(FILE), log.at("logs/old"));
      const other = new ReaderProgram(
        ...["-s", log.guest.name, "-n", "1", "-f", log.at(FILE)],
      );
      await until("its file", () => log.read(FILE) !== "");
      // Because it has a second name, it is not made again once this one is
      // removed.
      Deno.renameSync(log.at(FILE), log.at("logs/others"));
      Deno.linkSync(log.at("logs/others"), log.at(FILE));
      return other;
    },
    leaves: (log) => Deno.removeSync(log.at(FILE)),
    says: /logs\/log: process \d+ \S+ writes to it already: give another -f/,
    before: "logs/old",
  },
];

for (const { what, arrives, leaves, says, before } of IN_THE_WAY) {
  Deno.test(`rotation waits while ${what}, and nothing is lost`, async () => {
    using rotated = new Rotated();
    const { log } = rotated;
    await using reader = new ReaderProgram(...rotated.args());
    await rotated.isBegun();
    await using _other = await arrives(log) ?? null;
    rotated.sayAll();
    const told = await reader.stderr.until("trying again until it works");
    assertMatch(told, says);
    assert(told.includes(`so ${log.at(FILE)} cannot be rotated:`), told);
    leaves(log);
    await reader.stderr.until("log: written again");
    await until("all", () => log.read(FILE).endsWith(LINES.at(-1)!));
    assertEquals(
      log.read(before) + log.read(`${FILE}.1`) + log.read(FILE),
      "first\n" + LINES.join(""),
    );
    reader.kill("SIGTERM");
    assertEquals(await reader.ended(), 0);
    assertMatch(
      (await reader.stderr.rest()).at(-1)!,
      /: 61 records, .* 0 lost/,
    );
  });
}

Deno.test("rotation waits: a reader with --once ends instead, and says what it did not write", async () => {
  using rotated = new Rotated();
  const { log } = rotated;
  using early = new ChangedReader({
    // The folder is renamed once the log is open.
    "cli/files/archives.ts": [{
      find: "  if (files === 1) return removePath(libc, path);\n",
      replace: `  Deno.renameSync("${log.at("logs")}", "${log.at("old")}");\n`,
    }],
  });
  rotated.sayAll();
  const { code, stderr } = await runCommand(
    early.command(rotated.args("--once")),
  );
  assertEquals(code, 1);
  assertMatch(stderr, /so \S+ cannot be rotated: \d+ records were not written/);
});

Deno.test("control: were it not awaited, the reader would end with records unwritten", async () => {
  using rotated = new Rotated();
  const { log } = rotated;
  using impatient = new ChangedReader({
    "cli/files/archives.ts": [{
      find: "if (passes(error) || !isKnown) throw error;",
      replace: "throw error;",
    }],
  });
  await using reader = new Program(impatient.command(rotated.args()));
  await rotated.isBegun();
  Deno.renameSync(log.at("logs"), log.at("old"));
  rotated.sayAll();
  await reader.stderr.until("records were not written");
  assertEquals(await reader.ended(), 1);
});

Deno.test("rotation waits, and the file that it has left is removed meanwhile: it stays so", async () => {
  using rotated = new Rotated();
  const { log } = rotated;
  await using reader = new ReaderProgram(...rotated.args());
  await rotated.isBegun();
  Deno.renameSync(log.at("logs"), log.at("old"));
  rotated.sayAll();
  await reader.stderr.until("trying again until it works");
  const written = log.read("old/log");
  Deno.removeSync(log.at("old"), { recursive: true });
  // This is longer than from one look at the file to the next.
  await new Promise((resolve) => setTimeout(resolve, 2500));
  Deno.mkdirSync(log.at("logs"));
  await until("all", () => log.read(FILE).endsWith(LINES.at(-1)!));
  assertEquals(written + log.read(FILE), "first\n" + LINES.join(""));
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});

/**
 * Returns a command that runs the reader as a user who is bound by permissions,
 * even if root runs the tests.
 */
function bound(args: readonly string[]): string[] {
  const drop = "--bounding-set=-dac_override,-dac_read_search";
  const setpriv = testerUid() === 0 ? ["setpriv", drop] : [];
  return [...setpriv, ...readerCommand(args)];
}

Deno.test("-S: a folder that may not be written to is found at once, unless no file is renamed there", async () => {
  using rotated = new Rotated();
  const { log } = rotated;
  Deno.writeTextFileSync(log.at(FILE), "");
  Deno.chmodSync(log.at("logs"), 0o555);
  const args = ["-s", log.guest.name, "--once", "-q", "-f", log.at(FILE)];
  const refused = await runCommand(bound([...args, "-S", "4K"]));
  assertEquals([refused.code, log.read(FILE)], [1, ""]);
  assertEquals(
    refused.stderr,
    `ivring_reader: ${log.at(FILE)}: could not be rotated (-S), because ` +
      `${log.at("logs")} may not be written to: permission denied: give -f ` +
      "another path\n",
  );
  for (const more of [[], ["-S", "4K", "-N", "1"]]) {
    const { code, stderr } = await runCommand(bound([...args, ...more]));
    assertEquals([code, stderr], [0, ""]);
  }
  assertEquals(log.read(FILE), "first\nfirst\n");
  Deno.chmodSync(log.at("logs"), 0o755);
});
