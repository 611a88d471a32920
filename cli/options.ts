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
  /** May be given several times; the values are then joined by commas. */
  readonly list?: boolean;
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
  owner: {
    kind: "value",
    argument: "USER",
    summary: "Trust an object of this user too, such as QEMU's",
    details: "A name or a number; several with commas, or by repeating the " +
      "option. The objects of root and of the user who reads are trusted " +
      "without it.",
    list: true,
  },
  size: {
    short: "m",
    kind: "value",
    argument: "MIB",
    summary: "Size the object must have at least, a power of two",
  },
  create: {
    kind: "flag",
    summary: "Make the object if it is missing, of the size given",
    details: "Without it the reader waits for QEMU to make it. It belongs to " +
      "the user who reads, or, if that is root, to the one --owner. Its " +
      "memory is reserved.",
  },
  mode: {
    kind: "value",
    argument: "OCTAL",
    summary: "Permissions of an object that is made",
    default: "0600",
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
  raw: {
    kind: "flag",
    summary: "Text as the guest wrote it, on a terminal too",
    details: "On a terminal, text is made safe: control characters and what " +
      "reorders or hides text are shown as escapes, further lines of a " +
      "message begin with '  | '. Pipes and files get the guest's bytes as " +
      "they are. JSON is safe everywhere.",
  },
  safe: {
    kind: "flag",
    summary: "Text made safe as on a terminal, wherever it goes",
  },
  file: {
    short: "f",
    kind: "value",
    argument: "FILE",
    summary: "Append the records to FILE, not to standard output",
    details: "On a full disk nothing is skipped: what cannot be written is " +
      "tried again every second, and the ring holds what comes meanwhile. " +
      "SIGHUP opens FILE anew.",
  },
  "rotate-mib": {
    short: "S",
    kind: "value",
    argument: "MIB",
    summary: "Largest size of FILE, then it becomes FILE.1",
    details: "A message that would make FILE larger begins a new one, and " +
      "none is split; one that is larger by itself has a file of its own. " +
      "The 2012 text has the letters -S and -N but does not say what they " +
      "mean: this is our reading.",
  },
  "keep-files": {
    short: "N",
    kind: "value",
    argument: "N",
    summary: "Files kept in all: FILE, FILE.1 ...; 2 if not given",
  },
  "cursor-file": {
    kind: "value",
    argument: "FILE",
    summary: "Go on where the reader before this one was",
    details:
      "The position is saved in this file once a second, and at the end. " +
      "With -f, the records' file is cut back to what belongs to it: even " +
      "after kill -9 no record is missing and none is there twice, as long as " +
      "the ring has them. " +
      "On standard output the last second may come again.",
  },
  "exit-on-loss": {
    kind: "flag",
    summary: "End with exit code 3 once a record is lost or dropped",
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
    summary: "Tell the region's geometry, and how the guest fares",
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
