// SPDX-License-Identifier: MIT
/**
 * Tests the driver's probes where they are interrupted, or never end.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import type { Machine } from "./machine.ts";
import { bytesOfText } from "./messages.ts";
import { PROBES } from "./probes_compare.ts";
import { counters, namedEvents } from "./tracing.ts";

const SWITCH = "/sys/class/misc/ivring0/trace";
/** The test module's device. */
const TEST = "/dev/ivring_tap_test";

/** What the test module allocates, in bytes: a task, and what interrupts it. */
export const OUTER = 111;
const INNER = 222;
/** An interrupt's record is complete before the one that it has interrupted. */
const NESTED: readonly number[] = [INNER, OUTER];

/** More probes than there is room for, if none of them ends. */
const MANY = 400;

const repeated = (sizes: readonly number[], count: number) =>
  Array(count).fill(sizes).join();

/** Gives the test module a command, on the CPU whose probes the others use. */
const command = (text: string) => `taskset 1 sh -c "echo ${text} > ${TEST}"`;

const START = "sh ivring-trace publish --no-symbols kmem:kmalloc && " +
  `echo kmem:kmalloc > ${PROBES} && echo 1 > ${SWITCH}`;
const STOP = `echo 0 > ${SWITCH} && echo 0 > ${PROBES}`;

/**
 * Returns how many bytes each of the test module's allocations asked for, in the
 * order of their events kmem:kmalloc.
 */
export function allocations(machine: Machine, epoch: number): number[] {
  const sizes: number[] = [];
  for (const event of namedEvents(machine.regionCopy())) {
    if (event.name !== "kmem:kmalloc" || event.epoch !== epoch) continue;
    // call_site and ptr come before it.
    const view = new DataView(bytesOfText(event.text).buffer);
    const size = Number(view.getBigUint64(24, true));
    if (size === OUTER || size === INNER) sizes.push(size);
  }
  return sizes;
}

/** Records while the test module does something. @returns As `allocations`. */
async function recorded(machine: Machine, does: string): Promise<number[]> {
  const { epoch } = await counters(machine);
  const before = allocations(machine, epoch).length;
  await machine.run(`${START} && ${does} && ${STOP}`);
  return allocations(machine, epoch).slice(before);
}

/** An interrupt's event comes while the record of another one is being built. */
export async function nestedTest(machine: Machine): Promise<void> {
  const sizes = await recorded(machine, command("nest 200"));
  assertEquals(sizes.join(), repeated(NESTED, 200), "records of 200 events");
}

/** Probes that never end do not take the room of those that come later. */
export async function leftTest(machine: Machine): Promise<void> {
  const { drops } = await counters(machine);
  assertEquals(await recorded(machine, command(`leave ${MANY}`)), []);
  assertEquals((await counters(machine)).drops, drops, "drops");
  const later = await recorded(machine, command("nest 3"));
  assertEquals(later.join(), repeated(NESTED, 3));
}

/** What interrupts a probe, and finds no room, is dropped and counted. */
export async function filledTest(machine: Machine): Promise<void> {
  const { drops } = await counters(machine);
  const does = `${command(`fill ${MANY}`)} && ${command("nest 3")}`;
  const sizes = await recorded(machine, does);
  const dropped = (await counters(machine)).drops - drops;
  assert(dropped > 0 && dropped < MANY, `${dropped} of ${MANY} were dropped`);
  assertEquals(sizes.join(), [OUTER, repeated(NESTED, 3)].join());
}

/**
 * A task dies in the middle of a probe. This is the last test: since Linux 7.0 such
 * a task keeps the kernel from ever knowing that no probe runs any more.
 */
export async function killedTest(machine: Machine): Promise<void> {
  const { epoch, drops } = await counters(machine);
  await machine.run(
    `${START} || exit 2; ${command("die 1")} && exit 1; ` +
      `echo forget 1 > ${TEST} && ${command("nest 3")}`,
  );
  // Only the record of the one that died is missing.
  const sizes = allocations(machine, epoch).slice(-6);
  assertEquals(sizes.join(), repeated(NESTED, 3));
  assertEquals((await counters(machine)).drops, drops);
}
