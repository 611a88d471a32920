// SPDX-License-Identifier: MIT
/**
 * Compares the names of tasks, and stacks, with those in the guest's own trace.
 *
 * @module
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { EventFormat } from "../../ring/events/event_format.ts";
import { framesOf } from "../../ring/events/kernel_stack.ts";
import { TaskNames } from "../../ring/events/task_names.ts";
import { ABI } from "../../ring/layout.ts";
import { RegionReader } from "../../ring/region_reader.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { runReader } from "../support/reader_program.ts";
import { TempFolder } from "../support/temp_folder.ts";
import type { KernelEntry } from "./ftrace_pages.ts";
import type { Kernel } from "./kernel.ts";
import type { Machine } from "./machine.ts";
import { readAll } from "./messages.ts";
import { run } from "./run.ts";
import {
  bytesOf,
  compareEntries,
  kernelEntries,
  MONOTONIC,
} from "./trace_compare.ts";
import { INSTANCE, kernelMessages, TRACEFS, workload } from "./tracing.ts";

/** Modules for an ext4 file system in a file, in the order of loading. */
const MODULES: readonly string[] = [
  "crypto/crc32c_generic",
  "lib/crc16",
  "fs/mbcache",
  "fs/jbd2/jbd2",
  "fs/ext4/ext4",
  "drivers/block/loop",
];
const DISK = "disk.ext4";
const DISK_BYTES = 8 << 20;
/** Systems of events; a kernel need not have all of them. */
const SYSTEMS = "sched timer irq block net raw_syscalls ext4 writeback";

/** A system call of each kind that these events are about. */
const WORK = `ifconfig lo up; ping -c 2 127.0.0.1 > /dev/null; ${workload(4)}`;
const DISK_WORK = "mount -t ext4 -o loop /root/disk.ext4 /tmp && " +
  "dd if=/dev/zero of=/tmp/file bs=64k count=20 2> /dev/null && sync && " +
  "rm /tmp/file && umount /tmp";

/**
 * Makes what a guest needs to mount an ext4 file system.
 *
 * @param folder Where to put it.
 * @returns Files for the guest; none if the kernel's modules are not here.
 */
export async function diskFiles(
  { release }: Kernel,
  folder: string,
): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const path of MODULES) {
    const name = `${path.split("/").pop()}.ko`;
    const from = `/lib/modules/${release}/kernel/${path}.ko`;
    const to = `${folder}/${name}`;
    try {
      await Deno.copyFile(from, to);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      const unpack = `xz -dc "${from}.xz" > "${to}" 2> /dev/null`;
      const { success } = await new Deno.Command("sh", {
        args: ["-c", unpack],
      }).output();
      if (!success) return {};
    }
    files[name] = to;
  }
  files[DISK] = `${folder}/${DISK}`;
  await Deno.writeFile(files[DISK], new Uint8Array(0));
  await Deno.truncate(files[DISK], DISK_BYTES);
  await run(["/usr/sbin/mkfs.ext4", "-q", files[DISK]]);
  return files;
}

/** Loads the modules, if they are in the guest. @returns Whether they are. */
async function loadDisk(machine: Machine): Promise<boolean> {
  const { status } = await machine.tryRun(`[ -e ${DISK} ]`);
  if (status !== 0) return false;
  for (const path of MODULES) {
    // A kernel may have some of them built in.
    await machine.tryRun(`insmod ${path.split("/").pop()}.ko`);
  }
  await machine.run("grep -q ext4 /proc/filesystems");
  return true;
}

/** The names in the guest's own trace, by CPU and in its order. */
function kernelNames(trace: string): string[][] {
  const names: string[][] = [];
  for (const line of trace.split("\n")) {
    const match = /^ *(.*)-(\d+) +\[(\d+)\] \S+ +\d+\.\d+: /.exec(line);
    if (match !== null) (names[Number(match[3])] ??= []).push(match[1]);
  }
  return names;
}

const keyOf = (cpu: number, seq: number) => `${cpu} ${seq}`;
const taskOf = ({ bytes }: KernelEntry) =>
  new DataView(bytes.buffer, bytes.byteOffset).getInt32(4, true);

/** How many events have which name. */
interface Verdict {
  /** The same one as in the kernel's trace. */
  same: number;
  /** One, where the kernel has forgotten it, or never knew it. */
  forgotten: number;
  /** One that the task had then, and another one that it had later or before. */
  renamed: number;
  /** Another one, or none. */
  wrong: string[];
}

