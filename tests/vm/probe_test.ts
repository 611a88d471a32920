// SPDX-License-Identifier: MIT
// Tests what the driver does with the devices that it may find.
import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { Service } from "./served.ts";
import { checkStreams } from "./stream.ts";
import { guestFiles, LOAD, vmTest } from "./support.ts";

const MIB = 1 << 20;

vmTest("below 4 GiB: too small, and write-combining", async (built) => {
  const small = { bytes: 128 << 10, wiring: "below-4g" } as const;
  await using machine = await Machine.start({
    regions: [small, { bytes: 16 * MIB, wiring: "below-4g" }],
    files: guestFiles(built),
  });
  await machine.run(LOAD);
  const log = await machine.driverLog();
  assertStringIncludes(
    log,
    "region too small: 4 CPUs need at least 1 MiB, this is 128 KiB",
  );
  // Linux 6.1: "probe of ... failed"; 6.12: "...: probe with driver ... failed".
  assertMatch(log, /0000:00:01\.0\b.* failed with error -28/);
  assertStringIncludes(
    log,
    "using it write-combining: slow; put the BAR above",
  );
  assertStringIncludes(log, "ivring0: 16384 KiB write-combining, 4 rings");
  await machine.run(
    './ivtest user 0 3000 & ./ivtest kernel 3 "stream 3000"; wait',
  );
  const { next } = checkStreams(
    readAll(machine.regionCopy(1)).messages.written,
  );
  assertEquals([next.get("0 user"), next.get("3 task")], [3000, 3000]);
  await machine.run("rmmod ivring_test ivring && test ! -e /dev/ivring0");
  assertEquals(await machine.faults(), []);
});

vmTest("the doorbell device, two regions, parameters", async (built) => {
  using service = new Service(4 * MIB);
  await using _reader = await service.start();
  await using machine = await Machine.start({
    regions: [service.region, { bytes: 2 * MIB }],
    files: guestFiles(built),
  });
  // No CPU that QEMU emulates has an invariant time stamp counter.
  await machine.run("insmod ivring.ko clock=tsc block_bytes=8192");
  const log = await machine.driverLog();
  assertStringIncludes(
    log,
    "clock=tsc: the time stamp counter is not invariant",
  );
  assertStringIncludes(log, "ivring0: 4096 KiB cached, 4 rings");
  assertStringIncludes(log, "ivring1: 2048 KiB cached, 4 rings");
  assertStringIncludes(log, "blocks of 8192 bytes, clock mono, session new");
  await machine.run("echo to the doorbell device > /dev/ivring0");
  await machine.run("echo to the plain device > /dev/ivring1");
  const texts = (index: number) =>
    readAll(machine.regionCopy(index)).messages.written.map((m) => m.text);
  assertEquals(texts(0), ["to the doorbell device\n"]);
  assertEquals(texts(1), ["to the plain device\n"]);
  await machine.run("rmmod ivring");
  const bad = await machine.tryRun("insmod ivring.ko block_bytes=5000");
  assertEquals(bad.status, 0);
  assert(
    !(await machine.tryRun("ls /dev/ivring*")).output.includes("ivring0\n"),
  );
  assertStringIncludes(
    await machine.driverLog(),
    "block_bytes=5000: a block has a power of two from 4096 to 65536 bytes",
  );
  await machine.run("rmmod ivring");
  assertEquals(await machine.faults(), []);
});
