// SPDX-License-Identifier: MIT
/**
 * Rotation does not touch what belongs to somebody else under FILE.1, FILE.2
 * ...
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Libc } from "../../ffi/libc.ts";
import { lockFile } from "../../ffi/lock.ts";
import { cString } from "../../ffi/libc.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { Guest, REGION_BYTES } from "../support/guest.ts";
import { processName } from "../support/processes.ts";
import {
  Program,
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { SharedObject } from "../support/shared_object.ts";
import { readIfThere, TempFolder, until } from "../support/temp_folder.ts";

const O_RDWR = 0o2;
const LINE_BYTES = 100;

/** Enough lines to fill a file of 4 KiB once. */
const LINES = Array.from(
  { length: 60 },
  (_, i) => `${i} `.padEnd(LINE_BYTES - 1, "x") + "\n",
);

function sayAll(guest: Guest): void {
  for (const line of LINES) say(guest.writer, 0, line);
}

/** A file that this process has locked, like a reader that locks its log. */
class LockedFile implements Disposable {
  readonly #libc = new Libc();
  readonly #fd: number;

  constructor(readonly path: string, text: string) {
    Deno.writeTextFileSync(path, text);
    this.#fd = this.#libc.symbols.open(cString(path), O_RDWR, 0);
    assertEquals(lockFile(this.#libc, this.#fd, path), 0);
  }

  [Symbol.dispose](): void {
    this.#libc.symbols.close(this.#fd);
    this.#libc.close();
  }
}

Deno.test("rotation waits while another reader writes to FILE.1, and nothing of either is lost", async () => {
  using guest = new Guest();
  using other = new Guest();
  using folder = new TempFolder();
  await using holder = new ReaderProgram(
    ...["-s", other.name, "-f", folder.at("log.1")],
  );
  say(other.writer, 0, "of the other\n");
  await until("it", () => folder.read("log.1") === "of the other\n");
  await using reader = new ReaderProgram(
    ...["-s", guest.name, "-f", folder.at("log"), "-S", "4K", "-N", "3"],
  );
  sayAll(guest);
  const told = await reader.stderr.until("trying again until it works");
  assert(
    told.includes(
      `log.1: ${processName(holder.pid)} has locked it, so that ` +
        `${folder.at("log")} cannot be rotated: end that one, or give`,
    ),
    told,
  );
  say(other.writer, 0, "more\n");
  await until("more", () => folder.read("log.1").endsWith("more\n"));
  assertEquals(folder.names(), ["log", "log.1"]);
  holder.kill("SIGTERM");
  assertEquals(await holder.ended(), 0);
  await reader.stderr.until("log: written again");
  await until("all", () => folder.read("log").endsWith(LINES.at(-1)!));
  assertEquals(folder.read("log.2"), "of the other\nmore\n");
  assertEquals(folder.read("log.1") + folder.read("log"), LINES.join(""));
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});

Deno.test("a reader that is ended while FILE.1 is in use tells what it did not write", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  using _locked = new LockedFile(folder.at("log.1"), "in use\n");
  await using reader = new ReaderProgram(
    ...["-s", guest.name, "-f", folder.at("log"), "-S", "4K"],
  );
  sayAll(guest);
  await reader.stderr.until("trying again until it works");
  reader.kill("SIGTERM");
  const told = await reader.stderr.until("records were not written");
  assertEquals(await reader.ended(), 1);
  assertMatch(
    told,
    /log\.1: process \d+ .* has locked it, .*: 20 records were/,
  );
  assertEquals(folder.read("log"), LINES.slice(0, 40).join(""));
  assertEquals(folder.read("log.1"), "in use\n");
});

/**
 * What may have the name of an archive, and what the reader reports about it.
 */
const OTHERS: readonly (readonly [string, (path: string) => void, string])[] = [
  ["a directory", (path) => Deno.mkdirSync(path), "is a directory"],
  ["a link", (path) => Deno.symlinkSync("away", path), "is a symbolic link"],
  [
    "a FIFO",
    (path) => {
      new Deno.Command("mkfifo", { args: [path] }).outputSync();
    },
    "is a pipe",
  ],
];

for (const [what, make, says] of OTHERS) {
  for (const files of [2, 3]) {
    Deno.test(`rotation, -N ${files}: ${what} is neither renamed nor replaced, and the message names it`, async () => {
      using guest = new Guest();
      using folder = new TempFolder();
      const last = folder.at(`log.${files - 1}`);
      if (files === 3) Deno.writeTextFileSync(folder.at("log.1"), "older\n");
      make(last);
      const before = Deno.lstatSync(last).ino;
      sayAll(guest);
      const { code, stderr } = await runReader(
        ...["-s", guest.name, "--once", "-f", folder.at("log")],
        ...["-S", "4K", "-N", `${files}`],
      );
      assertEquals(code, 1, stderr);
      const why = `ivring_reader: ${last}: ${says}, so that ${
        folder.at("log")
      } cannot be rotated: move it away, or give another -f: 20 records`;
      assert(stderr.includes(why), stderr);
      assertEquals(Deno.lstatSync(last).ino, before);
      assertEquals(folder.read("log"), LINES.slice(0, 40).join(""));
      if (files === 3) assertEquals(folder.read("log.1"), "older\n");
    });
  }
}

Deno.test("control: unguarded, rotation replaces a file in use, and a link", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  sayAll(guest);
  using unguarded = new ChangedReader({
    "cli/files/held_file.ts": [
      { find: "holder !== 0 &&", replace: "false &&" },
      { find: 'named.kind !== "file"', replace: "false" },
    ],
  });
  const run = (log: string) =>
    runCommand(unguarded.command([
      ...["-s", guest.name, "--once", "-f", folder.at(log), "-S", "4K"],
    ]));
  using _locked = new LockedFile(folder.at("log.1"), "in use\n");
  Deno.symlinkSync("away", folder.at("second.1"));
  await run("log");
  await run("second");
  const first = LINES.slice(0, 40).join("");
  assertEquals(folder.read("log.1"), first);
  assert(Deno.lstatSync(folder.at("second.1")).isFile);
});