/** Compares names. @param ours By CPU and sequence. */
function judge(
  pairs: ReturnType<typeof compareEntries>["pairs"],
  kernels: ReadonlyMap<KernelEntry, string>,
  ours: ReadonlyMap<string, string | null>,
): Verdict {
  const had = new Map<number, Set<string | null>>();
  const nameOf = (cpu: number, seq: number) => ours.get(keyOf(cpu, seq))!;
  for (const [entry, { cpu, seq }] of pairs) {
    const pid = taskOf(entry);
    had.set(pid, (had.get(pid) ?? new Set()).add(nameOf(cpu, seq)));
  }
  const verdict: Verdict = { same: 0, forgotten: 0, renamed: 0, wrong: [] };
  for (const [entry, { cpu, seq }] of pairs) {
    const name = nameOf(cpu, seq);
    const theirs = kernels.get(entry)!;
    if (name === theirs) verdict.same++;
    else if (name !== null && theirs === "<...>") verdict.forgotten++;
    else if (name !== null && had.get(taskOf(entry))!.has(theirs)) {
      verdict.renamed++;
    } else verdict.wrong.push(`${name}-${taskOf(entry)}, ${theirs} there`);
  }
  return verdict;
}

/** Prints a region with the reader. @returns The lines. */
async function linesOf(region: ArrayBuffer, format: string): Promise<string[]> {
  using folder = new TempFolder();
  const image = folder.at("image");
  await Deno.writeFile(image, new Uint8Array(region));
  const { code, stdout, stderr } = await runReader(
    ...["dump", "--image", image, "--format", format, "-q"],
  );
  assertEquals(code, 0, stderr);
  return stdout.trimEnd().split("\n");
}

/** The names that the reader prints, by CPU and sequence. */
async function printedNames(
  region: ArrayBuffer,
): Promise<Map<string, string | null>> {
  const names = new Map<string, string | null>();
  for (const line of await linesOf(region, "json")) {
    const { cpu, seq, comm, system } = JSON.parse(line);
    if (system !== undefined) names.set(keyOf(cpu, seq), comm);
  }
  return names;
}

/** Reads a region. @param see Is given each kernel event and its format. */
function eachEvent(
  region: ArrayBuffer,
  see: (record: RecordView, format: EventFormat) => void,
): void {
  const reader = new RegionReader(region);
  const sink = (record: RecordView) => {
    if (record.id > ABI.ID_KERNEL_MAX) return;
    see(record, reader.events.describe(record)!);
  };
  for (let again = true; again;) {
    const { more, held } = reader.drain(sink);
    again = more || held;
  }
  reader.finish(sink);
}

/**
 * The names without records that name tasks: of an older driver's region, in
 * which the kernel's scheduling events are left out or not.
 */
function otherNames(
  region: ArrayBuffer,
  learns: boolean,
): Map<string, string | null> {
  const tasks = new TaskNames();
  tasks.begin(1);
  const names = new Map<string, string | null>();
  eachEvent(region, (record, format) => {
    if (learns) tasks.learn(format, record);
    names.set(keyOf(record.ring.cpu, record.seq), tasks.nameOf(record));
  });
  return names;
}

/** Compares the names of the tasks of many events at once. */
export async function taskNamesTest(machine: Machine): Promise<void> {
  const hasDisk = await loadDisk(machine);
  const found = await machine.run(
    `cd ${TRACEFS}/events && for s in ${SYSTEMS}; do ` +
      `[ ! -e $s ] || echo $s; done`,
  );
  const systems = found.trim().split("\n").join(" ");
  await machine.run(`echo 4096 > ${TRACEFS}/saved_cmdlines_size`);
  await machine.run(
    `${MONOTONIC} && sh ivring-trace start --no-symbols -b 8192 ${systems}`,
  );
  await machine.run(hasDisk ? `${WORK}; ${DISK_WORK}` : WORK);
  await machine.run(`echo 0 > ${INSTANCE}/tracing_on`);
  const trace = await bytesOf(machine, `cat ${INSTANCE}/trace`);
  const entries = await kernelEntries(machine);
  const region = machine.regionCopy();
  await machine.run("sh ivring-trace stop");

  const { messages, totals } = readAll(region);
  assertEquals([totals.lost, totals.dropped, totals.missed], [0, 0, 0]);
  const { pairs } = compareEntries(entries, kernelMessages(messages.all));
  const lines = kernelNames(new TextDecoder().decode(trace));
  const kernels = new Map<KernelEntry, string>();
  lines.forEach((names, cpu) => {
    const mine = entries.filter((entry) => entry.cpu === cpu);
    assertEquals(names.length, mine.length, `lines of CPU ${cpu}`);
    mine.forEach((entry, i) => kernels.set(entry, names[i]));
  });
  const verdict = judge(pairs, kernels, await printedNames(region));
  const { same, forgotten, renamed, wrong } = verdict;
  console.log(
    `  ${pairs.length} events of ${systems}: ${same} with the kernel's name, ` +
      `${renamed} with the one of that moment, ${forgotten} where the kernel ` +
      `has none, ${wrong.length} wrong`,
  );
  assertEquals(wrong.slice(0, 5), []);
  assert(same > 5_000 && same > pairs.length * 0.7, JSON.stringify(verdict));
  const [control, learnt] = [false, true].map((learns) =>
    judge(pairs, kernels, otherNames(region, learns))
  );
  assert(control.wrong.length > 5_000, `${control.wrong.length}`);
  console.log(
    `  without names in the ring ${control.wrong.length} wrong; with those in ` +
      `the events ${learnt.wrong.length}, and ${learnt.same} with the kernel's`,
  );
}

