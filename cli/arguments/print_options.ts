// SPDX-License-Identifier: MIT
/**
 * Options for which records are printed, and how.
 *
 * @module
 */
import { eventPattern } from "../printing/event_pattern.ts";
import { parseLevels } from "./level_range.ts";
import { cpuRanges } from "./numbers.ts";
import { COLOR_CHOICES } from "./color_choice.ts";
import { TIME_STYLES } from "../formats/formatter.ts";
import { FORMATS } from "../formats/mod.ts";
import type { OptionSpec } from "./option_spec.ts";

/** The options in the order of help. */
export const PRINT_SPECS = {
  format: {
    kind: "value",
    argument: "FORMAT",
    summary: "Format in which records are printed",
    details: FORMATS.map((format) => `${format.name}: ${format.summary}`)
      .join("\n"),
    default: FORMATS[0].name,
    choices: FORMATS.map((format) => format.name),
  },
  raw: {
    kind: "flag",
    summary: "Print text as the guest wrote it, even on a terminal",
    details:
      "On a terminal, text is made safe: control characters and characters " +
      "that reorder or hide text are shown as escapes, and further lines of " +
      "a message begin with '  | '. Pipes and files get the guest's bytes " +
      "as they are, except that the text of kernel events is always made " +
      "safe. JSON is safe everywhere.",
  },
  safe: {
    kind: "flag",
    summary: "Make text safe wherever it goes, as on a terminal",
  },
  time: {
    kind: "value",
    argument: "STYLE",
    summary: "Time stamps",
    details:
      "auto: kernel messages and events have the stamps of dmesg and of the " +
      "kernel's trace; the guest's messages have none\n" +
      "uptime: seconds since the guest booted\n" +
      "utc, local: date and time by the guest's clock\n" +
      "raw: ticks of the ring's clock\n" +
      "none: no stamps",
    default: TIME_STYLES[0],
    choices: TIME_STYLES,
  },
  color: {
    kind: "value",
    argument: "WHEN",
    summary: "When to use colours",
    details: "auto: on a terminal, unless NO_COLOR is set or TERM is dumb\n" +
      "always, never: wherever the text goes",
    default: COLOR_CHOICES[0],
    choices: COLOR_CHOICES,
  },
  level: {
    kind: "value",
    argument: "LEVEL",
    summary: "Limit kernel messages to LEVEL and worse, or FROM..TO",
    details:
      "LEVEL is emerg, alert, crit, err, warning, notice, info, debug, or 0 " +
      "to 7, as for dmesg and journalctl: err is 0 to 3. Records that are " +
      "not kernel messages are always printed.",
    parse: parseLevels,
  },
  event: {
    kind: "value",
    argument: "NAME",
    summary: "Print only klog, message, guest, or this kernel event",
    details:
      "NAME may contain * and ?, and may be system:event as the kernel " +
      "writes it: 'sched:*'. Repeat the option for several names. guest " +
      "selects changes of the guest's state, such as a hang, a panic or a " +
      "restart.",
    list: true,
    parse: eventPattern,
  },
  cpu: {
    kind: "value",
    argument: "LIST",
    summary: "Print only records of these CPUs, such as 0,2-3",
    parse: cpuRanges,
  },
  symbols: {
    kind: "value",
    argument: "FILE",
    summary: "Name functions of the guest's kernel by FILE",
    details:
      "FILE is System.map, vmlinux with symbols, or a copy of the guest's " +
      "/proc/kallsyms. Without this option, functions have the names that " +
      "ivring-trace published in the guest, if its ring had room for them. " +
      "Where the guest's kernel lies in memory (KASLR) is published even " +
      "without names. Repeat the option for guests with different kernels: " +
      "each is named by the first FILE that fits.",
    list: true,
    dash: "refused",
  },
  "join-oops": {
    kind: "flag",
    summary: "Join the lines of a kernel report, such as an oops",
    details:
      "Oopses, warnings, panics, lockups, what KASAN and lockdep find, and " +
      "all other reports become one record each; JSON says what it is about. " +
      "At most 512 lines or 48 KiB are joined; they are held back for " +
      "two seconds at most. The record has the level of its most severe line, " +
      "by which --level keeps or drops all of it.",
  },
} as const satisfies Readonly<Record<string, OptionSpec>>;
