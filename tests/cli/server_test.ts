// SPDX-License-Identifier: MIT
// Tests --server: it gives QEMU memory and a doorbell, and the guest wakes the
// reader.
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { RegionWriter } from "../../ring/writer/writer.ts";
import { IvshmemClient } from "../support/ivshmem_client.ts";
import { runReader } from "../support/reader_program.ts";
import { say } from "../support/regions.ts";
import { armed, awake, exchange, Served } from "../support/served_reader.ts";
import { SharedObject, uniqueName } from "../support/shared_object.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Longer than any test, so that whoever waits for this sleeps for ever. */
const NEVER_MS = "3600000";

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
  // Two rings that it takes at once have woken it once.
  const woken = /: woken ([1-9]|1\d|2[01]) times by its doorbell/;
  assert(
    said.some((line) => woken.test(line)),
    said.join("\n"),
  );
  assertMatch(said.at(-1)!, /21 records, \d+ bytes, 0 lost, 0 dropped/);
  await assertRejects(() => Deno.stat(served.path), Deno.errors.NotFound);
});

Deno.test("server: a storm of records rings no oftener than the reader wakes", async () => {
  using folder = new TempFolder();
  await using served = new Served(["-m", "1", "-v", "-f", folder.at("log")]);
  using guest = await served.guest();
  // If no record comes for a while, everything is read, and the next record
  // rings.
  let pauses = 0;
  let beforeMs = performance.now();
  for (let i = 0; i < 20_000; i++) {
    const nowMs = performance.now();
    if (nowMs - beforeMs > 1) pauses++;
    beforeMs = nowMs;
    say(guest.writer, 0, `line ${i}\n`);
    guest.published();
    if (i % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await armed(guest);
  served.reader.kill("SIGTERM");
  const said = (await served.reader.stderr.rest()).join("\n");
  const woken = Number(/woken (\d+) times/.exec(said)?.[1]);
  const { rings } = guest;
  // Two rings that come together wake it once.
  assert(woken <= rings && rings < 100 + pauses, `${woken} ${rings} ${pauses}`);
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
  // The reader sleeps to the end of the delay twice, not thirty times.
  assert(performance.now() - startMs < 57_000);
  await awake(served, guest);
});

Deno.test("server: a guest that rings all the time does not keep it", async () => {
  await using served = new Served(["-m", "1", "-v"]);
  await served.listens();
  // This happens before there is anything to read, and again afterwards.
  using client = await IvshmemClient.connect(served.path);
  const ring = async (times: number) => {
    for (let i = 0; i < times; i++) {
      client.ring(0xff0000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const startMs = performance.now();
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
  // The reader is woken ten times a second, and more often at first.
  const most = 40 + (performance.now() - startMs) / 50;
  const woken = Number(/woken (\d+) times/.exec(said)?.[1]);
  assert(woken > 0 && woken < most, `${woken}, not ${most}`);
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
    // Its memory belongs to the guest, whatever the name stands for.
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
  // This is like the same guest behind another device.
  using _client = await IvshmemClient.connect(second.path);
  assertEquals(await second.reader.ended(), 1);
  assertMatch(
    (await second.reader.stderr.rest()).join("\n"),
    new RegExp(
      `process ${first.reader.pid} \\(\\S+\\) has itself rung for already`,
    ),
  );
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
  [
    ["--server", "/x/s", "--all"],
    2,
    /--server does not go together with --all/,
  ],
  [
    ["--server", "/x/s", "-m", "1", "--once"],
    2,
    /--server does not go together with --once/,
  ],
  [
    ["--server", "a", "--server", "a", "-m", "1"],
    2,
    /"a" is a socket that is given twice/,
  ],
  [
    ["--server", "/tmp/a", "--server", "/tmp/./a", "-m", "1"],
    2,
    /"\/tmp\/.\/a" is a socket that is given twice/,
  ],
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
  [
    ["--server", "a", "-s", "vm*"],
    2,
    /--server does not go together with a pattern/,
  ],
  [
    ["--server", "/x/s", "-m", "1"],
    1,
    /there is no directory \/x: .* give --server another/,
  ],
  [
    ["--server", "/dev/null", "-m", "1"],
    1,
    /null: is a character device: give/,
  ],
  [["--server", "a".repeat(200), "-m", "1"], 2, /a socket's path has at most/],
  [["--server", "a", "-s", "no-such"], 1, /no-such: give -m, --size SIZE to/],
  [["-s", "x", "--threshold", "2G"], 2, /--threshold: "2G" is no size from 0/],
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

Deno.test("server: without a place for its socket no object is made", async () => {
  const name = uniqueName();
  using folder = new TempFolder();
  Deno.writeTextFileSync(folder.at("file"), "");
  for (
    const [path, says] of [
      [folder.at("file"), /file: is a file: give --server anoth/],
      [folder.at("none/s"), /there is no directory .*\/none: .* give --server/],
      [folder.at("file/s"), /file is a [^:]*directory: give --server anoth/],
    ] as const
  ) {
    const args = ["--server", path, "-s", name, "-m", "1"];
    const { code, stderr } = await runReader(...args);
    assertEquals(code, 1);
    assertMatch(stderr, says);
    const object = `/dev/shm/${name.replace(/^\//, "")}`;
    await assertRejects(() => Deno.stat(object), Deno.errors.NotFound);
  }
});

Deno.test("server refuses an object that no device can have", async () => {
  using object = new SharedObject(3 * ABI.PAGE_BYTES * 64);
  using folder = new TempFolder();
  const args = ["--server", folder.at("s"), "-s", object.name];
  const { code, stderr } = await runReader(...args);
  assertEquals(code, 1);
  assertMatch(stderr, /has 786432 bytes: a device's memory has a power of two/);
});
