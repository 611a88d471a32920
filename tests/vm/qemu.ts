// SPDX-License-Identifier: MIT
/**
 * The machine that every test boots, as arguments.
 *
 * @module
 */

/** CPUs of every guest. */
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
  /** Files for the guest's /root: name there, path here. */
  readonly files: Readonly<Record<string, string>>;
}

function deviceArguments(
  { bytes, wiring, socket }: RegionOptions,
  name: string,
  i: number,
): string[] {
  const port = `pcie-root-port,id=port${i},slot=${i + 1},pref64-reserve=8G`;
  if (wiring === "doorbell") {
    const device = `ivshmem-doorbell,chardev=s${i},vectors=1,bus=port${i}`;
    const server = `socket,path=${socket},id=s${i}`;
    return ["-chardev", server, "-device", port, "-device", device];
  }
  const memory = `memory-backend-file,id=region${i},size=${bytes},share=on,` +
    `mem-path=/dev/shm/${name}`;
  const device = `ivshmem-plain,memdev=region${i}`;
  return wiring === "below-4g" ? ["-object", memory, "-device", device] : [
    ...["-object", memory, "-device", port],
    ...["-device", `${device},bus=port${i}`],
  ];
}

/**
 * For QEMU, without the kernel and the serial ports.
 *
 * @param names Of the regions' objects.
 */
export function qemuArguments(
  regions: readonly RegionOptions[],
  names: readonly string[],
): string[] {
  return [
    ...`-machine q35,accel=tcg -cpu max -smp ${CPUS} -m 512`.split(" "),
    ..."-nodefaults -no-user-config -display none".split(" "),
    ..."-monitor none -no-reboot".split(" "),
    ...regions.flatMap((region, i) => deviceArguments(region, names[i], i)),
  ];
}

/**
 * For the kernel.
 *
 * @param tscReliable Whether to vouch for the time stamp counter.
 */
export function kernelArguments(tscReliable: boolean): string {
  const args = "console=ttyS0 loglevel=5 mitigations=off nokaslr panic=-1 " +
    "no_timer_check cryptomgr.notests audit=0 apparmor=0";
  return tscReliable ? `${args} tsc=reliable` : args;
}
