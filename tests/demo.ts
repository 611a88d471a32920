// SPDX-License-Identifier: MIT
/**
 * `deno task demo`: the main job, with nothing but Deno. A simulated guest
 * (this process) writes into a shared ring; `ivring_reader` (another process)
 * follows it. `deno task demo:vm` does the same with a real kernel.
 *
 * @module
 */
import { Libc } from "../ffi/libc.ts";
import { SharedMemory } from "../ffi/shm.ts";
import { ABI } from "../ring/layout.ts";
import { RegionWriter } from "../ring/writer/writer.ts";

const SECONDS = 3;
const CPUS = 2;
const REGION_BYTES = 2 * 1024 * 1024;

const encoder = new TextEncoder();

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** A guest's life: lines in the kernel log, events on both CPUs. */
async function simulateGuest(writer: RegionWriter): Promise<void> {
  const say = (ring: number, text: string) =>
    writer.write(ring, ABI.ID_MESSAGE, encoder.encode(text));
  const uptime = () => (performance.now() / 1000).toFixed(6).padStart(12);
  const klog = CPUS;
  say(klog, `[${uptime()}] simulated guest: up with ${CPUS} CPUs`);
  for (let tick = 0; tick < SECONDS * 4; tick++) {
    for (let cpu = 0; cpu < CPUS; cpu++) {
      say(cpu, `cpu ${cpu}: event ${tick}: a task ran ${(tick * 7) % 23} us`);
    }
    if (tick % 4 === 3) {
      say(klog, `[${uptime()}] second ${(tick + 1) / 4} is over`);
    }
    await sleep(250);
  }
  say(klog, `[${uptime()}] simulated guest: down`);
  writer.unload();
}

function startReader(name: string): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    cwd: new URL("..", import.meta.url),
    args: [
      "run",
      "--no-prompt",
      "--allow-ffi",
      "--allow-read",
      "--allow-env",
      "--import-map=npm/imports.json",
      "main.ts",
      "-s",
      name,
      "-v",
    ],
  }).spawn();
}

/** Runs it; the object is removed in any case. */
async function demo(): Promise<void> {
  const name = `/ivring-demo-${Deno.pid}`;
  console.error(`demo: ivring_reader -s ${name} -v`);
  using libc = new Libc();
  using memory = SharedMemory.create(libc, name, REGION_BYTES);
  try {
    const writer = new RegionWriter(memory.buffer, {
      nrTrace: CPUS,
      blockBytes: 16384,
      klogBytes: 256 * 1024,
    });
    const reader = startReader(name);
    await sleep(700); // so that the lines come live
    await simulateGuest(writer);
    await sleep(300);
    reader.kill("SIGTERM");
    const { code } = await reader.status;
    if (code !== 0) throw new Error(`ivring_reader ended with ${code}`);
  } finally {
    SharedMemory.unlink(libc, name);
  }
}

if (import.meta.main) await demo();
