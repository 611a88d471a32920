// SPDX-License-Identifier: MIT
import { assert, assertEquals, assertMatch } from "@std/assert";
import { ABI, REGION_HEADER } from "../../ring/layout.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import { Guest, REGION_BYTES, summary } from "../support/guest.ts";
import {
  readerCommand,
  ReaderProgram,
  runCommand,
  runReader,
} from "../support/reader_program.ts";
import { setLive } from "../support/live.ts";
import { say } from "../support/regions.ts";
import { SharedObject, uniqueName } from "../support/shared_object.ts";
import { TempFolder } from "../support/temp_folder.ts";

Deno.test("--once prints what is there, and accounts for it", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "one\n");
  say(guest.writer, 1, "two");
  say(guest.writer, 2, "three\n");
  const { code, stdout, stderr } = await runReader("-s", guest.name, "--once");
  assertEquals(stdout, "one\ntwo\nthree\n");
  assertEquals(stderr, summary(3, 13) + "\n");
  assertEquals(code, 0);
});

Deno.test("an empty region is read to its end", async () => {
  using guest = new Guest();
  const { code, stdout, stderr } = await runReader("-s", guest.name, "--once");
  assertEquals([code, stdout, stderr], [0, "", summary(0, 0) + "\n"]);
});

Deno.test("-q says nothing, -v what it found", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "x");
  const quiet = await runReader("-s", guest.name, "--once", "-q");
  assertEquals(quiet, { code: 0, stdout: "x\n", stderr: "" });
  using folder = new TempFolder();
  for (
    const [stdout, ...args] of [
      ["x\n", "read", "--once"],
      ["x\n", "dump"],
      ["", "record", "--once", "-o", folder.at("record")],
      ["", "convert", "--to", "ctf", "-o", folder.at("convert")],
    ]
  ) {
    const verbose = await runReader(...args, "-s", guest.name, "-v");
    assertEquals([verbose.code, verbose.stdout], [0, stdout]);
    assertMatch(verbose.stderr, /1048576 bytes, 2 trace rings/);
    assertMatch(verbose.stderr, /the guest calls itself simulated/);
    assertMatch(verbose.stderr, /the driver says: running/);
  }
});

Deno.test("--format json: each line parses", async () => {
  using guest = new Guest();
  for (let i = 0; i < 100; i++) say(guest.writer, i % 3, `"${i}"\t\x00\n`);
  const { code, stdout } = await runReader(
    "-s",
    guest.name,
    "--once",
    "--format",
    "json",
  );
  assertEquals(code, 0);
  const messages = stdout.trimEnd().split("\n").map((line) =>
    JSON.parse(line).message
  );
  assertEquals(
    messages,
    Array.from({ length: 100 }, (_, i) => `"${i}"\t\x00`),
  );
});

