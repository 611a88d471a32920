// SPDX-License-Identifier: MIT
/**
 * Tests writers that die within the ring while the kernel's events go into it.
 * Each of them leaves an oops behind.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { ABI } from "../../ring/layout.ts";
import type { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { kernelMessages } from "./tracing.ts";

/** Returns what is in the ring of the CPU on which writers die. */
function readRing(machine: Machine) {
  const { messages, totals } = readAll(machine.regionCopy());
  assertEquals(totals.corrupt + totals.dropped, 0);
  const all = messages.all.filter(({ cpu }) => cpu === 1);
  const killed = all.filter(({ id, text }) =>
    id === ABI.ID_TAKEOVER && text.charCodeAt(0) === ABI.TAKEOVER_KILLED
  );
  return { all, killed };
}

/**
 * Tests a writer that dies.
 *
 * @param command What the test module does for it.
 * @param after A shell command for what is to be done once it is dead.
 */
async function deadWriterTest(
  machine: Machine,
  command: string,
  after = "true",
): Promise<void> {
  const before = readRing(machine).killed.length;
  await machine.run("sh ivring-trace start --no-symbols kmem");
  const { status } = await machine.tryRun(`./ivtest kernel 1 "${command}"`);
  assert(status !== 0, "the writer dies");
  // Nobody calls ivring_write() again, because that would also repair the ring.
  await machine.run(
    `taskset 2 ls > /dev/null; sh ivring-trace stop; ${after}`,
  );
  const { all, killed } = readRing(machine);
  assertEquals(killed.length - before, 1, "takeovers");
  const behind = all.slice(all.indexOf(killed[killed.length - 1]));
  assert(kernelMessages(behind).length > 5, "events behind it");
}

/** A writer dies in its only record. The test module is loaded. */
export async function diesTest(machine: Machine): Promise<void> {
  await deadWriterTest(machine, "die 64");
}

/** A writer dies in a later part, behind an interrupt's message; as above. */
export async function diesLaterTest(machine: Machine): Promise<void> {
  await deadWriterTest(machine, "die_later 1", "./ivtest kernel 0 'forget 1'");
  const { all } = readRing(machine);
  const between = all.filter(({ text }) => text === "between two parts\n");
  assertEquals(between.length, 1);
}
