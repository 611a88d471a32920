// SPDX-License-Identifier: MIT
// The device's id belongs to everybody. A region of others therefore stays as
// it is, byte for byte, until whoever loads the driver insists.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import { readLive } from "../../ring/live.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { SharedObject } from "../support/shared_object.ts";
import { until } from "../support/temp_folder.ts";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { guestFiles, vmTest } from "./support.ts";

const MIB = 1 << 20;
/** The device that belongs to others, and the driver's own device. */
const THEIRS = "0000:01:00.0";
const OURS = "0000:02:00.0";
const DRIVER = "/sys/bus/pci/drivers/ivring";
const KVMFR = "KVMFR---";

/** Fills a region of others; every byte of it has a value that is theirs. */
function fill(buffer: ArrayBuffer): void {
  const bytes = new Uint8Array(buffer);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31 + (i >> 9)) | 1;
  new TextEncoder().encodeInto(KVMFR, bytes);
}

async function digest(buffer: ArrayBuffer): Promise<string> {
  const copy = new Uint8Array(buffer.slice(0));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", copy)).toHex();
}

/**
 * Returns what the driver has logged about a device since the log was cleared.
 */
async function said(machine: Machine, device: string): Promise<string[]> {
  const log = await machine.run("dmesg");
  return log.split("\n").filter((line) => line.includes(`ivring ${device}`));
}

/** Loads the driver, and returns what it logs about each device. */
async function load(machine: Machine, parameters = "") {
  await machine.run(
    "rmmod ivring 2> /dev/null; dmesg -c > /dev/null; " +
      `insmod ivring.ko ${parameters}`,
  );
  return {
    theirs: await said(machine, THEIRS),
    ours: await said(machine, OURS),
  };
}

async function untouched(
  machine: Machine,
  { buffer }: SharedObject,
  where: string,
  parameters = "",
): Promise<void> {
  const before = await digest(buffer);
  const { theirs, ours } = await load(machine, parameters);
  assertEquals(theirs.length, 1, theirs.join("\n"));
  assertStringIncludes(
    theirs[0],
    `its memory holds what is not ours, ${where}`,
  );
  assertStringIncludes(theirs[0], `devices=${THEIRS} force=1`);
  assertStringIncludes(ours.join(), "ivring0: 4096 KiB");
  await machine.run("echo a message > /dev/ivring0; test ! -e /dev/ivring1");
  const { written } = readAll(machine.regionCopy(1)).messages;
  assertEquals(written.at(-1)?.text, "a message\n");
  const again = await machine.tryRun(`echo ${THEIRS} > ${DRIVER}/bind`);
  assert(again.status !== 0, "bound");
  await machine.run("rmmod ivring");
  assertEquals(await digest(buffer), before);
}

async function chosenTest(
  machine: Machine,
  { buffer }: SharedObject,
): Promise<void> {
  const before = await digest(buffer);
  const { theirs, ours } = await load(machine, `devices=${OURS}`);
  assertEquals(theirs.length, 1);
  assertStringIncludes(theirs[0], `not among devices=${OURS}: left alone`);
  assertStringIncludes(ours.join(), "ivring0: 4096 KiB");
  await machine.run("rmmod ivring");
  for (const wrong of ["01:00.0", `${OURS},`, "0000:*", "all"]) {
    const { status } = await machine.tryRun(
      `dmesg -c > /dev/null; insmod ivring.ko devices='${wrong}'`,
    );
    assert(status !== 0, wrong);
    const log = await machine.run("dmesg");
    assertStringIncludes(log, `ivring: devices=${wrong}: "`);
    assertStringIncludes(log, '" is no full PCI name such as 0000:01:00.0');
    await machine.run(`test ! -e ${DRIVER}`);
  }
  assertEquals(await digest(buffer), before);
}

async function forcedTest(
  machine: Machine,
  { buffer }: SharedObject,
): Promise<void> {
  const ourBytes = await digest(machine.regionCopy(1));
  const { theirs, ours } = await load(machine, `devices=${THEIRS} force=1`);
  assertStringIncludes(theirs[0], "force=1: formatting over what is not ours");
  assertStringIncludes(theirs[1], "ivring0: 4096 KiB");
  assertStringIncludes(ours.join(), `not among devices=${THEIRS}`);
  await machine.run("echo forced > /dev/ivring0");
  const { written } = readAll(buffer.slice(0)).messages;
  assertEquals(written.map(({ text }) => text), ["forced\n"]);
  await machine.run("rmmod ivring");
  assertEquals(await digest(machine.regionCopy(1)), ourBytes);
  // From now on the region is the driver's, without insisting.
  const again = await load(machine);
  assertStringIncludes(again.theirs.join(), "continued");
  assertStringIncludes(again.ours.join(), "continued");
}

