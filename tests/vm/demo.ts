// SPDX-License-Identifier: MIT
/**
 * `deno task demo:vm`: a real kernel in QEMU loads the driver and writes, and
 * `ivring_reader` prints on the host what it wrote. From the kernel log only
 * alerts are printed, because a boot logs some hundred lines.
 *
 * @module
 */
import { builtOnce } from "./build.ts";
import { findKernel, INSTALL_COMMAND, whatIsMissing } from "./kernel.ts";
import { Machine } from "./machine.ts";
import { CPUS } from "./qemu.ts";
import { startReader } from "./reader_process.ts";

const REGION_BYTES = 4 * 1024 * 1024;
const ROUNDS = 5;

function say(text: string): void {
  console.error(`demo: ${text}`);
}

/**
 * Returns a command that writes a line into the ring from one of the guest's
 * CPUs.
 */
function lineFrom(cpu: number, text: string): string {
  const mask = (1 << cpu).toString(16);
  return `taskset ${mask} sh -c 'echo "cpu ${cpu}: ${text}" > /dev/ivring0'`;
}

const FACTS = [
  "$(uname -sr) on $(hostname), $(grep -c ^processor /proc/cpuinfo) CPUs",
  "up for $(cut -d\\  -f1 /proc/uptime) s",
  "$(grep MemFree /proc/meminfo | tr -s \\ )",
  "$(grep ctxt /proc/stat) switches so far",
];

async function guestLife(machine: Machine): Promise<void> {
  say("loading ivring.ko in the guest; its kernel says:");
  await machine.run("insmod ivring.ko");
  const log = await machine.kernelLog();
  for (const line of log.split("\n")) {
    if (line.includes("ivring 0000:")) say(`  ${line}`);
  }
  say(`writing ${ROUNDS * CPUS} lines to /dev/ivring0 in the guest`);
  for (let round = 0; round < ROUNDS; round++) {
    const lines = FACTS.map((fact, cpu) => lineFrom(cpu, fact));
    await machine.run(`${lines.join("; ")}; sleep 1`);
  }
  say("writing a line to the guest's kernel log");
  await machine.run("echo '<1>demo: an alert' > /dev/kmsg; sleep 1");
  await machine.run("rmmod ivring");
}

/**
 * Runs the demo.
 *
 * @returns The exit code.
 */
async function demo(): Promise<number> {
  const missing = whatIsMissing();
  const kernel = findKernel();
  if (missing !== null || kernel === null) {
    say(`no virtual machine here: ${missing}`);
    say(`install it with: ${INSTALL_COMMAND}`);
    return 1;
  }
  say(`building the driver for Linux ${kernel.release}`);
  const built = await builtOnce(kernel);
  const name = `ivring-demo-vm-${Deno.pid}`;
  const args = ["-s", `/${name}`, "--level", "alert"];
  say(`starting: ivring_reader ${args.join(" ")}`);
  const reader = startReader(args, "inherit");
  try {
    say("booting that kernel in QEMU");
    await using machine = await Machine.start({
      regions: [{ bytes: REGION_BYTES, name }],
      files: { "ivring.ko": built.ivringKo },
    });
    await guestLife(machine);
    // Records that are held back are printed within one round of the reader.
    await new Promise((resolve) => setTimeout(resolve, 500));
  } finally {
    reader.kill("SIGTERM");
  }
  const { code } = await reader.status;
  return code;
}

if (import.meta.main) Deno.exit(await demo());
