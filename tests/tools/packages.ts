// SPDX-License-Identifier: MIT
/**
 * The only list of the Debian packages that tests use. `deno task setup:vm`,
 * and with it `.ci/run`, installs all of them.
 *
 * @module
 */

/** What tests with a real kernel need, besides a kernel. */
export const VM_PACKAGES: readonly string[] = [
  "qemu-system-x86",
  "qemu-utils",
  "busybox-static",
  "cpio",
  "kmod",
  "xz-utils",
  "zstd",
  "gcc",
  "make",
  "libc6-dev",
  "sparse",
  "babeltrace2",
  "trace-cmd",
];

/** What it also takes to build for an arm64 guest and to run it. */
export const ARM64_PACKAGES: readonly string[] = [
  "gcc-aarch64-linux-gnu",
  "libc6-dev-arm64-cross",
  "qemu-system-arm",
];

/** What all the other tests need. */
export const HOST_PACKAGES: readonly string[] = [
  "spin",
  "systemd",
  "prometheus",
  "jq",
  "rsyslog",
  "shellcheck",
  "initramfs-tools",
  "dkms",
];

/** The kernels that Debian 12 itself boots, and the headers of each flavour. */
export const KERNEL_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  "6.1": [
    "linux-image-amd64",
    "linux-headers-amd64",
    "linux-headers-cloud-amd64",
    "linux-headers-rt-amd64",
  ],
  // Debian 12 has these in its security archive.
  "6.12": [
    "linux-image-6.12-amd64",
    "linux-headers-6.12-amd64",
    "linux-headers-6.12-cloud-amd64",
    "linux-headers-6.12-rt-amd64",
  ],
};
