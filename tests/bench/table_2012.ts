// SPDX-License-Identifier: MIT
/**
 * Part 4: the table of the announcement of 2012, measured again. It shows what
 * an integer benchmark in a guest loses while the guest's kernel is traced, by
 * the way on which the events leave the guest.
 *
 * @module
 */
import { Machine } from "../vm/machine.ts";
import { tracingFiles } from "../vm/tracing.ts";
import type { Context, Part, PartResult } from "./part.ts";
import { type Carrier, type Carriers, makeCarriers } from "./table_carriers.ts";
import { type GuestKernel, guestKernel, Modules } from "./table_guest.ts";
import { FollowingReader, ivringSubject, WAYS } from "./table_ivring.ts";
import { type Found, Rounds, type Work } from "./table_slices.ts";
import {
  BARE,
  type Form,
  KERNEL,
  rival,
  type Subject,
} from "./table_subjects.ts";
import { disturbed, type Mode, modeGoals, modeTables } from "./table_tables.ts";
import { traceCmdSubjects } from "./table_tracecmd.ts";
import { probeCompiler, Workbench } from "./workbench.ts";

/** Part 4. */
export const TABLE_2012: Part = {
  name: "table-2012",
  title: "The table of 2012",
  run,
};

/** How much a guest has to do, and how its results are shown. */
interface RunMode extends Mode {
  readonly rounds: number;
  /** The load's ticks in a second, of about 50 events each. */
  readonly ticksPerSecond: number;
}

/**
 * How the guest is run. Without `-icount` its own speed changes by a factor of two
 * from one slice to the next, and nothing can be told apart.
 */
const ICOUNT = { cpu: "max,-erms", icount: "shift=0,sleep=on" } as const;

const TABLE: RunMode = {
  id: "icount",
  isHeavier: false,
  rounds: 5,
  ticksPerSecond: 400,
  title: "guest instructions only",
  note: "QEMU with -icount: an instruction takes 1 ns of the guest's time, " +
    "whatever it is, and what the devices do on the host takes none. The " +
    "CPU has no fast string instructions: QEMU would count every byte.",
};

/** A load under which it shows who loses events. */
const HEAVY: RunMode = {
  id: "heavy",
  isHeavier: true,
  rounds: 3,
  ticksPerSecond: 4800,
  title: "ten times the load, guest instructions only",
  note: "The same with 4,800 ticks a second, some 200,000 events.",
};

const FORMS: readonly Form[] = ["text", "pages"];
/** The forms by carrier: the cheapest of all, and those of 2012. */
const QUICK_FORMS: Readonly<Record<string, readonly Form[]>> = {
  serial: ["pages"],
  nfs: ["text"],
  ssh: ["text"],
};
const REGION_BYTES = 16 << 20;
const LIFETIME_SECONDS = 1200;

const REMARKS = [
  "One guest with one CPU runs an integer benchmark (numbers made, sorted, and " +
  "their CRC-32 taken) beside a load of real-time priority that makes some " +
  "20,000 trace events a second of its time: 400 ticks a second, each a timer, " +
  "four changes of the task, a file opened and closed. All events of sched, " +
  "timer and kmem are on. Rounds in which all take turns in one guest, each " +
  "with a tracing instance of its own; medians of the rounds, each against its " +
  "own round without tracing. Cost of what a transport has not done at the end " +
  "of its slice is left out: an advantage for the slow.",
  "Text: what `cat trace_pipe > WAY` does. Pages: what trace-cmd's recorder " +
  "does, moving whole pages of the kernel's buffer unread; the events come " +
  "when 10 % of that buffer are full (by default 50 %), and in binary form. " +
  "IVRing's events come one by one, and ivring_reader turns them into text on " +
  "the host, following into a file. NFS is 4.1 with nfs-ganesha on the host, " +
  "its cache written back within 0.2 s (by default 30 s); SSH is OpenSSH's, " +
  "default cipher; the network is virtio-net with QEMU's user networking.",
];

