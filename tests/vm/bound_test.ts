// SPDX-License-Identifier: MIT
// Programs that may write to the device cannot push out what the kernel has
// recorded. Without the bound they can.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { readCounts } from "../../ring/live.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { checkStreams } from "./stream.ts";
import { guestFiles, LOAD, parseFigures, vmTest } from "./support.ts";

const MIB = 1 << 20;
const PERCENT = "/sys/module/ivring/parameters/program_percent";
/** How many messages the kernel writes before each flood. */
const COUNT = 100;
/** Twenty times the size of the CPU's ring. */
const FLOOD = { messages: 16_000, bytes: 1000 };
const USER = 1000;
const CPU = 1;

/**
 * Floods the ring, and counts the kernel's messages from just before that are
 * left.
 */
async function flooded(machine: Machine, uid: number) {
  await machine.run(`./ivtest kernel ${CPU} "stream ${COUNT}"`);
  const { messages, bytes } = FLOOD;
  const said = await machine.run(
    `./ivtest flood ${uid} ${CPU} ${messages} ${bytes}`,
  );
  const [figures] = parseFigures(said);
  assertEquals(figures.other + figures.too_long, 0, said);
  const { written, again } = figures;
  return { written, again, left: kernelMessages(machine) };
}

function kernelMessages(machine: Machine): number {
  const { written } = readAll(machine.regionCopy()).messages;
  const ours = written.filter(({ text }) => text.startsWith(`B${CPU} `));
  return checkStreams(ours, "anywhere").messages;
}

/**
 * Returns the drops that the rings count, whether there was a reader or not.
 */
function dropped(machine: Machine): number {
  const buffer = machine.regionCopy();
  const counts = readCounts(buffer, new RegionReader(buffer).info);
  return counts.reduce((sum, { drops }) => sum + drops, 0);
}

vmTest("programs cannot flush the kernel's records", async (built, t) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 4 * MIB }],
    files: guestFiles(built),
  });
  for (const wrong of ["101", "-1", "x"]) {
    const { status } = await machine.tryRun(
      `insmod ivring.ko program_percent=${wrong}`,
    );
    assert(status !== 0, wrong);
  }
  await machine.run(`${LOAD} && chmod 666 /dev/ivring0`);
  assertEquals((await machine.run(`cat ${PERCENT}`)).trim(), "25");
  await t.step("bounded: what the kernel recorded stays", async () => {
    const { written, again, left } = await flooded(machine, USER);
    assertEquals(left, COUNT);
    assert(written > 0 && again > 0, `${written} written, ${again} refused`);
    assertEquals(dropped(machine), again, "a refused write is counted");
    const [long] = parseFigures(
      await machine.run(`./ivtest flood ${USER} ${CPU} 1 262144`),
    );
    assertEquals(long.too_long, 1, "what never fits");
    console.log(`  ${written} of a flood were written, ${again} refused`);
  });
  await t.step("whoever has the capability is not", async () => {
    const { again, left } = await flooded(machine, 0);
    assertEquals({ again, left }, { again: 0, left: 0 });
  });
  await t.step("control: without the bound it is gone", async () => {
    await machine.run(`echo 0 > ${PERCENT}`);
    const { again, left } = await flooded(machine, USER);
    assertEquals({ again, left }, { again: 0, left: 0 });
  });
  const refused = await machine.tryRun(`echo 101 > ${PERCENT}`);
  assertMatch(refused.output, /Invalid argument|out of range/);
  assertEquals(await machine.faults(), []);
});