/** The stacks in the kernel's own entries, in their order. */
function kernelStacks(entries: readonly KernelEntry[]): bigint[][] {
  return entries.filter(({ bytes }) => bytes[0] === STACK_ID && bytes[1] === 0)
    .map(({ bytes }) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const count = view.getInt32(8, true);
      return Array.from(
        { length: count },
        (_, i) => view.getBigUint64(16 + 8 * i, true),
      );
    });
}

/** The id of ftrace:kernel_stack. */
const STACK_ID = 4;
/** Events that come in tasks, and some of their functions. */
const STACKED = "sched:sched_process_fork";

/** Compares stacks with those of the kernel's own trigger. */
export async function stacksTest(machine: Machine): Promise<void> {
  const trigger = `${INSTANCE}/events/${STACKED.replace(":", "/")}/trigger`;
  await machine.run(
    `${MONOTONIC} && sh ivring-trace start -b 1024 --stack ${STACKED} ` +
      `sched:sched_waking && echo stacktrace > ${trigger}`,
  );
  const status = await machine.run("sh ivring-trace status");
  assertStringIncludes(status, `event: ${STACKED}, with the stack\n`);
  assertStringIncludes(status, "event: sched:sched_waking\n");
  const chosen = await machine.run("cat /sys/class/misc/ivring0/trace_stack");
  assertEquals(chosen.trim().split("\n").length, 1);
  const before = readAll(machine.regionCopy()).messages.all.length;
  assert(before > 0);
  await machine.run("for i in 1 2 3 4 5 6 7 8; do ls / > /dev/null; done");
  await machine.run(`echo 0 > ${INSTANCE}/tracing_on`);
  const trace = await bytesOf(machine, `cat ${INSTANCE}/trace`);
  const entries = await kernelEntries(machine);
  const region = machine.regionCopy();
  await machine.run("sh ivring-trace stop");
  const left = await machine.run("cat /sys/class/misc/ivring0/trace_stack");
  assertEquals(left, "");

  const stacks: { cpu: number; frames: bigint[] }[] = [];
  eachEvent(region, (record, { stack }) => {
    if (stack === null) return;
    stacks.push({ cpu: record.ring.cpu, frames: framesOf(stack, record) });
  });
  let same = 0;
  for (let cpu = 0; cpu < 4; cpu++) {
    const theirs = kernelStacks(entries.filter((entry) => entry.cpu === cpu));
    const ours = stacks.filter((each) => each.cpu === cpu);
    // The shell that started it has forked while only the ring was recording.
    const mine = ours.slice(ours.length - theirs.length);
    theirs.forEach((frames, i) => {
      const { frames: own } = mine[i];
      assert(own.length > 3, `${own}`);
      const more = frames.length - own.length;
      assert(more >= 0 && more < 4, `${frames.length}, ${own.length} here`);
      assertEquals(own, frames.slice(more));
      same++;
    });
  }
  assert(same >= 8, `${same} stacks`);
  const isFrame = (line: string) => line.startsWith(" => ");
  const printed = new TextDecoder().decode(trace).split("\n").filter(isFrame);
  const functions = (await linesOf(region, "text")).filter(isFrame);
  assert(functions.length > same * 3, `${functions.length} functions`);
  const known = new Set(printed);
  assertEquals(functions.filter((line) => !known.has(line)), []);
  console.log(
    `  ${same} stacks as the kernel's own trigger takes them, with ` +
      `${new Set(functions).size} functions`,
  );
}
