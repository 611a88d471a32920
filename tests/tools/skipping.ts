// SPDX-License-Identifier: MIT
/**
 * Puts into a test's name why it is skipped, where the runner reads it: "NAME
 * (skipped: REASON)". A reason of the form "missing: A, B" lists what is
 * needed: programs, packages, or rights that no package gives.
 *
 * @module
 */

const REASON = /^(.*) \(skipped: (.*)\)$/;
const MISSING = "missing: ";

/** Debian's packages for programs whose names differ. */
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

/** Packages, many of which have a program of the same name. */
const PACKAGES = new Set([
  ...["babeltrace2", "bash", "cpio", "dkms", "jq", "make", "prometheus"],
  ...["rsyslog", "shellcheck", "sparse", "spin", "systemd", "trace-cmd"],
]);
const KERNEL_PACKAGE = /^linux-(headers|image)-[\w.-]+$/;

/**
 * Returns the name of a test that is skipped for a reason; "" if it is not
 * skipped.
 */
export function skippedName(name: string, reason: string): string {
  return reason === "" ? name : `${name} (skipped: ${reason})`;
}

/**
 * Returns the reason for which a test that lacks this is skipped; "" for
 * nothing.
 */
export function missingReason(what: readonly string[]): string {
  return what.length === 0 ? "" : MISSING + what.join(", ");
}

/** Splits the name of a skipped test into its own name and the reason. */
export function splitSkipped(name: string): { name: string; reason: string } {
  const [, own = name, reason = "it gives no reason"] = REASON.exec(name) ?? [];
  return { name: own, reason };
}

/** Returns the Debian packages that tests with these names lack, sorted. */
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