async function run(context: Context): Promise<PartResult> {
  const guest = await guestKernel();
  const tables = [], goals = [];
  const remarks = new Set(REMARKS);
  const modes = context.quick ? [TABLE] : [TABLE, HEAVY];
  for (const mode of modes) {
    const found = await measure(context, guest, mode);
    tables.push(...modeTables(mode, found.rows));
    goals.push(...modeGoals(mode, found.rows));
    for (const remark of found.remarks) remarks.add(remark);
    const why = disturbed(mode, found.rows);
    if (why !== null) remarks.add(why);
  }
  return { tables, goals, remarks: [...remarks] };
}

/** Measures one guest, from its boot to its end. */
async function measure(
  context: Context,
  guest: GuestKernel,
  mode: RunMode,
): Promise<Found> {
  context.progress(`${mode.title}: booting`);
  const base = Deno.makeTempDirSync({ dir: context.folder });
  using bench = new Workbench(probeCompiler());
  const program = (name: string) =>
    bench.compile(name, [`tests/bench/table/${name}.c`], ["-O2", "-static"]);
  const modules = new Modules(guest.kernel);
  await using carriers = await makeCarriers(base, modules);
  const nameOf = (device: number) => `ivring-table-${Deno.pid}-${device}`;
  await using readers = new AsyncDisposableStack();
  const ways = WAYS.map((way) => {
    const path = `${base}/ivring${way.device}.text`;
    const reader = new FollowingReader(nameOf(way.device), path);
    return ivringSubject(way, readers.use(reader));
  });
  await using traceCmd = traceCmdSubjects(
    base,
    context.quick || carriers.network === null,
  );
  await using machine = await Machine.start({
    regions: WAYS.map(({ device }) => ({
      bytes: REGION_BYTES,
      name: nameOf(device),
    })),
    cpus: 1,
    ...ICOUNT,
    oneThread: true,
    tscReliable: true,
    parameters: "quiet",
    lifetimeSeconds: LIFETIME_SECONDS,
    devices: [carriers.network, ...carriers.carriers]
      .flatMap((each) => each?.devices ?? []),
    files: Object.assign(
      { work: program("work"), pump: program("pump") },
      modules.files,
      tracingFiles(guest.built),
      traceCmd.files,
      ...carriers.carriers.map(({ files }) => files),
    ),
  });
  const { ready, failed } = await prepare(machine, modules, carriers);
  const subjects: Subject[] = [BARE, KERNEL, ...ways];
  for (const way of ready) {
    const forms = context.quick ? QUICK_FORMS[way.stem] ?? [] : FORMS;
    for (const form of forms) {
      subjects.push(rival(way, form, `${way.stem}-${form}`));
    }
  }
  subjects.push(...traceCmd.subjects);
  const remarks = [...carriers.remarks, ...traceCmd.remarks, ...failed];
  const work: Work = {
    sliceMs: context.quick ? 60 : 500,
    rounds: mode.rounds,
    ticksPerSecond: mode.ticksPerSecond,
  };
  const rounds = new Rounds(context, machine, work, mode.title);
  const found = await rounds.run(subjects);
  return { rows: found.rows, remarks: [...remarks, ...found.remarks] };
}

/**
 * Prepares the carriers in the guest.
 *
 * @returns The carriers that are ready, and why others are not.
 */
async function prepare(
  machine: Machine,
  modules: Modules,
  { network, carriers }: Carriers,
): Promise<{ ready: Carrier[]; failed: string[] }> {
  await machine.run(modules.load);
  await machine.run("insmod ivring.ko");
  await machine.run("mount -t tracefs tracefs /sys/kernel/tracing");
  if (network !== null) await machine.run(network.prepare);
  const ready: Carrier[] = [], failed: string[] = [];
  for (const carrier of carriers) {
    const { status, output } = await machine.tryRun(carrier.prepare);
    if (status === 0) ready.push(carrier);
    else failed.push(`${carrier.name} is left out: ${output.trim()}.`);
  }
  return { ready, failed };
}
