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

/** The Debian packages that hold all of it. */
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
 * The newest kernel under /boot whose headers are installed, or the one that
 * IVRING_VM_KERNEL (image) and IVRING_VM_HEADERS (build directory) name.
 *
 * @returns Null if there is none.
 */
export function findKernel(): Kernel | null {
  const named = Deno.env.get("IVRING_VM_KERNEL");
  const namedHeaders = Deno.env.get("IVRING_VM_HEADERS");
  if (named && namedHeaders) {
    const release = named.replace(/^.*vmlinuz-/, "");
    return { release, vmlinuz: named, headers: namedHeaders };
  }
  if (!isThere("/boot")) return null;
  const byNumber = new Intl.Collator("en", { numeric: true });
  const releases = [...Deno.readDirSync("/boot")]
    .filter((entry) => entry.name.startsWith("vmlinuz-"))
    .map((entry) => entry.name.slice("vmlinuz-".length))
    .sort((a, b) => byNumber.compare(b, a));
  for (const release of releases) {
    const folders = [
      `/lib/modules/${release}/build`,
      `/usr/src/linux-headers-${release}`,
    ];
    const headers = folders.find((path) => isThere(`${path}/Makefile`));
    const vmlinuz = `/boot/vmlinuz-${release}`;
    if (headers) return { release, vmlinuz, headers };
  }
  return null;
}

/** What installs all of it on Debian. */
export const INSTALL_COMMAND: string =
  `apt-get install --no-install-recommends ${PACKAGES.join(" ")}`;

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
