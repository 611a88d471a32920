// SPDX-License-Identifier: MIT
/**
 * Options for what is read (the objects) and for how the guest is served.
 *
 * @module
 */
import { ABI } from "../../ring/layout.ts";
import { byteSize, lineCount, ownersMode, wholeNumber } from "./numbers.ts";
import { objectWord } from "../regions/patterns.ts";
import { socketPath } from "./socket_path.ts";
import { userList } from "./user_list.ts";
import type { OptionSpec } from "./option_spec.ts";

/** The options in the order of help. */
export const OBJECT_SPECS = {
  shm: {
    short: "s",
    kind: "value",
    argument: "NAME",
    summary: "Read the shared memory object NAME, such as /ivring",
    details: "NAME is the object that backs QEMU's ivshmem device: the file " +
      "/dev/shm/NAME. It is mapped read-only, so any number of readers may " +
      "follow the same guest. Repeat the option for several objects, or " +
      "give a pattern as in a shell, such as '/vm*'; convert takes only one " +
      "object. If the name of an object contains *, ? or [, put that " +
      "character in brackets: '[[]b]' is the object [b]. If one of several " +
      "objects cannot be read, that is reported once, and the object is " +
      "left out. A word after the command's name is an object, too: dump " +
      "vm1.",
    list: true,
    parse: objectWord,
    required: true,
    instead: ["all", "image", "trace", "server"],
  },
  all: {
    kind: "flag",
    summary: "Read every ring on this host, also those to come",
    otherwise: {
      info: { summary: "Read every ring on this host" },
      dump: { summary: "Read every ring on this host" },
      record: { summary: "Record every ring on this host, also those to come" },
    },
  },
  image: {
    kind: "value",
    argument: "FILE",
    summary: "Read FILE, a copy of an object, instead of -s",
    dash: "refused",
  },
  lines: {
    short: "n",
    kind: "value",
    argument: "LINES",
    summary: "Begin with the last LINES records of each object",
    otherwise: {
      dump: { summary: "Print only the last LINES records of each object" },
    },
    parse: lineCount,
  },
  owner: {
    kind: "value",
    argument: "USER",
    summary: "Also trust objects of this user, such as QEMU's user",
    details:
      "USER is a name or a number; separate several with commas, or repeat " +
      "the option. The objects of root and of the user who reads are " +
      "trusted without it; if root reads, so are those of libvirt-qemu and " +
      "qemu.",
    list: true,
    parse: userList,
  },
  size: {
    short: "m",
    kind: "value",
    argument: "SIZE",
    summary: "Least size that the object must have, a power of two",
    details: "In MiB, or with a unit: 2, 2M and 2MiB are the same.",
    parse: byteSize({
      bare: "MiB",
      leastBytes: ABI.REGION_BYTES_MIN,
      mostBytes: ABI.REGION_BYTES_MAX,
      power: true,
    }),
  },
  create: {
    kind: "flag",
    summary: "Make the object, with the size of -m, if it is missing",
    details:
      "Without this option the reader waits for QEMU to make the object. An " +
      "object that the reader makes belongs to the user who reads, or, if " +
      "that is root and one --owner is given, to that owner. Its memory is " +
      "reserved.",
  },
  mode: {
    kind: "value",
    argument: "OCTAL",
    summary: "Permissions of an object that the reader makes",
    default: "0600",
    parse: ownersMode,
  },
  server: {
    kind: "value",
    argument: "SOCKET",
    summary: "Serve a guest with memory and a doorbell, for QEMU",
    parse: socketPath,
    dash: "refused",
    details:
      "The reader is the ivshmem server to which QEMU's ivshmem-doorbell " +
      "device connects, and the guest wakes the reader. The memory is the " +
      "object that -s names; if it is missing and -m gives its size, it is " +
      "made. Without -s, it is memory without a name, with the size of -m. " +
      "Only the user who reads can connect to the socket; if that is root, " +
      "only the user of the only --owner can. For several guests, repeat " +
      "the option, with as many -s in the same order.",
    list: true,
  },
  threshold: {
    kind: "value",
    argument: "SIZE",
    summary: "Be woken once a ring has received SIZE, such as 64K",
    details: "In bytes, or with a unit.",
    default: "0",
    // The guest rings at half a ring at the latest, whatever is given here.
    parse: byteSize({ bare: "bytes", leastBytes: 0, mostBytes: 1 << 30 }),
  },
  "max-delay": {
    kind: "value",
    argument: "MS",
    summary: "Look for records at least this often, woken or not",
    default: "1000",
    parse: wholeNumber(1, 3_600_000),
  },
  lossless: {
    kind: "flag",
    summary: "Let the guest drop records, not overwrite unread ones",
    details:
      "The guest's driver has to be loaded with mode=lossless, and this " +
      "user has to be allowed to write to the object. Only one reader can " +
      "do this; others may read along. The guest may overwrite records only " +
      "once they are written out, or, with --cursor-file, once the saved " +
      "cursor covers them. The next reader with --lossless continues from " +
      "there.",
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;
