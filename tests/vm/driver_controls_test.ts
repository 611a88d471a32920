// SPDX-License-Identifier: MIT
// Controls of those checks of the driver that need a kernel: without any of them
// a test of this folder fails.
import {
  assert,
  assertEquals,
  AssertionError,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { Libc } from "../../ffi/libc.ts";
import { SharedMemory } from "../../ffi/shm.ts";
import { copyDriver, type DriverChange } from "../support/driver_copy.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { makeDriver } from "./build.ts";
import { diesLaterTest, diesTest } from "./dead_writer.ts";
import { findKernel } from "./kernel.ts";
import { Machine } from "./machine.ts";
import { PROBES } from "./probes_compare.ts";
import {
  allocations,
  filledTest,
  leftTest,
  nestedTest,
  OUTER,
} from "./probes_nested.ts";
import { vmTest } from "./support.ts";
import { LEAN } from "./trace_way.ts";
import { counters, TRACEFS, tracingFiles } from "./tracing.ts";

const MIB = 1 << 20;

/** A check of the driver's, and the test that fails without it. */
interface Control {
  readonly name: string;
  /** The driver that has the check, one of `DRIVERS`. */
  readonly driver: string;
  /** What removes the check. */
  readonly change: DriverChange;
  /** The test. */
  readonly test: (machine: Machine) => Promise<void>;
  /** Words of its failure. */
  readonly says: string;
}

/**
 * What all of these drivers have: probes for events of one system, which take
 * less time to build, and memory behind the room of a CPU's probes, so that the
 * kernel survives a missing check of the bounds.
 */
const ALWAYS: readonly DriverChange[] = [
  {
    file: "probes/choose.sh",
    find: "\n# write_out [EVENT]...:",
    replace: "\nheaders=kmem expected=\n\n# write_out [EVENT]...:",
  },
  {
    file: "ivring_driver.h",
    find: "	u8 bytes[IVRING_TAP_ROOM_BYTES] __aligned(8);\n",
    replace: "	u8 bytes[IVRING_TAP_ROOM_BYTES] __aligned(8);\n" +
      "	u8 behind[3 * 4096];\n",
  },
];

/** A driver that was built for a kernel whose events have one more field. */
const OTHER_LAYOUT: DriverChange = {
  file: "probes/passes.h",
  find: "		struct trace_entry ent;						\\\n" +
    "		tstruct								\\\n" +
    "		char __data[];",
  replace: "		struct trace_entry ent;						\\\n" +
    "		u64 one_more;							\\\n" +
    "		tstruct								\\\n" +
    "		char __data[];",
};

/**
 * The drivers that have all checks, by the names of their modules, and what is
 * different in them. passes.h comes last, which has most to be built again.
 */
const DRIVERS: Readonly<Record<string, readonly DriverChange[]>> = {
  "same_layout.ko": [],
  "other_layout.ko": [OTHER_LAYOUT],
};

const CONTROLS: readonly Control[] = [
  {
    name: "what interrupts a probe has room of its own",
    driver: "same_layout.ko",
    change: {
      file: "ivring_tap.c",
      find: "	WRITE_ONCE(room->used, used + ALIGN(bytes, 8));\n",
      replace: "",
    },
    test: nestedTest,
    says: "records of 200 events",
  },
  {
    name: "the room of probes that never end is taken back",
    driver: "same_layout.ko",
    change: {
      file: "ivring_tap.c",
      find: "	if (unlikely(used) && is_alone())",
      replace: "	if (0 && is_alone())",
    },
    test: leftTest,
    says: "drops",
  },
  {
    name: "no room is taken that is not there",
    driver: "same_layout.ko",
    change: {
      file: "ivring_tap.c",
      find: "	if (unlikely(bytes > sizeof(room->bytes) - used)) {",
      replace: "	if (0) {",
    },
    test: filledTest,
    says: "0 of 400 were dropped",
  },
  {
    name: "a message takes the short way only if no task is between two parts",
    driver: "same_layout.ko",
    change: {
      file: "ivring_write.c",
      find: "percent || ring->task || !enter_usual",
      replace: "percent || !enter_usual",
    },
    test: diesLaterTest,
    says: "takeovers",
  },
  {
    name: "an event takes the short way only if nobody is inside",
    driver: "same_layout.ko",
    change: {
      file: "ivring_entry.h",
      find: "return !READ_ONCE(ring->nest) && !READ_ONCE",
      replace: "return !READ_ONCE",
    },
    test: diesTest,
    says: "takeovers",
  },
  {
    name: "an event of another layout is refused",
    driver: "other_layout.ko",
    change: {
      file: "ivring_tap.c",
      find: "	return field && bytes == probe->bytes;",
      replace: "	return field;",
    },
    test: layoutTest,
    says: "the event's record",
  },
];

/**
 * Tests a driver built with `OTHER_LAYOUT`: the kernel's own way is taken, which
 * leaves a true record.
 */
async function layoutTest(machine: Machine): Promise<void> {
  const { epoch } = await counters(machine);
  await machine.run("sh ivring-trace start --no-symbols kmem:kmalloc");
  const status = await machine.run("sh ivring-trace status");
  const { status: nested } = await machine.tryRun(
    "echo nest 1 > /dev/ivring_tap_test",
  );
  await machine.run("sh ivring-trace stop");
  assertEquals(allocations(machine, epoch), [OUTER], "the event's record");
  assertStringIncludes(status, "\nevent: kmem:kmalloc\n");
  assertStringIncludes(status, `\n${LEAN}\n`);
  assert(nested !== 0, "there was no probe to interrupt");
  const refused = await machine.tryRun(`echo kmem:kmalloc > ${PROBES}`);
  assert(refused.status !== 0);
  assertStringIncludes(refused.output, "Operation not supported");
}

/** Gives a guest a session of its own for each driver. */
function emptyRegion(machine: Machine): void {
  using libc = new Libc();
  const [name] = machine.regionNames;
  using shared = SharedMemory.open(libc, name, { writable: true });
  new Uint8Array(shared.writablePart(0, shared.bytes)).fill(0);
}

/** Runs a test in a guest with a driver of its own. */
async function withDriver(
  machine: Machine,
  module: string,
  test: () => Promise<unknown>,
): Promise<void> {
  emptyRegion(machine);
  await machine.run(`insmod ${module} && insmod ivring_test.ko`);
  const unload = "rmmod ivring_test ivring";
  try {
    await test();
  } catch (error) {
    await machine.tryRun(unload);
    throw error;
  }
  await machine.run(unload);
}

vmTest("tests notice what the driver does not check", async (built, t) => {
  using folder = new TempFolder();
  const files: Record<string, string> = {
    ...tracingFiles(built),
    "ivring_tap_test.ko": built.tapTestKo,
  };
  const { headers } = findKernel()!;
  const build = async (name: string, changes: readonly DriverChange[]) => {
    const driver = folder.at("driver");
    copyDriver(driver, [...ALWAYS, ...changes]);
    await makeDriver(headers, driver, "modules");
    files[name] = folder.at(name);
    await Deno.copyFile(`${driver}/ivring.ko`, files[name]);
  };
  const without = (control: Control) =>
    `without${CONTROLS.indexOf(control)}.ko`;
  await t.step("drivers are built", async () => {
    for (const [driver, changes] of Object.entries(DRIVERS)) {
      await build(driver, changes);
      for (const control of CONTROLS.filter((c) => c.driver === driver)) {
        await build(without(control), [...changes, control.change]);
      }
    }
  });
  await using machine = await Machine.start({
    regions: [{ bytes: 64 * MIB }],
    files,
    oneThread: true,
  });
  await machine.run(
    `mount -t tracefs tracefs ${TRACEFS} && insmod ivring_tap_test.ko`,
  );
  for (const control of CONTROLS) {
    const { name, driver, test, says } = control;
    await t.step(name, async () => {
      await withDriver(machine, driver, () => test(machine));
      await withDriver(
        machine,
        without(control),
        () => assertRejects(() => test(machine), AssertionError, says),
      );
    });
  }
});
