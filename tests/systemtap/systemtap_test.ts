// SPDX-License-Identifier: MIT
// `deno task test:systemtap`: the SystemTap sample, in a guest. Minutes, nearly
// all of them SystemTap's, which compiles every tracepoint's header once.
import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../../packaging/root.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { findTool, wantedKernels } from "../vm/kernel.ts";
import { Machine } from "../vm/machine.ts";
import { readAll } from "../vm/messages.ts";
import { run } from "../vm/run.ts";
import { guestFiles } from "../vm/support.ts";
import { builtOnce } from "../vm/build.ts";
import { workload } from "../vm/tracing.ts";

const SAMPLE = `${ROOT}/guest/samples/systemtap`;
const STAPIO = "/usr/lib/systemtap/stapio";
const LOADER = "/lib64/ld-linux-x86-64.so.2";
/** Of SystemTap 4.8; what is newer may do without the workaround. */
const SERIES = "6.1";
const MIB = 1 << 20;

/** Libraries that programs need, by name. */
async function libraries(
  programs: readonly string[],
): Promise<Record<string, string>> {
  const text = await run(["ldd", ...programs]);
  return Object.fromEntries(
    [...text.matchAll(/ => (\/\S+)/g)].map(([, path]) =>
      [path.slice(path.lastIndexOf("/") + 1), path] as const
    ),
  );
}

Deno.test("SystemTap records tracepoints through ivring_write()", async () => {
  const kernel = wantedKernels().kernels.map(({ kernel }) => kernel)
    .find(({ release }) => release.startsWith(`${SERIES}.`));
  const staprun = findTool("staprun");
  assert(kernel !== undefined, `no kernel ${SERIES}`);
  assert(staprun !== null, "apt-get install systemtap");
  Deno.env.set("IVRING_VM_KERNEL", kernel.vmlinuz);
  Deno.env.set("IVRING_VM_HEADERS", kernel.headers);
  const built = await builtOnce(kernel);
  using temp = new TempFolder();
  // Its cache makes the next run a short one. Under emulation probes take longer
  // than it lets them.
  await run([
    `${SAMPLE}/stap`,
    ...["-p4", "--suppress-time-limits", "-m", "ivring_sched"],
    `${SAMPLE}/sched.stp`,
  ], {
    cwd: temp.path,
    env: {
      RELEASE: kernel.release,
      IVRING_SYMVERS: `${built.folder}/guest/Module.symvers`,
    },
  });
  const needed = await libraries([staprun, STAPIO]);
  await using machine = await Machine.start({
    regions: [{ bytes: 64 * MIB }],
    files: {
      ...guestFiles(built),
      ...needed,
      "ld": LOADER,
      "staprun": staprun,
      "stapio": STAPIO,
      "ivring_sched.ko": temp.at("ivring_sched.ko"),
    },
    oneThread: true,
  });
  await machine.run(
    `mkdir -p /lib64 /lib/x86_64-linux-gnu /usr/lib/systemtap /usr/bin && ` +
      `mv ld ${LOADER} && mv stapio ${STAPIO} && mv staprun /usr/bin && ` +
      `mv ${Object.keys(needed).join(" ")} /lib/x86_64-linux-gnu/ && ` +
      `mount -t debugfs debugfs /sys/kernel/debug && insmod ivring.ko`,
  );
  const said = await machine.run(
    `/usr/bin/staprun -c "sh -c '${workload(3).replaceAll("$", "\\$")}'" ` +
      `./ivring_sched.ko 2>&1`,
  );
  assertEquals(said.trim(), "");
  const { messages, totals } = readAll(machine.regionCopy());
  assertEquals(totals.lost + totals.dropped + totals.corrupt, 0);
  const counts = new Map<string, number>();
  for (const { text } of messages.written) {
    assert(/^sched_\w+ .*\n$/s.test(text), JSON.stringify(text));
    const name = text.slice(0, text.indexOf(" "));
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const name of ["sched_switch", "sched_waking", "sched_process_exec"]) {
    assert((counts.get(name) ?? 0) > 0, `${name}: ${[...counts]}`);
  }
  assertEquals(await machine.faults(), []);
  console.log(
    `  ${messages.written.length} messages of ${counts.size} tracepoints`,
  );
});
