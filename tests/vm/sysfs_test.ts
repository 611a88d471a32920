// SPDX-License-Identifier: MIT
// Compares what the driver shows in sysfs with what the region says.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { guestFiles, LOAD, vmTest } from "./support.ts";
import { counters } from "./tracing.ts";

const MIB = 1 << 20;
const FOLDER = "/sys/class/misc/ivring0";
const DRIVER = "/sys/bus/pci/drivers/ivring";
const ADDRESS = "0000:01:00.0";

async function valuesTest(machine: Machine): Promise<void> {
  const read = async (name: string) =>
    (await machine.run(`cat ${FOLDER}/${name}`)).trim();
  assertEquals(await read("mode"), "overwrite");
  assertEquals(await read("memory_type"), "cached");
  assertEquals(await read("clock"), "mono");
  assertEquals(await read("trace"), "0");
  for (let cpu = 0; cpu < 4; cpu++) {
    await machine.run(`./ivtest user ${cpu} ${100 * (cpu + 1)}`);
  }
  // The clock may be announced at any time, so this is repeated until nothing
  // came in between.
  let rings: string, numbers: Record<string, number>, copy: ArrayBuffer;
  do {
    rings = await read("rings");
    numbers = await counters(machine);
    copy = machine.regionCopy();
  } while (await read("rings") !== rings);
  const lines = rings.split("\n");
  const { messages } = readAll(copy);
  assertEquals(lines.length, 5);
  let sum = 0;
  lines.forEach((line, i) => {
    const match = /^(\w+) +position (\d+) +records (\d+) +drops (\d+) *$/.exec(
      line,
    );
    assert(match !== null, line);
    const [, name, position, records, drops] = match;
    assertEquals(name, i < 4 ? `cpu${i}` : "klog");
    const cpu = i < 4 ? i : 0xffffffff;
    const last = messages.last.get(cpu);
    assert(last !== undefined);
    assertEquals(Number(records), last.seq + 1);
    assert(Number(position) > Number(records) * 16);
    assertEquals(Number(drops), 0);
    sum += Number(records);
  });
  assertEquals(numbers.records, sum);
  const { drops, klog_skipped, epoch, meta_used, meta_refused } = numbers;
  assertEquals(
    { drops, klog_skipped, epoch, meta_used, meta_refused },
    { drops: 0, klog_skipped: 0, epoch: 0, meta_used: 64, meta_refused: 0 },
  );
  const view = new DataView(copy);
  const session = view.getBigUint64(48, true).toString(16).padStart(16, "0");
  assertEquals(await read("session"), session);
  assertEquals(numbers.meta_size, Number(view.getBigUint64(136, true)) / 2);
  assertMatch(await machine.run("dmesg"), new RegExp(`ivring0: .*cached`));
  // Reading in pieces gives the same as reading at once.
  const sizes = await machine.run(
    `for bs in 1 7 102 4096; do dd if=${FOLDER}/rings bs=$bs 2> /dev/null | ` +
      `tr -d 0-9 | md5sum; done | sort -u | wc -l`,
  );
  assertEquals(Number(sizes), 1);
}

async function accessTest(machine: Machine): Promise<void> {
  for (const value of ["2", "x", ""]) {
    const { status, output } = await machine.tryRun(
      `echo '${value}' > ${FOLDER}/trace`,
    );
    assert(status !== 0, value);
    assertMatch(output, /Invalid argument/);
  }
  for (const value of ["x", "70000", "-70000", ""]) {
    const { status, output } = await machine.tryRun(
      `echo '${value}' > ${FOLDER}/trace_stack`,
    );
    assert(status !== 0, value);
    assertMatch(output, /Invalid argument/);
  }
  const chosen = await machine.run(
    `cd ${FOLDER} && for id in 300 65279 7 -300; do echo $id > trace_stack; ` +
      `done; cat trace_stack; echo 0 > trace_stack; cat trace_stack`,
  );
  assertEquals(chosen, "7\n65279\n");
  const modes = await machine.run(`cd ${FOLDER} && stat -c '%a %n' * | sort`);
  const writable = modes.split("\n").filter((line) => /^6/.test(line));
  assertEquals(writable, [
    "644 trace",
    "644 trace_probes",
    "644 trace_stack",
    "644 uevent",
  ]);
}

/**
 * Tests files that are being read while the device that they describe goes
 * away.
 */
async function removalTest(machine: Machine): Promise<void> {
  await machine.run(
    `(while [ ! -e /tmp/stop ]; do cat ${FOLDER}/* > /dev/null 2>&1; ` +
      `echo 1 > ${FOLDER}/trace; done; touch /tmp/done) > /dev/null 2>&1 &`,
  );
  for (let round = 0; round < 5; round++) {
    await machine.run(
      `usleep 200000; echo ${ADDRESS} > ${DRIVER}/unbind && ` +
        `test ! -e ${FOLDER} && echo ${ADDRESS} > ${DRIVER}/bind`,
    );
  }
  await machine.run(
    "touch /tmp/stop; while [ ! -e /tmp/done ]; do usleep 1000; done",
  );
  assertEquals((await counters(machine)).epoch, 5);
}

vmTest("what the driver tells in sysfs", async (built, t) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 16 * MIB }],
    files: guestFiles(built),
    oneThread: true,
  });
  await machine.run(LOAD);
  await t.step("is so", () => valuesTest(machine));
  await t.step("can be changed where it should", () => accessTest(machine));
  await t.step("goes in good order", () => removalTest(machine));
  assertEquals(await machine.faults(), []);
});
