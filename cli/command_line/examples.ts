// SPDX-License-Identifier: MIT
/**
 * Examples for help. A test runs each of them, with a real object in the place
 * of /vm1 and a folder of its own.
 *
 * @module
 */

/** A line for a shell, and what it does. */
export type Example = readonly [call: string, what: string];

/** Examples of each command, under its name. */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  read: [
    ["ivring_reader -s /vm1", "follow a guest"],
    ["ivring_reader --all --event klog --level err", "errors of all kernels"],
    ["ivring_reader -s /vm1 --format json | jq .message", "JSON, filtered"],
  ],
  list: [
    ["ivring_reader list", "a table"],
    ["ivring_reader list --json | jq -r .object", "names only"],
  ],
  info: [
    ["ivring_reader info -s /vm1", "for people"],
    ["ivring_reader info -s /vm1 --json | jq .", "for scripts"],
  ],
  dump: [
    ["ivring_reader dump -s /vm1 -n 100", "the last words of a guest"],
    ["ivring_reader dump -s /vm1 --event klog > vm1.dmesg", "its kernel log"],
    [
      "cp /dev/shm/vm1 saved && ivring_reader dump --image saved",
      "of a saved copy",
    ],
  ],
  record: [
    ["ivring_reader record -s /vm1 -o trace", "until interrupted"],
    [
      "ivring_reader record -s /vm1 -o now --once && babeltrace2 now",
      "now",
    ],
  ],
  convert: [
    ["ivring_reader convert --to trace.dat -s /vm1 -o t.dat", "of a ring"],
    ["ivring_reader convert --to ctf --image saved -o trace", "of a copy"],
  ],
};
