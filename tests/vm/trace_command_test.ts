// SPDX-License-Identifier: MIT
// Misuses the command ivring-trace and the device that it writes to, and fills
// up the metadata area.
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Machine } from "./machine.ts";
import { vmTest } from "./support.ts";
import {
  checkNothingLeft,
  counters,
  LOAD_TRACING,
  namedEvents,
  tracingFiles,
} from "./tracing.ts";

const MIB = 1 << 20;

/** Arguments of `ivring-trace`, its exit code, and what it must print. */
const MISUSES: readonly [string, number, string][] = [
  ["", 2, "no command"],
  ["begin", 2, "there is no command begin"],
  ["start -x", 2, "there is no option -x"],
  ["start -f", 2, "-f needs a value"],
  ["-d nosuch start", 2, "not the name of a device"],
  ["-d ivring7 start sched", 1, "ivring7: no such device"],
  ["start sched:nosuch", 1, "there is no event sched:nosuch"],
  ["start nosuch", 1, "there are no events of a system nosuch"],
  ["start sched:../../x", 1, "is neither SYSTEM:NAME nor SYSTEM"],
  [
    "start -f 'nosuch > 1' sched:sched_switch",
    1,
    "sched:sched_switch: filter 'nosuch > 1': ",
  ],
  ["start -f 'nosuch > 1' sched:sched_switch", 1, "(Field not found)"],
  ["start -k 'p:x nosuch_function'", 1, "(Invalid probed address or symbol)"],
  ["start -k 'x'", 1, "does not begin with 'p:NAME ' or 'r:NAME '"],
  ["start -k 'p:a/b do_exit'", 1, "'a/b' is no name of an event"],
  [
    "start -k 'p:good do_exit' -k 'p:bad nosuch_function' sched",
    1,
    "-k 'p:bad nosuch_function': ",
  ],
  [
    "start --no-symbols --function=nosuch_function",
    1,
    "--function: cannot write",
  ],
  ["publish --nosymbols", 2, "publish: there is no option --nosymbols"],
];

async function misuseTest(machine: Machine): Promise<void> {
  for (const [args, code, says] of MISUSES) {
    const { status, output } = await machine.tryRun(`sh ivring-trace ${args}`);
    assertStringIncludes(output, says, args);
    assertEquals(status, code, args);
    await checkNothingLeft(machine);
  }
}

/**
 * Commands that write texts to /dev/ivring0-meta, and the error that they must
 * get.
 */
const TEXTS: readonly [string, string][] = [
  ["printf 'system: a\\nname: b\\nID: 5\\n'", ""],
  ["printf 'system: a\\nname: b\\nID: 0\\n'", "Invalid argument"],
  ["printf 'system: a\\nname: b\\nID: 65408\\n\\000\\037'", ""],
  ["printf 'system: a\\nname: b\\nID: 65407\\n'", "Invalid argument"],
  ["printf 'name: b\\nID: 5\\n'", "Invalid argument"],
  ["printf 'system: a\\nname: b\\nID: 5\\nno end'", "Invalid argument"],
  [
    "printf 'system: a\\nname: b\\nID: 6\\n'; yes | head -c 65512",
    "",
  ],
  [
    "printf 'system: a\\nname: b\\nID: 6\\n'; yes | head -c 65514",
    "File too large",
  ],
];

async function metaTest(machine: Machine): Promise<void> {
  await machine.run(`printf 'system: a\\nname: b\\nID: 5\\n' > /tmp/good`);
  for (const [make, says] of TEXTS) {
    const before = (await counters(machine)).meta_used;
    const { status, output } = await machine.tryRun(
      `(${make}) > /tmp/text; dd if=/tmp/text of=/dev/ivring0-meta bs=70000`,
    );
    assertEquals(status === 0, says === "", make);
    assertStringIncludes(output, says);
    const { meta_used, meta_refused } = await counters(machine);
    assertEquals(meta_used > before, says === "", make);
    assertEquals(meta_refused, 0);
  }
  // The same text once more changes nothing.
  const before = (await counters(machine)).meta_used;
  await machine.run("dd if=/tmp/good of=/dev/ivring0-meta");
  assertEquals((await counters(machine)).meta_used, before);
}

async function fullTest(machine: Machine): Promise<void> {
  const full = await machine.tryRun(
    "sh ivring-trace -d ivring1 start sched:sched_switch syscalls",
  );
  assertEquals(full.status, 1);
  assertStringIncludes(full.output, "no room for its format");
  const { meta_used, meta_size, meta_refused } = await counters(
    machine,
    "ivring1",
  );
  assertEquals(meta_refused, 1);
  assert(meta_used > meta_size / 2 && meta_used <= meta_size);
  await checkNothingLeft(machine);
  // Whatever has found room is still usable.
  await machine.run(
    "sh ivring-trace -d ivring1 start --no-symbols sched:sched_switch",
  );
  await machine.run("ls > /dev/null; sh ivring-trace -d ivring1 stop");
  const { epoch } = await counters(machine, "ivring1");
  const events = namedEvents(machine.regionCopy(1))
    .filter((event) => event.epoch === epoch);
  const names = new Set(events.map(({ name }) => name));
  assertEquals([...names], ["sched:sched_switch"]);
}

vmTest("what the command refuses, it tells", async (built, t) => {
  await using machine = await Machine.start({
    regions: [{ bytes: 16 * MIB }, { bytes: MIB }],
    files: tracingFiles(built),
    oneThread: true,
  });
  await machine.run(LOAD_TRACING);
  await t.step("misuse", () => misuseTest(machine));
  await t.step("texts that are no formats", () => metaTest(machine));
  await t.step("no room for texts", () => fullTest(machine));
  assertEquals(await machine.faults(), []);
});
