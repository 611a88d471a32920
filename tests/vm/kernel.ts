// SPDX-License-Identifier: MIT
/**
 * What the virtual machine tests need from the system: a kernel with its
 * headers, QEMU, and the tools that build and pack.
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
  /** As `uname -r` prints it. */
  readonly release: string;
  /** Compressed image. */
  readonly vmlinuz: string;
  /** Build directory of the headers. */
  readonly headers: string;
  /** What it runs on. */
  readonly architecture: Architecture;
  /** Its guests' user space, a static program. */
  readonly busybox: string;
}

/** Kernels of which the newest is booted. */
export interface Series {
  /** For people. */
  readonly name: string;
  /** What it runs on. */
  readonly architecture: Architecture;
  /**
   * Where it is unpacked from; null for one that is installed, which is named
   * by its version.
   */
  readonly origin: Origin | null;
}

/** Of Debian 12's own kernels, the first of which is the default. */
export const INSTALLED_SERIES: readonly string[] = Object.keys(KERNEL_PACKAGES);

/** All that is tested on. */
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

/** Where a program is, or null. */
export function findTool(name: string): string | null {
  const path = (Deno.env.get("PATH") ?? "") + ":/usr/sbin:/sbin";
  for (const folder of path.split(":")) {
    if (folder !== "" && isThere(`${folder}/${name}`)) {
      return `${folder}/${name}`;
    }
  }
  return null;
}

/** The build directory of a release's headers, or null. */
export function headersOf(release: string): string | null {
  const folders = [
    `/lib/modules/${release}/build`,
    `/usr/src/linux-headers-${release}`,
  ];
  return folders.find((path) => isThere(`${path}/Makefile`)) ?? null;
}

/** Kernels under /boot whose headers are installed, the newest first. */
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

/** An image, `vmlinuz-` and its release, and the headers for it. */
function kernelAt(vmlinuz: string, headers: string): Kernel {
  const release = vmlinuz.replace(/^.*vmlinuz-/, "");
  const architecture = architectureOf(release);
  const beside = vmlinuz.replace(/[^/]*$/, "guest/usr/bin/busybox");
  const busybox = isThere(beside) ? beside : findTool("busybox") ?? "busybox";
  return { release, vmlinuz, headers, architecture, busybox };
}

/** The kernel that was unpacked from there, or null. */
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
 * The newest kernel of a series, or null; of those that are installed neither a
 * cloud's nor a real time one.
 */
export function kernelOf({ name, origin }: Series): Kernel | null {
  if (origin !== null) return unpackedKernel(origin);
  return installedKernels().find(({ release }) =>
    release.startsWith(`${name}.`) && !/-(cloud|rt)-/.test(release)
  ) ?? null;
}

/** The one that IVRING_VM_KERNEL and IVRING_VM_HEADERS name, or null. */
function namedKernel(): Kernel | null {
  const vmlinuz = Deno.env.get("IVRING_VM_KERNEL");
  const headers = Deno.env.get("IVRING_VM_HEADERS");
  return !vmlinuz || !headers ? null : kernelAt(vmlinuz, headers);
}

/** A kernel to test on. */
export interface WantedKernel {
  /** What is there. */
  readonly kernel: Kernel;
  /** What it was found as; null for one that nobody has asked for by series. */
  readonly series: Series | null;
}

/** Kernels to test on. */
export interface WantedKernels {
  /** What is there. */
  readonly kernels: readonly WantedKernel[];
  /** What should be there and is not. */
  readonly missing: readonly Series[];
}

/**
 * One kernel of each series that is wanted; or the one that is named in the
 * environment, or where there is none of a wanted series the newest.
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
 * The kernel that tests of this process boot: the one that IVRING_VM_KERNEL
 * (image) and IVRING_VM_HEADERS (build directory) name, else that of the first
 * series that is wanted and there, else the newest there is.
 *
 * @returns Null if there is none.
 */
export function findKernel(): Kernel | null {
  return wantedKernels().kernels[0]?.kernel ?? null;
}

function installs(packages: readonly string[]): string {
  return `apt-get install --no-install-recommends ${packages.join(" ")}`;
}

/** What installs on Debian all that a guest with its own kernel needs. */
export const INSTALL_COMMAND: string = installs([
  ...VM_PACKAGES,
  ...KERNEL_PACKAGES[INSTALLED_SERIES[0]],
]);

/** What brings a kernel of a series on Debian 12, in words. */
export function howToGet({ name, origin }: Series): string {
  return origin === null
    ? `as root run: ${installs(KERNEL_PACKAGES[name])}`
    : "`deno task setup:vm` fetches it";
}

/** What this machine lacks to boot a guest: programs, and what is no program. */
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

/** What is missing, in words; null if the machine has all that is needed. */
export function whatIsMissing(): string | null {
  return missingReason(missingParts()) || null;
}
