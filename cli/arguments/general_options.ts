// SPDX-License-Identifier: MIT
/**
 * Options for how a command runs, and for help.
 *
 * @module
 */
import type { OptionSpec } from "./option_spec.ts";

/** The options in the order of help. */
export const GENERAL_SPECS = {
  once: {
    kind: "flag",
    summary: "Print what is there, then exit",
    otherwise: { record: { summary: "Record what is there, then exit" } },
    details:
      "Without this option the reader follows: it waits for the object and " +
      "for the guest, and goes on until it is interrupted.",
  },
  json: {
    kind: "flag",
    summary: "Print one JSON object on each line, not columns",
  },
  quiet: {
    short: "q",
    kind: "flag",
    summary: "Only errors on standard error: no notes, no summary",
  },
  verbose: {
    short: "v",
    kind: "flag",
    summary: "Report the region's geometry and the guest's state",
  },
  "no-config": {
    kind: "flag",
    summary: "Ignore the options in /etc/ivring.conf",
    details:
      "That file, or the one that IVRING_CONFIG in the environment names, " +
      "holds options for every command line, one on each line, such as " +
      "--owner libvirt-qemu. Each holds for every command that takes it; " +
      "those below a line such as [dump] hold for that command only. # " +
      "begins a comment. An option on the command line takes precedence; an " +
      "option in the file that cannot be combined with it is left out, " +
      "which -v reports. The file has to belong to root or to the user who " +
      "reads, and nobody else may write to it.",
  },
  h: {
    kind: "flag",
    summary: "Print the short help",
  },
  help: {
    kind: "flag",
    summary: "Print help: short with -h, in full with --help",
  },
  version: {
    short: "V",
    kind: "flag",
    summary: "Print the version",
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;
