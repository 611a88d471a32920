// SPDX-License-Identifier: MIT
/**
 * Options for what is recorded and converted.
 *
 * @module
 */
import { wholeNumber } from "./numbers.ts";
import type { OptionSpec } from "./option_spec.ts";

/** The options in the order of help. */
export const TRACE_SPECS = {
  to: {
    kind: "value",
    argument: "KIND",
    summary: "What to make",
    details:
      "trace.dat: a file for trace-cmd report and KernelShark. It holds one " +
      "start of the guest's driver; the kernel log appears as one more CPU\n" +
      "ctf: a directory for babeltrace2 and Trace Compass, as record makes " +
      "it",
    choices: ["trace.dat", "ctf"],
    required: true,
  },
  trace: {
    kind: "value",
    argument: "DIR",
    summary: "Read a trace that record made, instead of -s",
    dash: "refused",
  },
  epoch: {
    kind: "value",
    argument: "N",
    summary: "Take the driver's start N; the last if not given",
    parse: wholeNumber(0, 999_999_999),
  },
  output: {
    short: "o",
    kind: "value",
    argument: "PATH",
    summary: "Directory for the trace: has to be new or empty",
    otherwise: {
      convert: {
        summary: "The trace.dat file; for ctf, a new or empty directory",
      },
    },
    dash: "refused",
    required: true,
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;
