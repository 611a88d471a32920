// SPDX-License-Identifier: MIT
/**
 * Describes the machine that every test boots, as arguments of QEMU.
 *
 * @module
 */
import type { Architecture } from "./architecture.ts";

/** The number of CPUs by default. */
export const CPUS = 4;

/** One region of a guest. */
export interface RegionOptions {
  /** The size in bytes, a power of two. */
  readonly bytes: number;
  /** The name for shm_open, but without the slash; by default a new one. */
  readonly name?: string;
  /**
   * Where the device is. "above-4g" (default): behind a root port with a window
   * above 4 GiB, so that the region is cached. "below-4g": where the firmware's
   * MTRRs make it uncached; not in one guest with the others. "doorbell": as
   * "above-4g", but the doorbell device, with `socket`.
   */
  readonly wiring?: "above-4g" | "below-4g" | "doorbell";
  /** The path at which a doorbell device's server listens. */
  readonly socket?: string;
}

/** The machine to boot. */
export interface MachineOptions {
  /** The regions of shared memory, which are removed at the end. */
  readonly regions: readonly RegionOptions[];
  /** Whether the kernel may rely on the time stamp counter; default false. */
  readonly tscReliable?: boolean;
  /**
   * Further kernel parameters. If two contradict each other, the later one
   * counts.
   */
  readonly parameters?: string;
  /** Whether the guest can reset itself; by default a reset ends it. */
  readonly resets?: boolean;
  /** Whether `monitor` is used. */
  readonly monitor?: boolean;
  /**
   * Whether the CPUs take turns on one thread, for guests that switch trace
   * events. With a thread for each CPU, QEMU before 8.1 sometimes goes on for
   * ever executing what it has translated, although another CPU has patched it.
   */
  readonly oneThread?: boolean;
  /** The number of CPUs; {@linkcode CPUS} by default. */
  readonly cpus?: number;
  /**
   * The argument of QEMU's `-icount`, such as "shift=0,sleep=off". Time is then
   * what the guest has executed; what devices and the host do takes no time.
   */
  readonly icount?: string;
  /** The argument of QEMU's `-cpu`; "max" by default. */
  readonly cpu?: string;
  /** The time after which the guest is ended, whatever it does; default 900. */
  readonly lifetimeSeconds?: number;
  /** Further arguments for QEMU, such as devices. */
  readonly devices?: readonly string[];
  /**
   * Whether `snapshot` is used. The devices are then their regions' masters.
   */
  readonly snapshots?: boolean;
  /** Whether `migrate` is used. The devices are then their regions' masters. */
  readonly migrates?: boolean;
  /** Files for the guest's /root: name there, path on the host. */
  readonly files: Readonly<Record<string, string>>;
}

function deviceArguments(
  { bytes, wiring, socket }: RegionOptions,
  name: string,
  i: number,
  isMaster: boolean,
): string[] {
  // A device that is not its region's master keeps the guest from being saved
  // or moved.
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
 * Returns the arguments for QEMU, without the kernel.
 *
 * @param names The names of the regions' objects.
 * @param folder For the console, the monitor's socket and the disk of
 *   snapshots.
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

/** Returns the path of the file that the console is written to. */
export function consoleFile(folder: string): string {
  return `${folder}/console`;
}

/** Returns the path of the disk that holds snapshots. */
export function snapshotDisk(folder: string): string {
  return `${folder}/snapshots.qcow2`;
}

/** Returns the path of the monitor's socket. */
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
 * Returns the kernel's parameters.
 *
 * @param options The test's choices.
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