Deno.test("what was overwritten before it came is told", async () => {
  using guest = new Guest();
  for (let i = 0; i < 20_000; i++) say(guest.writer, 0, `line ${i}\n`);
  const { code, stdout, stderr } = await runReader("-s", guest.name, "--once");
  assertEquals(code, 0);
  const printed = stdout.trimEnd().split("\n").length;
  const missed = /, (\d+) missed \(from before/.exec(stderr)?.[1];
  assertEquals(printed + Number(missed), 20_000);
});

Deno.test("output much larger than a pipe comes whole", async () => {
  using guest = new Guest();
  const expected: string[] = [];
  for (let i = 0; i < 8000; i++) {
    const text = `${i} ${"x".repeat(20)}\n`;
    say(guest.writer, i % 2, text);
    expected.push(text);
  }
  const { stdout } = await runReader("-s", guest.name, "--once", "-q");
  assertEquals(stdout.length, expected.join("").length);
  assertEquals(stdout, expected.join(""));
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`it waits, follows and ends with ${signal}`, async () => {
    const name = uniqueName();
    await using reader = new ReaderProgram("-s", name);
    await reader.stderr.until(`waiting: no shared memory object ${name} yet`);
    reader.kill(signal);
    assertEquals(await reader.stdout.rest(), []);
    await reader.stderr.until(summary(0, 0));
    assertEquals(await reader.ended(), 0);
  });

  Deno.test(`${signal} while following: a last drain, then the sum`, async () => {
    using guest = new Guest();
    await using reader = new ReaderProgram("-s", guest.name);
    say(guest.writer, 0, "first\n");
    assertEquals(await reader.stdout.next(), "first");
    say(guest.writer, 1, "second\n");
    assertEquals(await reader.stdout.next(), "second");
    // It is stopped and continued, so that it sees the record and the signal
    // together.
    reader.kill("SIGSTOP");
    say(guest.writer, 0, "last words");
    reader.kill(signal);
    reader.kill("SIGCONT");
    assertEquals((await reader.stdout.rest()).at(-1), "last words");
    assertEquals(await reader.stderr.rest(), [summary(3, 23)]);
    assertEquals(await reader.ended(), 0);
  });
}

Deno.test("started before the object, then before the guest", async () => {
  using unformatted = new SharedObject(REGION_BYTES);
  await using reader = new ReaderProgram("-s", unformatted.name);
  await reader.stderr.until(
    `waiting: no guest has formatted ${unformatted.name} yet`,
  );
  const writer = new RegionWriter(unformatted.buffer, { nrTrace: 1 });
  say(writer, 0, "hello\n");
  assertEquals(await reader.stdout.next(), "hello");
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});

Deno.test("it follows into a new session", async () => {
  using guest = new Guest();
  await using reader = new ReaderProgram("-s", guest.name, "-v");
  say(guest.writer, 0, "before\n");
  assertEquals(await reader.stdout.next(), "before");
  const again = guest.format();
  say(again, 0, "after\n");
  await reader.stdout.until("--- the guest has formatted its rings again");
  assertEquals(await reader.stdout.next(), "after");
  again.unload();
  await reader.stderr.until("the guest's driver is gone");
  reader.kill("SIGTERM");
  await reader.stderr.until("1 new session");
  assertEquals(await reader.ended(), 0);
});

Deno.test("a panic and a start of the driver are told without being asked", async () => {
  using guest = new Guest();
  await using reader = new ReaderProgram("-s", `/dev/shm${guest.name}`);
  say(guest.writer, 0, "before\n");
  assertEquals(await reader.stdout.next(), "before");
  setLive(guest.object.buffer, { state: ABI.STATE_PANICKED });
  await reader.stderr.until("the guest panicked");
  guest.writer.restart();
  await reader.stderr.until("driver has started again: epoch 1");
  guest.format();
  await reader.stderr.until("a new session");
  reader.kill("SIGTERM");
  assertEquals(await reader.ended(), 0);
});

/** Runs a shell line in which "$@" is the reader. */
function shell(script: string, ...args: string[]) {
  const command = readerCommand(args);
  return runCommand(["bash", "-c", script, "bash", ...command]);
}

Deno.test("a closed pipe ends it quietly, in the middle of output", async () => {
  using guest = new Guest();
  for (let i = 0; i < 8000; i++) say(guest.writer, 0, `line ${i}\n`);
  const { code, stdout, stderr } = await shell(
    '"$@" | head -1; exit ${PIPESTATUS[0]}',
    "-s",
    guest.name,
  );
  assertEquals([code, stdout.split("\n").length], [0, 2]);
  assertMatch(stderr, /^ivring_reader: \d+ records, .*\n$/);
});

Deno.test("a closed pipe ends it while nothing comes", async () => {
  using guest = new Guest();
  say(guest.writer, 0, "only\n");
  const { code, stdout } = await shell(
    '"$@" | head -1; exit ${PIPESTATUS[0]}',
    "-s",
    guest.name,
    "-q",
  );
  assertEquals([code, stdout], [0, "only\n"]);
});

Deno.test("a closed pipe ends it while it waits", async () => {
  const { code, stderr } = await shell(
    '"$@" | true; exit ${PIPESTATUS[0]}',
    "-s",
    uniqueName(),
    "-q",
  );
  assertEquals([code, stderr], [0, ""]);
});

Deno.test("a stalled pipe does not hold a signal back", async () => {
  // This is more output than this process reads ahead.
  using guest = new Guest({}, 16 * REGION_BYTES);
  const line = "x".repeat(1000);
  for (let i = 0; i < 8000; i++) say(guest.writer, i % 2, line);
  await using reader = new ReaderProgram("-s", guest.name, "-v");
  await reader.stderr.until("the driver says");
  // One line is read, so the reader writes. Nothing more is read, so it blocks.
  await reader.stdout.next();
  reader.kill("SIGTERM");
  await reader.stderr.until("standard output was not read");
  assertEquals(await reader.ended(), 1);
});

/**
 * Makes a region with a changed header. Its checksum is corrected only if that
 * matters.
 */
function bent(change: (view: DataView) => void): Guest {
  const guest = new Guest();
  change(new DataView(guest.object.buffer));
  return guest;
}

const BAD: readonly {
  what: string;
  make: () => Disposable & { name: string };
  says: RegExp;
}[] = [
  {
    what: "an object smaller than any region",
    make: () => new SharedObject(100),
    says: /not a ring: 100 bytes, a region has at least 65536: check that -s/,
  },
  {
    what: "not a ring",
    make: () => bent((view) => view.setUint32(0, 0x12345678)),
    says: /not a ring: it starts with 0x[0-9a-f]{16}: check that -s names/,
  },
  {
    what: "a newer version",
    make: () =>
      bent((view) => view.setUint16(REGION_HEADER.abiMajor, 99, true)),
    says:
      /the guest writes ABI 99\.\d+, this reader knows \d+\.x: use a matching/,
  },
  {
    what: "geometry that does not add up",
    make: () => bent((view) => view.setUint32(REGION_HEADER.nrRings, 0, true)),
    says: /corrupt ring: nrRings is 0, expected 1 to 4096: load the ivring/,
  },
  {
    what: "a header of another checksum",
    make: () => bent((view) => view.setUint8(REGION_HEADER.guestName, 0x41)),
    says: /corrupt ring: checksum is /,
  },
  {
    what: "an object that is not formatted",
    make: () => new SharedObject(REGION_BYTES),
    says: /no guest has formatted \S+ yet: load the ivring driver/,
  },
  {
    what: "a missing object",
    make: () => ({ name: uniqueName(), [Symbol.dispose]() {} }),
    says: /no shared memory object \S+ yet: start the virtual machine first/,
  },
];

for (const { what, make, says } of BAD) {
  Deno.test(`--once on ${what}: one line, exit 1`, async () => {
    using object = make();
    const { code, stdout, stderr } = await runReader(
      "-s",
      object.name,
      "--once",
    );
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, says);
    assertMatch(stderr, /^ivring_reader: .*\n$/);
    assert(stderr.includes(object.name));
  });
}

