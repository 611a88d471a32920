// SPDX-License-Identifier: MIT
/**
 * Processors that guests have: what differs between them for whoever builds
 * for one, or boots it.
 *
 * @module
 */

/** What a test may choose of a machine, and what is different on each. */
export interface Wishes {
  /** As for QEMU's `-cpu`; by default all that it can emulate. */
  readonly cpu?: string;
  /** Whether to vouch for the time stamp counter, where there is one. */
  readonly tscReliable: boolean;
}

/** One kind of processor, and the machine that guests with it run on. */
export interface Architecture {
  /** As Debian names it, which is how its kernels' releases end. */
  readonly debian: string;
  /** QEMU's program. */
  readonly qemu: string;
  /** What stands before the names of gcc and nm; empty for the host's own. */
  readonly toolPrefix: string;
  /** QEMU's arguments for the machine and its processor. */
  machine(wishes: Wishes): readonly string[];
  /**
   * QEMU's arguments for the two ports: the first has the kernel's messages,
   * and is written to a file; the second is QEMU's standard input and output.
   */
  ports(consoleFile: string): readonly string[];
  /** The second port in the guest: commands and answers. */
  readonly commandPort: string;
  /** Parameters that its kernel needs. */
  parameters(wishes: Wishes): readonly string[];
  /** Whether QEMU boots the uncompressed kernel, which is then extracted. */
  readonly bootsElf: boolean;
  /** What system calls' functions in the kernel are called, as a pattern. */
  readonly systemCalls: string;
}

/** PCs: what the host is, too. */
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
    // It finds out by itself that its CPUs' counters differ, and patches itself
    // while they all run: under emulation one of them may die of that.
    tscReliable ? "tsc=reliable" : "tsc=unstable",
  ],
  bootsElf: true,
  systemCalls: "__x64_sys_*",
};

/** QEMU's own board for arm64, which has one serial port only. */
export const ARM64: Architecture = {
  debian: "arm64",
  qemu: "qemu-system-aarch64",
  toolPrefix: "aarch64-linux-gnu-",
  machine: (
    // Pointer authentication as the architecture has it takes most of the time.
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

/** The one that a kernel's release names, such as "6.12.9-arm64". */
export function architectureOf(release: string): Architecture {
  return release.endsWith(`-${ARM64.debian}`) ? ARM64 : AMD64;
}
