// SPDX-License-Identifier: MIT
/**
 * What the virtual machine tests need from the system: a kernel with its
 * headers, QEMU, and the tools that build and pack.
 *
 * @module
 */

/** A kernel to boot, and what modules for it are built against. */
export interface Kernel {
  /** As `uname -r` prints it. */
  readonly release: string;
  /** Compressed image. */
  readonly vmlinuz: string;
  /** Build directory of the headers. */
  readonly headers: string;
}

/** The Debian packages that hold all of it, Debian 12's own kernel included. */
export const PACKAGES: readonly string[] = [
  "qemu-system-x86",
  "qemu-utils",
  "linux-image-amd64",
  "linux-headers-amd64",
  "busybox-static",
  "cpio",
  "kmod",
  "xz-utils",
  "gcc",
  "make",
  "libc6-dev",
  "sparse",
  "babeltrace2",
  "trace-cmd",
];

const TOOLS: readonly string[] = [
  "qemu-system-x86_64",
  "qemu-img",
  "busybox",
  "cpio",
  "xz",
  "gcc",
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

/**
 * The series of kernels that every test boots, the default first, and the
 * packages of Debian 12 that bring each: the second is in its security suite.
 */
const SERIES: Readonly<Record<string, readonly string[]>> = {
  "6.1": ["linux-image-amd64", "linux-headers-amd64"],
  "6.12": ["linux-image-6.12-amd64", "linux-headers-6.12-amd64"],
};

/** All series that are wanted. */
export const WANTED_SERIES: readonly string[] = Object.keys(SERIES);

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
      return headers === null ? [] : [{ release, vmlinuz, headers }];
    });
}

/** The newest kernel of a series, neither of the cloud nor real time. */
function kernelOfSeries(series: string): Kernel | null {
  return installedKernels().find(({ release }) =>
    release.startsWith(`${series}.`) && !/-(cloud|rt)-/.test(release)
  ) ?? null;
}

/** The one that IVRING_VM_KERNEL and IVRING_VM_HEADERS name, or null. */
function namedKernel(): Kernel | null {
  const vmlinuz = Deno.env.get("IVRING_VM_KERNEL");
  const headers = Deno.env.get("IVRING_VM_HEADERS");
  if (!vmlinuz || !headers) return null;
  return { release: vmlinuz.replace(/^.*vmlinuz-/, ""), vmlinuz, headers };
}

/** Kernels to test on. */
export interface WantedKernels {
  /** What is there. */
  readonly kernels: readonly Kernel[];
  /** What should be there and is not. */
  readonly missingSeries: readonly string[];
}

/**
 * One kernel of each series that is wanted; or the one that is named in the
 * environment, or where there is none of a wanted series the newest.
 */
export function wantedKernels(): WantedKernels {
  const named = namedKernel();
  if (named !== null) return { kernels: [named], missingSeries: [] };
  const found = WANTED_SERIES.map(kernelOfSeries)
    .filter((kernel) => kernel !== null);
  return {
    kernels: found.length > 0 ? found : installedKernels().slice(0, 1),
    missingSeries: WANTED_SERIES.filter((series) =>
      kernelOfSeries(series) === null
    ),
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
  return wantedKernels().kernels[0] ?? null;
}

/** What installs all of it on Debian. */
export const INSTALL_COMMAND: string =
  `apt-get install --no-install-recommends ${PACKAGES.join(" ")}`;

/** The packages that bring a kernel of a series, such as "6.12". */
export function packagesOf(series: string): readonly string[] {
  return SERIES[series] ?? [];
}

/** What installs a kernel of a series on Debian 12. */
export function installCommand(series: string): string {
  return "apt-get install --no-install-recommends " +
    packagesOf(series).join(" ");
}

/** What is missing, in words; null if the machine has all that is needed. */
export function whatIsMissing(): string | null {
  const missing = TOOLS.filter((tool) => findTool(tool) === null);
  if (findKernel() === null) {
    missing.push("a kernel in /boot with its headers");
  }
  if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
    missing.push("an x86-64 Linux host");
  }
  if (missing.length === 0) return null;
  return `missing: ${missing.join(", ")}`;
}
