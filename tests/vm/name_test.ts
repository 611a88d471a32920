// SPDX-License-Identifier: MIT
// Tests the guest's name in the region. A driver that is loaded from the
// initial file system is there before the guest has its name.
import { assert, assertEquals } from "@std/assert";
import { readGuestName } from "../../ring/guest_name.ts";
import { readHeader } from "../../ring/header.ts";
import { ABI } from "../../ring/layout.ts";
import { until } from "../support/temp_folder.ts";
import { Machine } from "./machine.ts";
import { guestFiles, vmTest } from "./support.ts";

const MIB = 1 << 20;

function claims(machine: Machine) {
  return machine.look((buffer) => {
    const info = readHeader(buffer);
    assert(info !== null);
    const { guestName, driverVersion, epoch } = info;
    const now = readGuestName(buffer, info);
    return { atStart: guestName, now, driverVersion, epoch };
  });
}

vmTest("the guest's name, as it is now", async (built) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 4 * MIB }],
    files: guestFiles(built),
  });
  const version = (await machine.run(
    "hostname '(none)'; insmod ivring.ko; " +
      "cat /sys/module/ivring/version",
  )).trim();
  assert(/^\d+\.\d+\.\d+$/.test(version), version);
  const none = { driverVersion: version, atStart: "", epoch: 0 };
  assertEquals(claims(machine), { ...none, now: "" });
  const longest = "x".repeat(ABI.NAME_BYTES);
  for (const name of ["first", longest, "a-shorter-one"]) {
    await machine.run(`hostname ${name}`);
    await until(`it says ${name}`, () => claims(machine).now === name);
    assertEquals(claims(machine), { ...none, now: name });
  }
  await machine.run("hostname '(none)'");
  await until("it has none again", () => claims(machine).now === "");
  await machine.run("hostname last; rmmod ivring; insmod ivring.ko");
  const last = { driverVersion: version, atStart: "last", epoch: 1 };
  assertEquals(claims(machine), { ...last, now: "last" });
  assertEquals(await machine.faults(), []);
});
