// SPDX-License-Identifier: MIT
/**
 * Options for files that are written instead of standard output, or besides it.
 *
 * @module
 */
import { byteSize, wholeNumber } from "./numbers.ts";
import type { OptionSpec } from "./option_spec.ts";

/** The longest time that a timer of the runtime takes. */
const SECONDS_MAX = 2_147_483;

/** The options in the order of help. */
export const FILE_SPECS = {
  file: {
    short: "f",
    kind: "value",
    argument: "FILE",
    summary: "Append the records to FILE, not to standard output",
    details:
      "On a full disk nothing is skipped: the reader tries to write again " +
      "every second, and new records stay in the ring meanwhile; a reader " +
      "that does not follow ends with an error instead. SIGHUP makes the " +
      "reader open FILE again, and a FILE that was removed is made again. " +
      "Only one reader can write to FILE: a second one is refused. FILE may " +
      "be -, which is standard output.",
    dash: "stdout",
    habit: "names the file to append to; following needs no option",
  },
  "rotate-mib": {
    short: "S",
    kind: "value",
    argument: "SIZE",
    summary: "Largest size of FILE, which then becomes FILE.1",
    otherwise: {
      record: {
        summary: "Largest size of a chunk of the trace",
        details: "In MiB, or with a unit: 10, 10M and 10MiB are the same. A " +
          "single batch of packets that is larger has a chunk of its own.",
      },
    },
    details:
      "In MiB, or with a unit: 10, 10M and 10MiB are the same. A message " +
      "that would make FILE larger begins a new FILE. No message is split; " +
      "one that is larger than SIZE gets a file of its own. The text of " +
      "2012 has the letters -S and -N but does not say what they mean: this " +
      "is our interpretation.",
    parse: byteSize({ bare: "MiB", leastBytes: 4096, mostBytes: 2 ** 40 }),
  },
  "keep-files": {
    short: "N",
    kind: "value",
    argument: "N",
    summary: "Keep N files in all: FILE, FILE.1 ...; 2 if not given",
    otherwise: {
      record: { summary: "Keep N chunks of the trace; all if not given" },
    },
    parse: wholeNumber(1, 1_000_000),
  },
  "rotate-seconds": {
    kind: "value",
    argument: "S",
    summary: "Split the trace into chunks of S seconds at most",
    parse: wholeNumber(1, SECONDS_MAX),
    details: "With this option or -S, a trace consists of directories " +
      "chunk-000000, chunk-000001 ..., each of which is complete. No record " +
      "is lost between them.",
  },
  count: {
    kind: "value",
    argument: "N",
    summary: "End after N records, counted over all objects",
    parse: wholeNumber(1, 999_999_999),
  },
  duration: {
    kind: "value",
    argument: "S",
    summary: "End after S seconds",
    parse: wholeNumber(1, SECONDS_MAX),
  },
  "cursor-file": {
    kind: "value",
    argument: "FILE",
    summary: "Continue where the reader before this one stopped",
    dash: "refused",
    details:
      "The position is saved in this file once a second, and at the end. " +
      "With -f, records that the log already has are not written again, if " +
      "it is certainly the same log: even after kill -9 no record is " +
      "missing and none is there twice, as long as the ring still has them. " +
      "On standard output, the records of the last second may be repeated.",
  },
  incoming: {
    kind: "flag",
    summary: "For a migration: wait until --cursor-file arrives",
    details:
      "Give this on the host that a guest migrates to. With --server the " +
      "reader serves the guest, but it reads nothing until the cursor of " +
      "the reader on the other host has been copied here.",
  },
  "metrics-file": {
    kind: "value",
    argument: "FILE",
    summary: "Write counters for Prometheus every few seconds",
    dash: "refused",
    details:
      "The format is that of node_exporter's textfile collector: give FILE " +
      "a name that ends with .prom. FILE is replaced as a whole; a file " +
      "that contains anything else is refused, and so is one that another " +
      "reader writes.",
  },
  "exit-on-loss": {
    kind: "flag",
    summary: "End with exit code 3 once a record is lost or dropped",
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;
