// SPDX-License-Identifier: MIT
/**
 * Describes the processors of guests: what differs between them for whoever
 * builds for one, or boots it.
 *
 * @module
 */

/**
 * What a test may choose about a machine; each architecture handles it
 * differently.
 */
export interface Wishes {
  /** The argument of QEMU's `-cpu`; by default, all that it can emulate. */
  readonly cpu?: string;
  /** Whether the kernel may rely on the time stamp counter, if there is one. */
  readonly tscReliable: boolean;
}

/** One kind of processor, and the machine that guests with it run on. */
export interface Architecture {
  /** Debian's name for it, with which the releases of its kernels end. */
  readonly debian: string;
  /** The name of QEMU's program. */
  readonly qemu: string;
  /**
   * What stands before the names of gcc and nm; empty for the host's own tools.
   */
  readonly toolPrefix: string;
  /** Returns QEMU's arguments for the machine and its processor. */
  machine(wishes: Wishes): readonly string[];
  /**
   * Returns QEMU's arguments for the two ports. The first has the kernel's
   * messages, and is written to a file; the second is QEMU's standard input and
   * output.
   */
  ports(consoleFile: string): readonly string[];
  /**
   * The guest's name for the second port, which carries commands and answers.
   */
  readonly commandPort: string;
  /** Returns the parameters that its kernel needs. */
  parameters(wishes: Wishes): readonly string[];
  /**
   * Whether QEMU boots the uncompressed kernel, which has to be extracted
   * first.
   */
  readonly bootsElf: boolean;
  /** A pattern for the names of the kernel's functions for system calls. */
  readonly systemCalls: string;
}

/** PCs, like the host. */
export const AMD64: Architecture = {
  debian: "amd64",
  qemu: "qemu-system-x86_64",
  toolPrefix: "",
  machine: ({ cpu = "max" }) => ["-machine", "q35", "-cpu", cpu],
  ports: (consoleFile) => [
    ...["-serial", `file:${consoleFile}`],
    ...["-serial", "stdio"],
  ],
  commandPort: "ttyS1",
  parameters: ({ tscReliable }) => [
    "console=ttyS0",
    "no_timer_check",
    // How many turns of a loop take a tick; with HZ=250 these are those of
    // 2.5 GHz. Otherwise each further CPU counts them for a fifth of a second.
    // No emulated device needs a delay to be exact.
    "lpj=10000000",
    // The kernel finds out by itself that its CPUs' counters differ, and then
    // patches itself while they all run. Under emulation one of them may die of
    // that.
    tscReliable ? "tsc=reliable" : "tsc=unstable",
  ],
  bootsElf: true,
  systemCalls: "__x64_sys_*",
};

/** QEMU's own board for arm64, which has only one serial port. */
export const ARM64: Architecture = {
  debian: "arm64",
  qemu: "qemu-system-aarch64",
  toolPrefix: "aarch64-linux-gnu-",
  machine: (
    // Pointer authentication by the architecture's own algorithm would take
    // most of the time.
    { cpu = "max,pauth-impdef=on" },
  ) => ["-machine", "virt,gic-version=3", "-cpu", cpu],
  ports: (consoleFile) => [
    ...["-serial", `file:${consoleFile}`],
    ...["-chardev", "stdio,id=commands", "-device", "virtio-serial-pci"],
    ...["-device", "virtconsole,chardev=commands"],
  ],
  commandPort: "hvc0",
  parameters: () => ["console=ttyAMA0"],
  bootsElf: false,
  systemCalls: "__arm64_sys_*",
};

/** Returns the architecture of a kernel's release, such as "6.12.9-arm64". */
export function architectureOf(release: string): Architecture {
  return release.endsWith(`-${ARM64.debian}`) ? ARM64 : AMD64;
}
