// SPDX-License-Identifier: MIT
/**
 * The options, defined once: the parser, both help texts and the reference all
 * come from this table.
 *
 * @module
 */
import { FORMATS } from "./outputs/mod.ts";

/** One option. */
export interface OptionSpec {
  /** One letter, without its dash. */
  readonly short?: string;
  /** A flag takes no value. */
  readonly kind: "flag" | "value";
  /** What the value stands for in help; for kind "value" only. */
  readonly argument?: string;
  /** One line for both help texts. */
  readonly summary: string;
  /** More, for the long help only. */
  readonly details?: string;
  /** The value if not given; without it, "" for a value and false for a flag. */
  readonly default?: string;
  /** The only values it takes. */
  readonly choices?: readonly string[];
  /** Whether a command that takes it cannot do without it. */
  readonly required?: boolean;
}

/** All options, under their long names without dashes, in the order of help. */
export const OPTIONS = {
  shm: {
    short: "s",
    kind: "value",
    argument: "NAME",
    summary: "Shared memory object with the ring, such as /ivring",
    details: "The object that QEMU's ivshmem device is backed by: the file " +
      "/dev/shm/NAME. It is mapped read-only, so any number of readers may " +
      "follow the same guest.",
    required: true,
  },
  format: {
    kind: "value",
    argument: "FORMAT",
    summary: "How records are printed",
    details: FORMATS.map((format) => `${format.name}: ${format.summary}`)
      .join("\n"),
    default: FORMATS[0].name,
    choices: FORMATS.map((format) => format.name),
  },
  output: {
    short: "o",
    kind: "value",
    argument: "DIR",
    summary: "Directory for the trace; new, or empty",
    required: true,
  },
  once: {
    kind: "flag",
    summary: "Print what is there, then exit",
    details: "Without it the reader follows: it waits for the object and for " +
      "the guest, and goes on until it is interrupted.",
  },
  quiet: {
    short: "q",
    kind: "flag",
    summary: "No notes and no summary on standard error, only errors",
  },
  verbose: {
    short: "v",
    kind: "flag",
    summary: "Tell the region's geometry and what becomes of the guest",
  },
  h: {
    kind: "flag",
    summary: "Short help",
  },
  help: {
    kind: "flag",
    summary: "Long help, with examples",
  },
  version: {
    kind: "flag",
    summary: "Print the version",
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Long name of an option. */
export type OptionName = keyof typeof OPTIONS;

/** What was given on the command line, defaults filled in. */
export type OptionValues = {
  -readonly [Name in OptionName]: (typeof OPTIONS)[Name]["kind"] extends "flag"
    ? boolean
    : string;
};

/**
 * How an option is written.
 *
 * @returns Such as "-s, --shm".
 */
export function flagOf(name: string, spec: OptionSpec): string {
  if (name.length === 1) return `-${name}`;
  return spec.short === undefined ? `--${name}` : `-${spec.short}, --${name}`;
}
