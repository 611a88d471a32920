// SPDX-License-Identifier: MIT
/**
 * The machine that every test boots, as arguments.
 *
 * @module
 */
import type { Architecture } from "./architecture.ts";

/** CPUs of a guest that does not say how many. */
export const CPUS = 4;

/** One region of a guest. */
export interface RegionOptions {
  /** A power of two. */
  readonly bytes: number;
  /** As for shm_open but without the slash; by default a new one. */
  readonly name?: string;
  /**
   * "above-4g" (default): behind a root port with a window above 4 GiB, so
   * that it is cached. "below-4g": where the firmware's MTRRs make it uncached;
   * not in one guest with the others. "doorbell": as the first, but the
   * doorbell device, with `socket`.
   */
  readonly wiring?: "above-4g" | "below-4g" | "doorbell";
  /** Where a doorbell device's server listens. */
  readonly socket?: string;
}

/** What to boot. */
export interface MachineOptions {
  /** Shared memory; removed at the end. */
  readonly regions: readonly RegionOptions[];
  /** Whether to vouch for the time stamp counter; default false. */
  readonly tscReliable?: boolean;
  /** Further kernel parameters; of two that contradict the later counts. */
  readonly parameters?: string;
  /** Whether the guest's resets are obeyed; by default they end it. */
  readonly resets?: boolean;
  /** Whether `monitor` is used. */
  readonly monitor?: boolean;
  /**
   * Whether the CPUs take turns on one thread. For guests that switch trace
   * events: QEMU before 8.1, with a thread for each CPU, now and then goes on
   * executing what it translated while another CPU patched it, for ever.
   */
  readonly oneThread?: boolean;
  /** CPUs; {@linkcode CPUS} by default. */
  readonly cpus?: number;
  /**
   * As for QEMU's `-icount`, such as "shift=0,sleep=off": time is what the guest
   * has executed, and what devices and the host do takes none.
   */
  readonly icount?: string;
  /** As for QEMU's `-cpu`; "max" by default. */
  readonly cpu?: string;
  /** The guest is ended after this long, whatever it does; default 900. */
  readonly lifetimeSeconds?: number;
  /** Further arguments for QEMU, such as devices. */
  readonly devices?: readonly string[];
  /** Whether `snapshot` is used; the devices are then their regions' masters. */
  readonly snapshots?: boolean;
  /** Whether `migrate` is used; likewise. */
  readonly migrates?: boolean;
  /** Files for the guest's /root: name there, path here. */
  readonly files: Readonly<Record<string, string>>;
}

function deviceArguments(
  { bytes, wiring, socket }: RegionOptions,
  name: string,
  i: number,
  isMaster: boolean,
): string[] {
  // Without its master a region keeps the guest from being saved, or moved.
  const master = isMaster ? ",master=on" : "";
  const port = `pcie-root-port,id=port${i},slot=${i + 1},pref64-reserve=8G`;
  if (wiring === "doorbell") {
    const device = `ivshmem-doorbell,chardev=s${i},vectors=1,bus=port${i}` +
      master;
    const server = `socket,path=${socket},id=s${i}`;
    return ["-chardev", server, "-device", port, "-device", device];
  }
  const memory = `memory-backend-file,id=region${i},size=${bytes},share=on,` +
    `mem-path=/dev/shm/${name}`;
  const device = `ivshmem-plain,memdev=region${i}${master}`;
  return wiring === "below-4g" ? ["-object", memory, "-device", device] : [
    ...["-object", memory, "-device", port],
    ...["-device", `${device},bus=port${i}`],
  ];
}

/**
 * For QEMU, without the kernel.
 *
 * @param names Of the regions' objects.
 * @param folder For the console, the monitor's socket and the disk of
 * snapshots.
 */
export function qemuArguments(
  architecture: Architecture,
  {
    regions,
    snapshots = false,
    migrates = false,
    resets = false,
    monitor = false,
    oneThread = false,
    cpus = CPUS,
    cpu,
    tscReliable = false,
    icount,
    devices = [],
  }: MachineOptions,
  names: readonly string[],
  folder: string,
): string[] {
  return [
    ...architecture.machine({ cpu, tscReliable }),
    ...`-smp ${cpus} -m 512`.split(" "),
    ...["-accel", oneThread ? "tcg,thread=single" : "tcg"],
    ..."-nodefaults -no-user-config -display none".split(" "),
    ..."-monitor none".split(" "),
    ...(resets ? [] : ["-no-reboot"]),
    ...(icount === undefined ? [] : ["-icount", icount]),
    ...architecture.ports(consoleFile(folder)),
    ...devices,
    ...regions.flatMap((region, i) =>
      deviceArguments(region, names[i], i, snapshots || migrates)
    ),
    ...(snapshots || migrates || monitor ? monitorArguments(folder) : []),
    ...(snapshots ? snapshotArguments(folder) : []),
  ];
}

/** What the kernel says on its console. */
export function consoleFile(folder: string): string {
  return `${folder}/console`;
}

/** The disk that snapshots are kept in. */
export function snapshotDisk(folder: string): string {
  return `${folder}/snapshots.qcow2`;
}

/** Where the monitor listens. */
export function monitorSocket(folder: string): string {
  return `${folder}/monitor`;
}

function monitorArguments(folder: string): string[] {
  const socket = `path=${monitorSocket(folder)},server=on,wait=off`;
  return [
    ...["-chardev", `socket,id=monitor,${socket}`],
    ...["-mon", "chardev=monitor,mode=readline"],
  ];
}

function snapshotArguments(folder: string): string[] {
  return ["-drive", `file=${snapshotDisk(folder)},if=none,format=qcow2`];
}

/**
 * For the kernel.
 *
 * @param options Which of them the test chooses.
 */
export function kernelArguments(
  architecture: Architecture,
  { tscReliable = false, cpu, parameters }: MachineOptions,
): string {
  return [
    ...architecture.parameters({ tscReliable, cpu }),
    "loglevel=5 mitigations=off nokaslr panic=-1",
    "cryptomgr.notests audit=0 apparmor=0",
    ...(parameters ? [parameters] : []),
  ].join(" ");
}