Deno.test("an object without leave to read it: one line, exit 1", async () => {
  using guest = new Guest();
  const chmod = await runCommand(["chmod", "000", guest.object.path]);
  assertEquals(chmod.code, 0);
  // Root may read everything unless these capabilities are dropped.
  const { stdout: uid } = await runCommand(["id", "-u"]);
  const drop = uid === "0\n"
    ? ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    : [];
  const args = readerCommand(["-s", guest.name]);
  const { code, stdout, stderr } = await runCommand([...drop, ...args]);
  assertEquals([code, stdout], [1, ""]);
  assertMatch(
    stderr,
    /^ivring_reader: \S+: .*permission denied.*: run as .+, who may read it\n$/,
  );
});

for (
  const [args, says] of [
    [["-s"], /option -s, --shm needs a value/],
    [["--bogus"], /unknown option --bogus/],
    [["-s", "/r", "--format", "xml"], /option --format: "xml" is none of/],
    [["-s", "a/b"], /option -s, --shm: "a\/b" names no shared memory object/],
    [[], /option -s, --shm is missing/],
  ] as const
) {
  Deno.test(`usage: "${args.join(" ")}" is one line, exit 2`, async () => {
    const { code, stdout, stderr } = await runReader(...args);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, says);
    assertMatch(stderr, /^ivring_reader: .*\n$/);
  });
}

Deno.test("help and version go to standard output", async () => {
  for (const flag of ["-h", "--help", "--version"]) {
    const { code, stdout, stderr } = await runReader(flag);
    assertEquals([code, stderr], [0, ""]);
    assertMatch(stdout, /^ivring_reader/);
  }
  const version = await runReader("--version");
  const abi = `${ABI.ABI_MAJOR}.${ABI.ABI_MINOR}`;
  assert(version.stdout.includes(`ABI ${abi}`));
});
