// SPDX-License-Identifier: MIT
// Tests the samples of guest/samples in a guest.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { TempFolder } from "../support/temp_folder.ts";
import { ROOT } from "../../packaging/root.ts";
import { copyDriver } from "../support/driver_copy.ts";
import { warningsIn } from "./build.ts";
import { findKernel, type Kernel } from "./kernel.ts";
import { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { run } from "./run.ts";
import { vmTest } from "./support.ts";
import { LOAD_TRACING, namedEvents, tracingFiles } from "./tracing.ts";

const MIB = 1 << 20;
const SAMPLES = `${ROOT}/guest/samples`;

async function moduleTest(machine: Machine): Promise<void> {
  await machine.run("insmod ivring_sample.ko && ip link set lo up");
  await machine.run("ip link set lo down && rmmod ivring_sample");
  const { messages } = readAll(machine.regionCopy());
  const texts = messages.written.map(({ text }) => text);
  for (const event of ["REGISTER", "UP", "GOING_DOWN", "DOWN"]) {
    assertEquals(texts.includes(`net lo: NETDEV_${event}\n`), true, `${texts}`);
  }
}

async function opensTest(machine: Machine): Promise<void> {
  await machine.run("mkdir -p /etc/opens && echo > /etc/opens/here");
  const opens = `IVRING_TRACE=/root/ivring-trace sh opens`;
  const said = await machine.run(
    `(${opens} 4 '/etc/opens/*' > /tmp/said; touch /tmp/end) 2>&1 & ` +
      `while ! grep -q open_failed /tmp/said 2> /dev/null; do usleep 9999; done; ` +
      `cat /etc/opens/here /etc/opens/gone 2> /dev/null; ` +
      `cat /etc/passwd 2> /dev/null; ` +
      `while [ ! -e /tmp/end ]; do usleep 9999; done; cat /tmp/said`,
  );
  assertMatch(said, /event: ivring:open if path ~ "\/etc\/opens\/\*"/);
  assertMatch(said, /event: ivring:open_failed if error < 0/);
  const events = namedEvents(machine.regionCopy());
  const paths = events.filter(({ name }) => name === "ivring:open")
    .map(({ text }) => /\/etc\/.*(?=\0)/.exec(text)?.[0]);
  assertEquals(paths, ["/etc/opens/here", "/etc/opens/gone"]);
  const failed = events.filter(({ name }) => name === "ivring:open_failed");
  // The opening of /etc/passwd is among them, because the second start has
  // another filter.
  assert(failed.length >= 2, `${failed.length} opens that failed`);
  for (const { text } of failed) {
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    assert(view.getInt32(bytes.length - 4, true) < 0, "ENOENT");
  }
}

/**
 * Compiles what lets BPF programs record, also where the headers lack the types that it
 * needs to work. `deno task test:bpf` runs it.
 */
async function compileBpf({ headers }: Kernel, folder: string): Promise<void> {
  copyDriver(folder);
  const said = await run([
    ...["make", "-C", headers, `M=${folder}/bpf`, "CONFIG_IVRING_BPF=m"],
    ...["W=1", "C=2", "KCFLAGS=-Werror", "ivring_bpf.o"],
  ]);
  assertEquals(warningsIn(said), []);
}

vmTest("the samples", async (built, t) => {
  const kernel = findKernel();
  assert(kernel !== null);
  using temp = new TempFolder();
  await run(["cp", "-r", `${SAMPLES}/module`, temp.at("module")]);
  await run([
    ...["make", "-C", temp.at("module"), `KDIR=${kernel.headers}`],
    ...[`IVRING=${built.folder}/guest`, "CONFIG_DEBUG_INFO_BTF_MODULES="],
  ]);
  await t.step("for BPF", () => compileBpf(kernel, temp.at("guest")));
  await using machine = await Machine.start({
    regions: [{ bytes: 16 * MIB }],
    files: {
      ...tracingFiles(built),
      "ivring_sample.ko": temp.at("module/ivring_sample.ko"),
      "opens": `${SAMPLES}/opens`,
    },
    oneThread: true,
  });
  await machine.run(LOAD_TRACING);
  await t.step("a module", () => moduleTest(machine));
  await t.step("kprobe events", () => opensTest(machine));
  assertEquals(await machine.faults(), []);
});