/** A guest's memory, or a copy of it, that gets a name which rotation uses. */
const RINGS: readonly (readonly [
  string,
  (log: string, stack: DisposableStack) => void,
  string,
])[] = [
  [
    "a guest's ring",
    (log, stack) => {
      stack.use(new Guest({}, REGION_BYTES, `${log}.1`));
    },
    "is a guest's ring or a copy of one",
  ],
  [
    "an object that no guest has formatted yet",
    (log, stack) => {
      stack.use(new SharedObject(REGION_BYTES, `${log}.1`));
    },
    "is an object of the size of a guest's ring",
  ],
  [
    "a copy of a ring",
    (log, stack) => {
      using guest = new Guest();
      Deno.copyFileSync(guest.object.path, `/dev/shm${log}.1`);
      stack.defer(() => Deno.removeSync(`/dev/shm${log}.1`));
    },
    "is a guest's ring or a copy of one",
  ],
];

/** A log in the folder of the objects, where rings come and go. */
class LogAmongObjects implements Disposable {
  readonly guest = new Guest();
  /** The log's name in the form of an object's name. */
  readonly name = `${this.guest.name}-log`;
  readonly path = `/dev/shm${this.name}`;

  get args(): string[] {
    return ["-s", this.guest.name, "-f", this.path, "-S", "4K", "-N", "2"];
  }

  [Symbol.dispose](): void {
    this.guest[Symbol.dispose]();
    for (const path of [this.path, `${this.path}.1`]) {
      if (readIfThere(path) !== "") Deno.removeSync(path);
    }
  }
}

for (const [what, arrive, says] of RINGS) {
  Deno.test(`rotation waits while ${what} has the name FILE.1, which came after the start`, async () => {
    using log = new LogAmongObjects();
    say(log.guest.writer, 0, "first\n");
    await using reader = new ReaderProgram(...log.args);
    await until("it", () => readIfThere(log.path) === "first\n");
    {
      using stack = new DisposableStack();
      arrive(log.name, stack);
      const before = Deno.lstatSync(`${log.path}.1`).ino;
      sayAll(log.guest);
      const told = await reader.stderr.until("trying again until it works");
      assert(
        told.includes(
          `.1: ${says}, so that ${log.path} cannot be rotated: give another -f:`,
        ),
        told,
      );
      assertEquals(Deno.lstatSync(`${log.path}.1`).ino, before);
    }
    await reader.stderr.until("written again");
    await until("all", () => readIfThere(log.path).endsWith(LINES.at(-1)!));
    assertEquals(
      readIfThere(`${log.path}.1`) + readIfThere(log.path),
      "first\n" + LINES.join(""),
    );
    reader.kill("SIGTERM");
    assertEquals(await reader.ended(), 0);
  });
}

Deno.test("control: unguarded, rotation replaces a guest's ring", async () => {
  using log = new LogAmongObjects();
  using unguarded = new ChangedReader({
    "cli/files/held_file.ts": [{
      find: 'if (ring !== "")',
      replace: "if (false)",
    }],
  });
  say(log.guest.writer, 0, "first\n");
  await using reader = new Program(unguarded.command(log.args));
  await until("it", () => readIfThere(log.path) === "first\n");
  using ring = new Guest({}, REGION_BYTES, `${log.name}.1`);
  sayAll(log.guest);
  await until("all", () => readIfThere(log.path).endsWith(LINES.at(-1)!));
  reader.kill("SIGTERM");
  await reader.ended();
  assert(Deno.lstatSync(ring.object.path).size < REGION_BYTES);
});

Deno.test("rotation: archives beside that nobody uses are renamed as ever", async () => {
  using guest = new Guest();
  using folder = new TempFolder();
  for (const name of ["1", "2"]) {
    Deno.writeTextFileSync(folder.at(`log.${name}`), `${name}\n`);
  }
  Deno.chmodSync(folder.at("log.1"), 0);
  sayAll(guest);
  const { code, stderr } = await runReader(
    ...["-s", guest.name, "--once", "-q", "-f", folder.at("log")],
    ...["-S", "4K", "-N", "3"],
  );
  assertEquals([code, stderr], [0, ""]);
  Deno.chmodSync(folder.at("log.2"), 0o600);
  assertEquals(folder.read("log.2"), "1\n");
  assertEquals(folder.read("log.1") + folder.read("log"), LINES.join(""));
});
