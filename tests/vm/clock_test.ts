// SPDX-License-Identifier: MIT
// Tests which clock the driver takes, and that it says why it is not the one
// that was asked for.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { readHeader } from "../../ring/header.ts";
import { ABI } from "../../ring/layout.ts";
import type { Built } from "./build.ts";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { guestFiles, vmTest } from "./support.ts";

/**
 * No CPU that QEMU emulates has an invariant counter. Linux 6.15 and later
 * believe in one if told so; earlier kernels ignore the parameter.
 */
const PARAMETERS = "setcpuid=constant_tsc,nonstop_tsc";
const CLOCK = "/sys/class/misc/ivring0/clock";

const NOT_INVARIANT = "the time stamp counter is not invariant";
const UNSTABLE = "the kernel finds the time stamp counter unstable";
const NONE = "there is no time stamp counter";

/** Returns why the counter cannot be taken, or null if it can. */
async function faultOf(
  machine: Machine,
  isReliable: boolean,
): Promise<string | null> {
  const command = "uname -m; uname -r; grep -c nonstop_tsc /proc/cpuinfo";
  const { output } = await machine.tryRun(command);
  const [architecture, release, count] = output.split("\n");
  if (architecture !== "x86_64") return NONE;
  const [major, minor] = release.split(".").map(Number);
  const takesParameter = major > 6 || (major === 6 && minor >= 15);
  assertEquals(count !== "0", takesParameter, `${release}: ${count}`);
  if (!takesParameter) return NOT_INVARIANT;
  return isReliable ? null : UNSTABLE;
}

async function checkClock(built: Built, isReliable: boolean): Promise<void> {
  await using machine = await Machine.start({
    regions: [{ bytes: 4 << 20 }],
    cpus: 1,
    tscReliable: isReliable,
    parameters: PARAMETERS,
    files: guestFiles(built),
  });
  const clock = async () => (await machine.run(`cat ${CLOCK}`)).trim();
  const fault = await faultOf(machine, isReliable);

  // Not by itself, even where the counter is stable: guest/README.md says why.
  await machine.run("insmod ivring.ko");
  assertEquals(await clock(), "mono");
  await machine.run("rmmod ivring && insmod ivring.ko clock=tsc");
  const log = await machine.driverLog();
  if (fault === null) {
    assertEquals(await clock(), "tsc");
    assert(!log.includes("clock=tsc: "), log);
  } else {
    assertEquals(await clock(), `mono (${fault})`);
    assertStringIncludes(log, `clock=tsc: ${fault}, using mono`);
  }
  const info = machine.look((buffer) => readHeader(buffer));
  assert(info !== null);
  const id = fault === null ? ABI.CLOCK_TSC : ABI.CLOCK_MONOTONIC;
  assertEquals(info.clockId, id);
  assertEquals(info.clockHz === 1e9, fault !== null);

  await machine.run("echo stamped > /dev/ivring0");
  const { written } = readAll(machine.regionCopy()).messages;
  assertEquals(written.map(({ text }) => text), ["stamped\n"]);
  await machine.run("rmmod ivring");
  assertEquals(await machine.faults(), []);
}

vmTest(
  "clock=tsc where the counter may be stable",
  (built) => checkClock(built, true),
);
vmTest(
  "clock=tsc where the kernel finds the counter unstable",
  (built) => checkClock(built, false),
);
