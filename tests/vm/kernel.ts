// SPDX-License-Identifier: MIT
/**
 * Finds what the tests with virtual machines need from the system: a kernel
 * with its headers, QEMU, and the tools that build and pack.
 *
 * @module
 */
import { KERNEL_PACKAGES, VM_PACKAGES } from "../tools/packages.ts";
import { missingReason } from "../tools/skipping.ts";
import {
  AMD64,
  type Architecture,
  architectureOf,
  ARM64,
} from "./architecture.ts";
import { folderOf, type Origin } from "./origin.ts";

/** A kernel to boot, and what modules for it are built against. */
export interface Kernel {
  /** The release as `uname -r` prints it. */
  readonly release: string;
  /** Path of the compressed image. */
  readonly vmlinuz: string;
  /** Build directory of the headers. */
  readonly headers: string;
  /** The architecture that it runs on. */
  readonly architecture: Architecture;
  /** Path of busybox, a static program that is its guests' user space. */
  readonly busybox: string;
}

/** Tells whether a kernel was built with an option, such as "PREEMPT_COUNT". */
export function isBuiltWith({ headers }: Kernel, option: string): boolean {
  const options = Deno.readTextFileSync(`${headers}/include/config/auto.conf`);
  return options.includes(`\nCONFIG_${option}=y\n`);
}

/** A series of kernels, the newest of which is booted. */
export interface Series {
  /** The name that is shown to people. */
  readonly name: string;
  /** The architecture that it runs on. */
  readonly architecture: Architecture;
  /**
   * Where it is unpacked from. Null if it is installed; its name is then its
   * version.
   */
  readonly origin: Origin | null;
}

/** The series of Debian 12's own kernels; the first one is the default. */
export const INSTALLED_SERIES: readonly string[] = Object.keys(KERNEL_PACKAGES);

/** All series that are tested. */
export const WANTED_SERIES: readonly Series[] = [
  ...INSTALLED_SERIES.map((name) => (
    { name, architecture: AMD64, origin: null }
  )),
  unpackedSeries("trixie-backports", AMD64, "linux-headers-amd64"),
  unpackedSeries("bookworm-security", ARM64, "linux-headers-6.12-arm64"),
];

function unpackedSeries(
  suite: string,
  architecture: Architecture,
  headers: string,
): Series {
  const name = `from ${suite} for ${architecture.debian}`;
  return { name, architecture, origin: { suite, architecture, headers } };
}

const TOOLS: readonly string[] = [
  "qemu-img",
  "busybox",
  "cpio",
  "xz",
  "make",
  "sparse",
];

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Returns the path of a program, or null. */
export function findTool(name: string): string | null {
  const path = (Deno.env.get("PATH") ?? "") + ":/usr/sbin:/sbin";
  for (const folder of path.split(":")) {
    if (folder !== "" && isThere(`${folder}/${name}`)) {
      return `${folder}/${name}`;
    }
  }
  return null;
}

/** Returns the build directory of a release's headers, or null. */
export function headersOf(release: string): string | null {
  const folders = [
    `/lib/modules/${release}/build`,
    `/usr/src/linux-headers-${release}`,
  ];
  return folders.find((path) => isThere(`${path}/Makefile`)) ?? null;
}

/**
 * Returns the kernels in /boot whose headers are installed, the newest first.
 */
export function installedKernels(): Kernel[] {
  if (!isThere("/boot")) return [];
  const byNumber = new Intl.Collator("en", { numeric: true });
  return [...Deno.readDirSync("/boot")]
    .filter((entry) => entry.name.startsWith("vmlinuz-"))
    .map((entry) => entry.name.slice("vmlinuz-".length))
    .sort((a, b) => byNumber.compare(b, a))
    .flatMap((release) => {
      const headers = headersOf(release);
      const vmlinuz = `/boot/vmlinuz-${release}`;
      return headers === null ? [] : [kernelAt(vmlinuz, headers)];
    });
}

/**
 * Describes a kernel by its image, `vmlinuz-` and the release, and its headers.
 */
function kernelAt(vmlinuz: string, headers: string): Kernel {
  const release = vmlinuz.replace(/^.*vmlinuz-/, "");
  const architecture = architectureOf(release);
  const beside = vmlinuz.replace(/[^/]*$/, "guest/usr/bin/busybox");
  const busybox = isThere(beside) ? beside : findTool("busybox") ?? "busybox";
  return { release, vmlinuz, headers, architecture, busybox };
}