/** Tests that the host gives the memory to others while the guest sleeps. */
async function asleepTest(
  machine: Machine,
  { buffer }: SharedObject,
): Promise<void> {
  // Whoever insisted did so for what was there at that time.
  await load(machine, `devices=${THEIRS},${OURS} force=1`);
  const { info } = new RegionReader(buffer);
  await machine.run(
    "dmesg -c > /dev/null; echo platform > /sys/power/pm_test",
  );
  const sleep = machine.run("echo mem > /sys/power/state");
  const asleep = () => readLive(buffer, info).state === ABI.STATE_SUSPENDED;
  await until("the guest sleeps", asleep);
  fill(buffer);
  const before = await digest(buffer);
  await sleep;
  const log = await said(machine, THEIRS);
  assertEquals(log.filter((line) => line.includes("not ours")).length, 1);
  assertStringIncludes(log.join("\n"), `at offset 0 "${KVMFR}`);
  // Nothing may write to it, although these still could.
  await machine.run(
    "echo a line > /dev/kmsg; echo a line > /dev/ivring1 && " +
      "echo 1 > /sys/class/misc/ivring1/trace",
  );
  for (const to of ["/dev/ivring0", "/sys/class/misc/ivring0/trace"]) {
    const { status, output } = await machine.tryRun(`echo 1 > ${to}`);
    assert(status !== 0 && output.includes("No such device"), to);
  }
  await machine.run("sleep 1.5; echo mem > /sys/power/state");
  assertEquals((await said(machine, THEIRS)).length, 2, "it looks again");
  await machine.run("rmmod ivring");
  assertEquals(await digest(buffer), before);
}

async function confidentialTest(machine: Machine): Promise<void> {
  const pretend = "insmod ivring_crash.ko at=ivring_is_confidential how=true";
  const bind = `echo ${OURS} > ${DRIVER}/bind`;
  const begin = async (parameters: string) => {
    await load(machine, `devices=${OURS} ${parameters}`);
    await machine.run(`echo ${OURS} > ${DRIVER}/unbind && ${pretend}`);
    await machine.run("dmesg -c > /dev/null");
    return await digest(machine.regionCopy(1));
  };
  const before = await begin("");
  assert((await machine.tryRun(bind)).status !== 0, "bound");
  const log = await said(machine, OURS);
  assertEquals(log.length, 1, log.join("\n"));
  assertStringIncludes(log[0], "memory is kept from its host");
  assertStringIncludes(log[0], "confidential=1 allows it");
  assertEquals(await digest(machine.regionCopy(1)), before);
  await machine.run("rmmod ivring_crash ivring");
  await begin("confidential=1");
  await machine.run(bind);
  assertStringIncludes((await said(machine, OURS)).join(), "continued");
  await machine.run("rmmod ivring_crash ivring");
}

vmTest("what belongs to others is left alone", async (built, t) => {
  using theirs = new SharedObject(4 * MIB);
  await using machine = await Machine.start({
    regions: [{ bytes: 4 * MIB, name: theirs.name.slice(1) }, {
      bytes: 4 * MIB,
    }],
    parameters: "suspend.pm_test_delay=10",
    files: guestFiles(built),
  });
  fill(theirs.buffer);
  await t.step(
    "at its beginning",
    () => untouched(machine, theirs, `at offset 0 "${KVMFR}`),
  );
  await t.step(
    "whoever insists has to name it",
    () => untouched(machine, theirs, `at offset 0 "${KVMFR}`, "force=1"),
  );
  new Uint8Array(theirs.buffer).fill(0).set([0x2a], 4 * MIB - 1);
  await t.step(
    "at its end",
    () => untouched(machine, theirs, `at offset ${4 * MIB - 1} "*" (2a)`),
  );
  await t.step("devices are chosen", () => chosenTest(machine, theirs));
  await t.step("and forced", () => forcedTest(machine, theirs));
  await t.step("while the guest sleeps", () => asleepTest(machine, theirs));
  await t.step("in a confidential guest", () => confidentialTest(machine));
  const faults = await machine.faults();
  assertEquals(faults, []);
});
