// SPDX-License-Identifier: MIT
// --server: memory and a doorbell for QEMU; its guest wakes the reader.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import { ChangedReader } from "../support/changed_reader.ts";
import { DoorbellGuest } from "../support/doorbell_guest.ts";
import { IvshmemClient } from "../support/ivshmem_client.ts";
import {
  Program,
  ReaderProgram,
  runReader,
} from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { SharedObject, uniqueName } from "../support/shared_object.ts";
import { TempFolder, until } from "../support/temp_folder.ts";

/** Longer than any test: whoever waits for this sleeps for good. */
const NEVER_MS = "3600000";

/** A reader that serves, and the folder of its sockets. */
class Served implements AsyncDisposable {
  readonly #folder = new TempFolder();
  readonly path = this.#folder.at("socket");
  readonly reader: Program;

  constructor(
    args: readonly string[] = ["-m", "1"],
    make = (all: string[]): Program => new ReaderProgram(...all),
  ) {
    this.reader = make(["--server", this.path, ...args]);
  }

  /** Waits until it listens. */
  async listens(path = this.path): Promise<void> {
    await until("it listens", () => {
      try {
        return Deno.statSync(path).isSocket ?? false;
      } catch {
        return false;
      }
    });
  }

  /** A guest that has connected. */
  async guest(path = this.path): Promise<DoorbellGuest> {
    await this.listens(path);
    return await DoorbellGuest.start(path, { klogBytes: 65536 });
  }

