// SPDX-License-Identifier: MIT
/**
 * The options, defined once: the parser, both help texts and the reference all
 * come from this table.
 *
 * @module
 */
import { COLOR_CHOICES } from "./outputs/color.ts";
import { TIME_STYLES } from "./outputs/format.ts";
import { FORMATS } from "./outputs/mod.ts";

/** One option. */
export interface OptionSpec {
  /** One letter, without its dash. */
  readonly short?: string;
  /** A flag takes no value. */
  readonly kind: "flag" | "value";
  /** What the value stands for in help; for kind "value" only. */
  readonly argument?: string;
  /** One line for help; what may be chosen is put behind it. */
  readonly summary: string;
  /** More, for the reference. */
  readonly details?: string;
  /** The value if not given; without it, "" for a value and false for a flag. */
  readonly default?: string;
  /** The only values it takes. */
  readonly choices?: readonly string[];
  /** May be given several times; the values come as an array. */
  readonly list?: boolean;
  /** Whether a command that takes it cannot do without it. */
  readonly required?: boolean;
  /** Options of which one may be given in its place, if it is required. */
  readonly instead?: readonly string[];
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
      "follow the same guest. For read, several by repeating the option, and " +
      "patterns as a shell has them, such as '/vm*'. With more than one " +
      "object, one that cannot be read is told once and left out.",
    list: true,
    required: true,
    instead: ["all", "image", "trace", "server"],
  },
  all: {
    kind: "flag",
    summary: "Read every ring of this host, also those to come",
  },
  image: {
    kind: "value",
    argument: "FILE",
    summary: "Instead of -s: a copy of an object, in a file",
  },
  lines: {
    short: "n",
    kind: "value",
    argument: "LINES",
    summary: "Begin with the last LINES records of each object",
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
  server: {
    kind: "value",
    argument: "SOCKET",
    summary: "Serve a guest with memory and a doorbell, for QEMU",
    details: "The reader is the ivshmem server that QEMU's ivshmem-doorbell " +
      "device connects to, and the guest wakes it. The memory is the object " +
      "-s, made if it is missing and -m tells its size; without -s, memory " +
      "that has no name, of the size -m. The socket is the reader's user's " +
      "only, or, if that is root, the one --owner's. Several by repeating the " +
      "option, with as many -s, in order.",
    list: true,
  },
  threshold: {
    kind: "value",
    argument: "BYTES",
    summary: "Be woken once a ring took so much, such as 64K",
    default: "0",
  },
  "max-delay": {
    kind: "value",
    argument: "MS",
    summary: "Look at least so often, woken or not",
    default: "1000",
  },
  lossless: {
    kind: "flag",
    summary: "The guest drops rather than overwrites what is unread",
    details: "The guest's driver has to be loaded with mode=lossless, and " +
      "this user has to be allowed to write to the object. One reader can do " +
      "this, others may look on. What is written out may be overwritten; with " +
      "--cursor-file, what its cursor covers. The next such reader goes on " +
      "there.",
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
  time: {
    kind: "value",
    argument: "STYLE",
    summary: "Stamps",
    details:
      "auto: kernel messages and events have the stamps of dmesg and of the " +
      "kernel's trace, the guest's messages none\n" +
      "uptime: seconds since the guest booted\n" +
      "utc, local: date and time, as the guest's clock says\n" +
      "raw: ticks of the ring's clock\n" +
      "none: no stamps",
    default: TIME_STYLES[0],
    choices: TIME_STYLES,
  },
  color: {
    kind: "value",
    argument: "WHEN",
    summary: "Colours",
    details:
      "auto: on a terminal, unless NO_COLOR is set in the environment\n" +
      "always, never: wherever the text goes",
    default: COLOR_CHOICES[0],
    choices: COLOR_CHOICES,
  },
  level: {
    kind: "value",
    argument: "LEVEL",
    summary: "Kernel messages up to LEVEL, or FROM..TO, only",
    details: "emerg, alert, crit, err, warning, notice, info, debug, or 0 to " +
      "7, as dmesg and journalctl have them: err is 0 to 3. Other records " +
      "are not concerned.",
  },
  event: {
    kind: "value",
    argument: "NAME",
    summary: "Only klog, or message, or a kernel event's NAME",
    details: "With * and ?, and system:event as the kernel writes it: " +
      "'sched:*'. Several by repeating the option.",
    list: true,
  },
  cpu: {
    kind: "value",
    argument: "LIST",
    summary: "Only records of these CPUs, such as 0,2-3",
  },
  "join-oops": {
    kind: "flag",
    summary: "The lines of an oops, warning or panic as one record",
    details:
      "At most 512 lines or 48 KiB, held back for two seconds at most. " +
      "Its level is the gravest of its lines.",
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
      "For record: largest size of a chunk of the trace. " +
      "The 2012 text has the letters -S and -N but does not say what they " +
      "mean: this is our reading.",
  },
  "keep-files": {
    short: "N",
    kind: "value",
    argument: "N",
    summary: "Files kept in all: FILE, FILE.1 ...; 2 if not given",
    details: "For record: chunks of the trace kept; all if not given.",
  },
  "rotate-seconds": {
    kind: "value",
    argument: "S",
    summary: "The trace in chunks of S seconds at most",
    details: "With this or -S a trace consists of directories chunk-000000, " +
      "chunk-000001 ..., each of them complete. None is lost between them.",
  },
  count: {
    kind: "value",
    argument: "N",
    summary: "End once N records are recorded, of all objects",
  },
  duration: {
    kind: "value",
    argument: "S",
    summary: "End after S seconds",
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
  incoming: {
    kind: "flag",
    summary: "Wait for the --cursor-file to come: for a migration",
    details:
      "For the host that a guest migrates to. The reader serves, if it " +
      "has a --server, but reads nothing until the cursor of the reader on " +
      "the other host has been copied here.",
  },
  "metrics-file": {
    kind: "value",
    argument: "FILE",
    summary: "Counters for Prometheus, every few seconds",
    details:
      "In the format of node_exporter's textfile collector: give FILE a " +
      "name that ends with .prom. It is replaced as a whole.",
  },
  "exit-on-loss": {
    kind: "flag",
    summary: "End with exit code 3 once a record is lost or dropped",
  },
  to: {
    kind: "value",
    argument: "KIND",
    summary: "What is made",
    details: "trace.dat: a file for trace-cmd report and KernelShark, of one " +
      "start of the guest's driver; the kernel log is one CPU more\n" +
      "ctf: a directory for babeltrace2 and Trace Compass, as record makes it",
    choices: ["trace.dat", "ctf"],
    required: true,
  },
  trace: {
    kind: "value",
    argument: "DIR",
    summary: "Instead of -s: a trace that record made",
  },
  epoch: {
    kind: "value",
    argument: "N",
    summary: "Which start of the driver; the last if not given",
  },
  output: {
    short: "o",
    kind: "value",
    argument: "PATH",
    summary: "Directory for the trace, new or empty; or trace.dat",
    required: true,
  },
  once: {
    kind: "flag",
    summary: "Print what is there, then exit",
    details: "Without it the reader follows: it waits for the object and for " +
      "the guest, and goes on until it is interrupted.",
  },
  json: {
    kind: "flag",
    summary: "One JSON object a line, not columns",
  },
  quiet: {
    short: "q",
    kind: "flag",
    summary: "No notes, no summary on standard error: errors only",
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
    summary: "Short help with -h, all of it with --help",
  },
  version: {
    kind: "flag",
    summary: "Print the version",
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;

/** Options that the short help shows. */
export const COMMON_OPTIONS: readonly string[] = [
  "shm",
  "all",
  "image",
  "lines",
  "format",
  "level",
  "event",
  "file",
  "output",
  "once",
  "json",
];

/** Long name of an option. */
export type OptionName = keyof typeof OPTIONS;

/** What was given on the command line, defaults filled in. */
export type OptionValues = {
  -readonly [Name in OptionName]: (typeof OPTIONS)[Name] extends
    { kind: "flag" } ? boolean
    : (typeof OPTIONS)[Name] extends { list: true } ? string[]
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
