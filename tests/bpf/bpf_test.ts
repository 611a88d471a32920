// SPDX-License-Identifier: MIT
// `deno task test:bpf`: the module that lets BPF programs record, and the sample for
// it, built and run as guest/README.md says. Needs clang and libbpf.
import { assert, assertEquals, assertMatch } from "@std/assert";
import { existsSync } from "@std/fs/exists";
import { ROOT } from "../../packaging/root.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { copyDriver } from "../support/driver_copy.ts";
import { type Kernel, kernelOf, WANTED_SERIES } from "../vm/kernel.ts";
import { Machine } from "../vm/machine.ts";
import { readAll } from "../vm/messages.ts";
import { run } from "../vm/run.ts";
import { started, withLibraries } from "../vm/shared_libraries.ts";

const SAMPLE = `${ROOT}/guest/samples/bpf`;
const MIB = 1 << 20;

/** Returns the kernel of an installed series, such as "6.12". */
function kernelOfSeries(series: string): Kernel {
  const wanted = WANTED_SERIES.find(({ name }) => name === series);
  const found = wanted === undefined ? null : kernelOf(wanted);
  assert(found !== null, `no kernel ${series}`);
  return found;
}

/** Builds the driver with the module. @returns What make said. */
async function build(kernel: Kernel, folder: string): Promise<string> {
  copyDriver(folder);
  return await run([
    ...["make", `-j${navigator.hardwareConcurrency}`, "-C", folder],
    ...[`KDIR=${kernel.headers}`, "CONFIG_IVRING_BPF=m"],
    "KCFLAGS=-Werror",
  ]);
}

Deno.test("a BPF program records through bpf_ivring_write()", async () => {
  const kernel = kernelOfSeries("6.12");
  Deno.env.set("IVRING_VM_KERNEL", kernel.vmlinuz);
  Deno.env.set("IVRING_VM_HEADERS", kernel.headers);
  using temp = new TempFolder();
  await build(kernel, temp.at("guest"));
  await run(["cp", "-r", SAMPLE, temp.at("sample")]);
  await run(["make", "-C", temp.at("sample")]);
  const execs = temp.at("sample/execs");
  await using machine = await Machine.start({
    regions: [{ bytes: 16 * MIB }],
    files: {
      ...withLibraries(execs),
      "ivring.ko": temp.at("guest/ivring.ko"),
      "ivring_bpf.ko": temp.at("guest/bpf/ivring_bpf.ko"),
      "execs.bpf.o": temp.at("sample/execs.bpf.o"),
    },
    oneThread: true,
  });
  await machine.run("insmod ivring.ko && insmod ivring_bpf.ko");
  await machine.run(
    `${started(execs)} > said 2>&1 & echo $! > pid; ` +
      "while ! grep -q attached said && kill -0 $(cat pid); do usleep 9999; " +
      "done; grep -q attached said || { cat said; false; }",
  );
  // Busybox does not know itself by this name; what counts is that it was started.
  const start = "ln -s /bin/busybox /tmp/started; for i in 1 2 3; do " +
    "sh -c 'echo $$; exec /tmp/started' 2> /dev/null; done; true";
  const pids = (await machine.run(start)).trim().split(/\s+/);
  assertEquals(pids.length, 3);
  // The program holds the module, and the module the driver.
  const busy = await machine.tryRun("rmmod ivring_bpf 2>&1");
  assert(busy.status !== 0, "the module went while a program could call it");
  await machine.run(
    "kill $(cat pid); while kill -0 $(cat pid) 2> /dev/null; do usleep 9999; done",
  );
  await machine.tryRun("/tmp/started");
  const { messages, totals } = readAll(machine.regionCopy());
  const texts = messages.written.map(({ text }) => text);
  assertEquals(totals.lost + totals.dropped + totals.corrupt, 0);
  for (const text of texts) assertMatch(text, /^exec \d+ \/\S+\n$/);
  assertEquals(
    texts.filter((text) => text.endsWith(" /tmp/started\n")),
    pids.map((pid) => `exec ${pid} /tmp/started\n`),
  );
  // The kernel frees a program some time after its last use.
  await machine.run(
    "i=0; while ! rmmod ivring_bpf 2> /dev/null && [ $i -lt 500 ]; do " +
      "usleep 10000; i=$((i+1)); done; rmmod ivring",
  );
  assertEquals(await machine.faults(), []);
});

Deno.test("where the kernel's types are not there, it is left out", async () => {
  const kernel = kernelOfSeries("6.1");
  using temp = new TempFolder();
  const said = await build(kernel, temp.at("guest"));
  assertMatch(said, /bpf\/ is left out, which needs .*\/vmlinux\n/);
  assert(!existsSync(temp.at("guest/bpf/ivring_bpf.ko")));
  assert(Deno.statSync(temp.at("guest/ivring.ko")).isFile);
});