  /** A path beside the socket. */
  at(name: string): string {
    return this.#folder.at(name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reader[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}

/** Waits until the reader has armed the doorbell anew. */
async function armed(guest: DoorbellGuest): Promise<void> {
  await until("it is armed", () => guest.wantsRing);
}

/** Writes a line, rings if that is wanted, and sees it come. */
async function exchange(
  { reader }: Served,
  guest: DoorbellGuest,
  text: string,
): Promise<void> {
  say(guest.writer, 0, `${text}\n`);
  guest.published();
  assertEquals(await reader.stdout.next(), text);
}

/** Makes the reader see that the doorbell works. */
async function awake(served: Served, guest: DoorbellGuest): Promise<void> {
  await armed(guest);
  await exchange(served, guest, "first");
  await armed(guest);
}

Deno.test("server: the guest wakes a reader that would sleep for good", async () => {
  await using served = new Served(["-m", "1", "--max-delay", NEVER_MS, "-v"]);
  using guest = await served.guest();
  await awake(served, guest);
  for (let i = 0; i < 20; i++) {
    await exchange(served, guest, `line ${i}`);
    await armed(guest);
  }
  served.reader.kill("SIGTERM"); // which ends its sleep at once
  assertEquals(await served.reader.ended(), 0);
  const said = await served.reader.stderr.rest();
  assertEquals(guest.rings, 21);
  assert(
    said.some((line) => line.includes(": woken 21 times by its doorbell")),
  );
  assertMatch(said.at(-1)!, /21 records, \d+ bytes, 0 lost, 0 dropped/);
  await assertRejects(() => Deno.stat(served.path), Deno.errors.NotFound);
});

Deno.test("server: a storm of records rings no oftener than the reader wakes", async () => {
  using folder = new TempFolder();
  await using served = new Served(["-m", "1", "-v", "-f", folder.at("log")]);
  using guest = await served.guest();
  for (let i = 0; i < 20_000; i++) {
    say(guest.writer, 0, `line ${i}\n`);
    guest.published();
    if (i % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await armed(guest);
  served.reader.kill("SIGTERM");
  const said = (await served.reader.stderr.rest()).join("\n");
  const woken = Number(/woken (\d+) times/.exec(said)?.[1]);
  // Two that come together wake it once.
  assert(woken <= guest.rings && guest.rings < 100, `${woken} ${guest.rings}`);
});

Deno.test("server: a ring that is missed is noticed after the delay", async () => {
  await using served = new Served(["-m", "1", "--max-delay", "300"]);
  using guest = await served.guest();
  await awake(served, guest);
  for (let i = 0; i < 5; i++) {
    say(guest.writer, 0, `silent ${i}\n`); // nobody rings
    assertEquals(await served.reader.stdout.next(), `silent ${i}`);
  }
});

Deno.test("server: where the guest has no doorbell, it is polled", async () => {
  await using served = new Served(["-m", "1", "--max-delay", NEVER_MS]);
  using guest = await served.guest();
  for (let i = 0; i < 3; i++) {
    say(guest.writer, 0, `silent ${i}\n`);
    assertEquals(await served.reader.stdout.next(), `silent ${i}`);
    await armed(guest);
  }
});

Deno.test("server: a doorbell that has fallen silent is polled again", async () => {
  await using served = new Served(["-m", "1", "--max-delay", "2000"]);
  using guest = await served.guest();
  await awake(served, guest);
  const startMs = performance.now();
  for (let i = 0; i < 30; i++) {
    say(guest.writer, 0, `silent ${i}\n`);
    assertEquals(await served.reader.stdout.next(), `silent ${i}`);
  }
  // Two sleeps to the end, and not thirty.
  assert(performance.now() - startMs < 40_000);
  await awake(served, guest);
});

Deno.test("server: a guest that rings all the time does not keep it", async () => {
  await using served = new Served(["-m", "1", "-v"]);
  await served.listens();
  // Before there is anything to read, and afterwards.
  using client = await IvshmemClient.connect(served.path);
  const ring = async (times: number) => {
    for (let i = 0; i < times; i++) {
      client.ring(0xff0000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  await ring(1000);
  const writer = new RegionWriter(client.buffer, {
    ...{ nrTrace: 1, klogBytes: 65536 },
  });
  say(writer, 0, "hello\n");
  assertEquals(await served.reader.stdout.next(), "hello");
  await ring(1000);
  served.reader.kill("SIGTERM");
  assertEquals(await served.reader.ended(), 0);
  const said = (await served.reader.stderr.rest()).join("\n");
  // No oftener than a region that is polled is looked at.
  const woken = Number(/woken (\d+) times/.exec(said)?.[1]);
  assert(woken > 0 && woken < 500, `${woken}`);
});

Deno.test("server: --threshold is the guest's to keep, and nothing is late for good", async () => {
  await using served = new Served(["-m", "1", "--threshold", "64K"]);
  using guest = await served.guest();
  await armed(guest);
  assertEquals(guest.thresholdBytes, 65536);
  say(guest.writer, 0, "below\n");
  assertEquals(await served.reader.stdout.next(), "below");
});

Deno.test("server: another QEMU connects, to the same memory", async () => {
  await using served = new Served();
  {
    using guest = await served.guest();
    await exchange(served, guest, "one");
  }
  await served.reader.stderr.until("the virtual machine has disconnected");
  using again = await served.guest();
  await exchange(served, again, "two");
  await assertRejects(() => IvshmemClient.connect(served.path));
  await served.reader.stderr.until("is refused: process ");
  await awake(served, again);
});

Deno.test("server: two guests, a socket each", async () => {
  await using served = new Served();
  const other = served.at("other");
  await using both = new Served([
    ...["--server", other, "-m", "1", "--max-delay", NEVER_MS],
  ]);
  using a = await both.guest();
  using b = await both.guest(other);
  for (const [guest, path] of [[a, both.path], [b, other]] as const) {
    for (let i = 0; i < 3; i++) {
      await armed(guest);
      say(guest.writer, 0, `${i}\n`);
      guest.published();
      assertEquals(await both.reader.stdout.next(), `${path}: ${i}`);
    }
  }
});

Deno.test("server: a named object is made, and others may look on", async () => {
  const name = uniqueName();
  try {
    await using served = new Served(["-s", name, "-m", "1"]);
    using guest = await served.guest();
    await exchange(served, guest, "hello");
    const { mode, size } = await Deno.stat(`/dev/shm${name}`);
    assertEquals([mode! & 0o777, size], [0o600, 1 << 20]);
    const { code, stdout } = await runReader("-s", name, "--once", "-q");
    assertEquals([code, stdout], [0, "hello\n"]);
    // Its memory is the guest's, whatever the name stands for.
    await Deno.remove(`/dev/shm${name}`);
    await awake(served, guest);
  } finally {
    await Deno.remove(`/dev/shm${name}`).catch(() => {});
  }
});

Deno.test("server: only one reader has a region ring for it", async () => {
  using object = new SharedObject(1 << 20);
  await using first = new Served(["-s", object.name]);
  using guest = await first.guest();
  await awake(first, guest);
  await using second = new Served(["-s", object.name]);
  await second.listens();
  // The same guest behind another device, as it were.
  using _client = await IvshmemClient.connect(second.path);
  assertEquals(await second.reader.ended(), 1);
  assert(
    (await second.reader.stderr.rest()).at(-1)!.includes(
      `process ${first.reader.pid} has itself rung for already`,
    ) || second.reader.stderr.all.join("\n").includes(
      `process ${first.reader.pid} has itself rung for already`,
    ),
    second.reader.stderr.all.join("\n"),
  );
});

/** A server that keeps its guest, but for one line of its source. */
function changedServer(find: string, replace: string): ChangedReader {
  return new ChangedReader({ "cli/ivshmem_server.ts": [{ find, replace }] });
}

/** Served by a reader that is not quite as it should be. */
function servedBy(changed: ChangedReader): Served {
  return new Served(undefined, (args) => new Program(changed.command(args)));
}

Deno.test("control: without the refusal a second client gets the memory, too", async () => {
  using changed = changedServer(
    "if (this.#guest !== null) {\n      note(",
    "if (this.#guest === undefined) {\n      note(",
  );
  await using served = servedBy(changed);
  using _guest = await served.guest();
  using second = await IvshmemClient.connect(served.path);
  assertEquals(second.buffer.byteLength, 1 << 20);
});

Deno.test("server: who talks is no QEMU, and keeps nobody out", async () => {
  await using served = new Served();
  await served.listens();
  using talker = await Deno.connect({ transport: "unix", path: served.path });
  await talker.write(new Uint8Array(100));
  await served.reader.stderr.until("sent something, which QEMU never does");
  using guest = await served.guest();
  await exchange(served, guest, "hello");
});

Deno.test("control: without the look at what it says, it does", async () => {
  using changed = changedServer(
    'if (state === "quiet") return;',
    'if (state !== "gone") return;',
  );
  await using served = servedBy(changed);
  await served.listens();
  using talker = await Deno.connect({ transport: "unix", path: served.path });
  await talker.write(new Uint8Array(100));
  await served.reader.stderr.until("has connected");
  await assertRejects(() => IvshmemClient.connect(served.path));
});

/** What a client can do to the memory that it gets. */
function shrinks(client: IvshmemClient): boolean {
  const libc = Deno.dlopen("libc.so.6", {
    ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  });
  try {
    return libc.symbols.ftruncate(client.memoryFd, 0n) === 0;
  } finally {
    libc.close();
  }
}

Deno.test("server: a client cannot shorten the memory", async () => {
  await using served = new Served();
  await served.listens();
  using client = await IvshmemClient.connect(served.path);
  assertEquals(client.buffer.byteLength, 1 << 20);
  assert(!shrinks(client));
});

Deno.test("control: without the seal it can", async () => {
  using changed = new ChangedReader({
    "ffi/memfd.ts": [{
      find: "F_SEAL_SHRINK | F_SEAL_GROW",
      replace: "F_SEAL_GROW",
    }],
  });
  await using served = servedBy(changed);
  await served.listens();
  using client = await IvshmemClient.connect(served.path);
  assert(shrinks(client));
});

Deno.test("server: clients that come and go leave no descriptor behind", async () => {
  await using served = new Served(["-m", "1", "-q"]);
  using guest = await served.guest();
  await awake(served, guest);
  guest[Symbol.dispose]();
  const count = () =>
    [...Deno.readDirSync(`/proc/${served.reader.pid}/fd`)].length;
  await until("it has gone", () => count() > 0);
  {
    using again = await served.guest();
    await awake(served, again);
  }
  const before = count();
  for (let i = 0; i < 50; i++) {
    using again = await served.guest();
    await exchange(served, again, `${i}`);
  }
  using last = await served.guest();
  await awake(served, last);
  // One is connected: its socket, and what interrupts it.
  assert(count() <= before + 2, `${count()}, not ${before}`);
});

Deno.test("server: with metrics: mode and wake-ups", async () => {
  using folder = new TempFolder();
  await using served = new Served([
    ...["-m", "1", "--metrics-file", folder.at("x.prom")],
  ]);
  using guest = await served.guest();
  await awake(served, guest);
  served.reader.kill("SIGTERM");
  await served.reader.ended();
  const text = folder.read("x.prom");
  assertMatch(text, /^ivring_doorbell_wakeups_total\{object="\S+"\} 1$/m);
  assertMatch(text, /^ivring_guest_mode\{\S+,mode="overwrite"\} 1$/m);
});

const WRONG: readonly (readonly [string[], number, RegExp])[] = [
  [["--server", "/x/s"], 2, /option --server needs an object or a size: give/],
  [["--server", "/x/s", "--all"], 2, /--server: not together with --all/],
  [
    ["--server", "/x/s", "-m", "1", "--once"],
    2,
    /--server: not together with --once/,
  ],
  [["--server", "a", "--server", "a", "-m", "1"], 2, /a socket is given twice/],
  [
    ["--server", "a", "--server", "b", "-s", "x"],
    2,
    /2 sockets and 1 objects: give as many -s, in order, or none/,
  ],
  [
    ["--server", "a", "--server", "b", "-s", "x", "-s", "/x"],
    2,
    /--server: an object is given twice/,
  ],
  [["--server", "a", "-s", "vm*"], 2, /--server: "vm\*" names many objects/],
  [["--server", "/x/s", "-m", "1"], 1, /no such file .*: check the path that/],
  [["--server", "/dev/null", "-m", "1"], 1, /exists already/],
  [["--server", "a".repeat(200), "-m", "1"], 2, /a socket's path has at most/],
  [["--server", "a", "-s", "no-such"], 1, /no-such: give -m, --size MIB to/],
  [["-s", "x", "--threshold", "1M"], 2, /--threshold: "1M" is no number of/],
  [["-s", "x", "--max-delay", "0"], 2, /--max-delay: "0" is no whole number/],
];

for (const [args, code, says] of WRONG) {
  Deno.test(`server refuses: ${args.join(" ").slice(0, 60)}`, async () => {
    const ended = await runReader(...args);
    assertEquals([ended.code, ended.stdout], [code, ""]);
    assertMatch(ended.stderr, says);
    assertEquals(ended.stderr.split("\n").length, 2);
  });
}

Deno.test("server refuses an object that no device can have", async () => {
  using object = new SharedObject(3 * ABI.PAGE_BYTES * 64);
  using folder = new TempFolder();
  const args = ["--server", folder.at("s"), "-s", object.name];
  const { code, stderr } = await runReader(...args);
  assertEquals(code, 1);
  assertMatch(stderr, /has 786432 bytes: a device's memory has a power of two/);
});