/** Returns the kernel that was unpacked from there, or null. */
function unpackedKernel(origin: Origin): Kernel | null {
  const folder = folderOf(origin);
  if (!isThere(folder)) return null;
  const image = [...Deno.readDirSync(folder)]
    .find(({ name }) => name.startsWith("vmlinuz-"))?.name;
  if (image === undefined) return null;
  const release = image.slice("vmlinuz-".length);
  const headers = `${folder}/usr/src/linux-headers-${release}`;
  return kernelAt(`${folder}/${image}`, headers);
}

/**
 * Returns the newest kernel of a series, or null. Of the installed kernels,
 * those for clouds and for real time are left out.
 */
export function kernelOf({ name, origin }: Series): Kernel | null {
  if (origin !== null) return unpackedKernel(origin);
  return installedKernels().find(({ release }) =>
    release.startsWith(`${name}.`) && !/-(cloud|rt)-/.test(release)
  ) ?? null;
}

/**
 * Returns the kernel that IVRING_VM_KERNEL and IVRING_VM_HEADERS name, or null.
 */
function namedKernel(): Kernel | null {
  const vmlinuz = Deno.env.get("IVRING_VM_KERNEL");
  const headers = Deno.env.get("IVRING_VM_HEADERS");
  return !vmlinuz || !headers ? null : kernelAt(vmlinuz, headers);
}

/** A kernel to test on. */
export interface WantedKernel {
  /** The kernel. */
  readonly kernel: Kernel;
  /** The series that it was found for; null if no series asked for it. */
  readonly series: Series | null;
}

/** The kernels to test on. */
export interface WantedKernels {
  /** The kernels that are there. */
  readonly kernels: readonly WantedKernel[];
  /** The series that should be there and are not. */
  readonly missing: readonly Series[];
}

/**
 * Returns one kernel of each wanted series. If the environment names a kernel,
 * it returns that one; if no wanted series is there, it returns the newest
 * kernel.
 */
export function wantedKernels(): WantedKernels {
  const named = namedKernel();
  if (named !== null) {
    return { kernels: [{ kernel: named, series: null }], missing: [] };
  }
  const kernels = WANTED_SERIES.flatMap((series) => {
    const kernel = kernelOf(series);
    return kernel === null ? [] : [{ kernel, series }];
  });
  const any = installedKernels().slice(0, 1)
    .map((kernel) => ({ kernel, series: null }));
  return {
    kernels: kernels.length > 0 ? kernels : any,
    missing: WANTED_SERIES.filter((series) => kernelOf(series) === null),
  };
}

/**
 * Returns the kernel that tests of this process boot: the one that
 * IVRING_VM_KERNEL (image) and IVRING_VM_HEADERS (build directory) name, or
 * else that of the first wanted series that is there, or else the newest.
 *
 * @returns Null if there is none.
 */
export function findKernel(): Kernel | null {
  return wantedKernels().kernels[0]?.kernel ?? null;
}

function installs(packages: readonly string[]): string {
  return `apt-get install --no-install-recommends ${packages.join(" ")}`;
}

/**
 * The command that installs on Debian all that a guest with its own kernel
 * needs.
 */
export const INSTALL_COMMAND: string = installs([
  ...VM_PACKAGES,
  ...KERNEL_PACKAGES[INSTALLED_SERIES[0]],
]);

/** Says how to get a kernel of a series on Debian 12. */
export function howToGet({ name, origin }: Series): string {
  return origin === null
    ? `as root run: ${installs(KERNEL_PACKAGES[name])}`
    : "`deno task setup:vm` fetches it";
}

/** Lists what this machine lacks to boot a guest: programs and other things. */
export function missingParts(): string[] {
  const kernel = findKernel();
  const { qemu, toolPrefix } = kernel?.architecture ?? AMD64;
  const missing = [qemu, `${toolPrefix}gcc`, ...TOOLS]
    .filter((tool) => findTool(tool) === null);
  if (kernel === null) missing.push("a kernel in /boot with its headers");
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    missing.push("an x86-64 Linux host");
  }
  return missing;
}

/** Says what is missing; null if the machine has all that is needed. */
export function whatIsMissing(): string | null {
  return missingReason(missingParts()) || null;
}
