// SPDX-License-Identifier: MIT
/**
 * Tests that skip themselves say why in their name, and the runner reads it
 * there: "NAME (skipped: REASON)". A reason of the form "missing: A, B" lists
 * what has to be there: programs, packages, or rights that no package gives.
 *
 * @module
 */

const REASON = /^(.*) \(skipped: (.*)\)$/;
const MISSING = "missing: ";

/** Debian's packages for programs of another name. */
const PACKAGE_OF: Readonly<Record<string, readonly string[]>> = {
  "aarch64-linux-gnu-gcc": ["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
  "a C compiler": ["gcc", "libc6-dev"],
  "a C compiler with sanitizers": ["gcc", "libc6-dev"],
  "a kernel in /boot with its headers": [
    "linux-image-amd64",
    "linux-headers-amd64",
  ],
  busybox: ["busybox-static"],
  depmod: ["kmod"],
  gcc: ["gcc", "libc6-dev"],
  mkinitramfs: ["initramfs-tools"],
  modinfo: ["kmod"],
  nm: ["binutils"],
  node: ["nodejs"],
  "qemu-img": ["qemu-utils"],
  "qemu-system-aarch64": ["qemu-system-arm"],
  "qemu-system-x86_64": ["qemu-system-x86"],
  unmkinitramfs: ["initramfs-tools-core"],
  xz: ["xz-utils"],
};

/** Packages, many of them with a program of their name. */
const PACKAGES = new Set([
  ...["babeltrace2", "bash", "cpio", "dkms", "jq", "make", "prometheus"],
  ...["rsyslog", "shellcheck", "sparse", "spin", "systemd", "trace-cmd"],
]);
const KERNEL_PACKAGE = /^linux-(headers|image)-[\w.-]+$/;

/** The name of a test that is skipped for a reason, which is empty if it is not. */
export function skippedName(name: string, reason: string): string {
  return reason === "" ? name : `${name} (skipped: ${reason})`;
}

/** The reason for which a test is skipped: what it lacks, empty if nothing. */
export function missingReason(what: readonly string[]): string {
  return what.length === 0 ? "" : MISSING + what.join(", ");
}

/** A skipped test's own name and its reason. */
export function splitSkipped(name: string): { name: string; reason: string } {
  const [, own = name, reason = "it gives no reason"] = REASON.exec(name) ?? [];
  return { name: own, reason };
}

/** The Debian packages that tests with these names lack, sorted. */
export function packagesFor(names: readonly string[]): string[] {
  const packages = new Set<string>();
  for (const name of names) {
    const { reason } = splitSkipped(name);
    if (!reason.startsWith(MISSING)) continue;
    for (const what of reason.slice(MISSING.length).split(", ")) {
      for (const each of PACKAGE_OF[what] ?? []) packages.add(each);
      if (PACKAGES.has(what) || KERNEL_PACKAGE.test(what)) packages.add(what);
    }
  }
  return [...packages].sort();
}
