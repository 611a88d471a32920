// SPDX-License-Identifier: MIT
/**
 * The lines that `read` and `dump` print with `--format json`: what members they
 * have, and what these mean. cli/formats/json.ts writes them; a test compares
 * what it writes with this description (tests/docs/json_test.ts).
 *
 * @module
 */
import { SEVERITY_NUMBERS } from "../../cli/formats/severity.ts";
import type { GuestReason } from "../../cli/regions/guest_event.ts";
import { FACILITIES, LEVELS } from "../../ring/log_levels.ts";
import { GONE, GUEST_STATES } from "../../ring/state_names.ts";
import { TAKEOVER_REASONS } from "../../ring/takeover_record.ts";
import { REPORT } from "./reports.ts";
import {
  COUNT,
  DIGITS,
  HEX,
  INTEGER,
  maybe,
  member,
  type Members,
  NUMBER,
  object,
  oneOf,
  only,
  orNull,
  type Schema,
  SESSION,
  TEXT,
  wordFor,
} from "./shape.ts";

/** One kind of line. */
export interface LineKind {
  /** Its name among the schema's `$defs`. */
  readonly name: string;
  /** What it is about, for a headline. */
  readonly title: string;
  /** What a reader of the page has to know about it. */
  readonly about: string;
  readonly schema: Schema;
}

const TIMESTAMP: Schema = {
  title: "time in UTC, RFC 3339 with nine digits of a second",
  type: "string",
  pattern:
    "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z$",
};

/** The members that every line has. */
export const COMMON: Members = {
  timestamp: member(
    orNull(TIMESTAMP),
    "When it happened, by the guest's clock; null where it is not known how that clock relates to UTC. A kernel message from before the driver was loaded has the time that the kernel gave it.",
  ),
  host: member(
    TEXT,
    "The name of this host. What a guest calls itself is only a claim, which `info` shows.",
  ),
  object: member(TEXT, "The name of the shared memory object."),
  cpu: member(
    orNull(COUNT),
    "The guest's CPU that wrote the record; null for the ring of the kernel log, which all CPUs share, and where the line is about the guest's state.",
  ),
  ring: member(
    orNull(COUNT),
    "The number of the ring that the record is in; null only where the line is about the guest's state.",
  ),
  seq: member(
    orNull(COUNT),
    "The number of the record in its ring. The records of a ring are numbered without a gap. If no filter leaves out lines, a gap between them shows that records were lost, or that parts of a long message contradicted themselves, which are not lost but count as corrupt. (`records` says how many numbers a line stands for.) Null only where the line is about the guest's state.",
  ),
  clock: member(
    orNull(DIGITS),
    "The raw ticks of the guest's clock. A string, because the number may be 2^53 or more; null only where the line is about the guest's state.",
  ),
  event: member(
    TEXT,
    "What kind of line it is, or the name of a kernel event.",
  ),
  severity: member(
    oneOf(LEVELS),
    "The level as syslog names it; `info` where a record has no level.",
  ),
  "severity_number": member(
    oneOf(SEVERITY_NUMBERS),
    "The same level as OpenTelemetry numbers it.",
  ),
  message: member(
    TEXT,
    "The text for people, without the newline that ends it. What is invalid UTF-8 is replaced by U+FFFD. In the text of a kernel event, that and what a terminal might obey are escapes such as `\\x1b` instead, whose backslash is a character of the text; `fields` has the event's own text.",
  ),
};

/** Refers to a common member, of which more is known here. */
function known(name: string, schema: Schema): Members[string] {
  return { schema: { $ref: `#/$defs/${name}`, ...schema } };
}

/** Members of each line that is made of a record in a ring. */
const RECORD: Members = {
  ...Object.fromEntries(
    Object.keys(COMMON).map((name) => [name, known(name, {})]),
  ),
  ring: known("ring", COUNT),
  seq: known("seq", COUNT),
  clock: known("clock", { type: "string" }),
};

/** Members that only lines of long records have. */
export const LONG: Members = {
  "first_seq": maybe(
    COUNT,
    "Present if the line was made of several records, which are the parts of a long message or the lines of a joined report: the number of the first of them. `seq` is that of the last.",
  ),
  records: maybe(
    { type: "integer", minimum: 2 },
    "Present together with `first_seq`: how many records the line was made of. To find gaps, add up `records` over a ring's lines, counting 1 where it is absent: if the sum is less than the amount by which `seq` has advanced, records are missing. (Records that were written by interrupts, or that are no part of a report, may lie between the first and the last; they have lines of their own, before this one.)",
  ),
  headless: maybe(
    only(true),
    "Present if the beginning of a long record is missing because it was overwritten. What is left is opaque unless it is a message.",
  ),
  truncated: maybe(
    only(true),
    "Present if the end of a long record is missing, because it was overwritten or has not been written yet.",
  ),
};

/** Refers to the members of long records. */
const LONG_ONES: Members = Object.fromEntries(
  Object.keys(LONG).map((name) => [
    name,
    { schema: { $ref: `#/$defs/${name}` }, optional: true },
  ]),
);

/** Returns the schema of a line that is made of a record. */
function line(own: Members): Schema {
  return object({ ...RECORD, ...own, ...LONG_ONES }, ["first_seq", "records"]);
}

/** The members of a line whose level is always the same. */
function level(name: string): Members {
  const number = SEVERITY_NUMBERS[LEVELS.indexOf(name)];
  return {
    severity: known("severity", only(name)),
    severity_number: known("severity_number", only(number)),
  };
}

const FACILITY: Schema = {
  anyOf: [oneOf(FACILITIES), {
    title: "a number as a string",
    type: "string",
    pattern: "^[0-9]{2,4}$",
  }],
};

const VALUE: Schema = {
  anyOf: [
    INTEGER,
    { type: "string" },
    { type: "array", items: NUMBER },
    {
      type: "array",
      items: {
        title: "address",
        type: "string",
        pattern: "^0x[0-9a-f]{1,16}$",
      },
    },
  ],
};

/** Why a change of the guest's state is reported. */
const GUEST_REASONS: Readonly<Record<GuestReason, string>> = {
  attached: "the guest was in this state when this reader attached",
  driver: "the driver says so",
  panic: "the driver says that the kernel panicked",
  shutdown: "the driver says that the guest shuts down or restarts",
  "emergency restart":
    "the driver says that the guest restarts in an emergency",
  heartbeat: "the heartbeat has stopped, or has begun again",
  start: "the driver has started again",
  session: "the guest has formatted its rings again",
  removed:
    "the object's name is gone: if the guest is gone as well, `state` is `gone`, and the reader lets go of the object; otherwise the guest is in the state given, and the reader goes on reading the memory, which it still has",
  replaced: "another object has the name now",
  unreadable: "the object can no longer be read",
};

const STATE = wordFor([...GUEST_STATES, GONE], "state");

const reasons = Object.entries(GUEST_REASONS)
  .map(([word, meaning]) => `\`${word}\`: ${meaning}`).join("; ");

/** All kinds of lines of `read` and `dump`. */
export const LINES: readonly LineKind[] = [
  {
    name: "messageLine",
    title: "Messages of programs",
    about:
      "What a program in the guest has written to `/dev/ivring0`, or the kernel with `ivring_write()`.",
    schema: line({ event: known("event", only("message")), ...level("info") }),
  },
  {
    name: "klogLine",
    title: "Kernel messages",
    about: "A message of the guest's kernel log.",
    schema: line({
      event: known("event", only("klog")),
      fields: member(
        object({
          seq: member(COUNT, "The kernel's own number of the message."),
          level: member(
            { type: "integer", minimum: 0, maximum: LEVELS.length - 1 },
            "Its level as syslog numbers it: 0 (`emerg`) to 7 (`debug`).",
          ),
          facility: member(
            FACILITY,
            "Its facility as syslog names it; a number that has no name is given as it is.",
          ),
          time_us: member(
            orNull(COUNT),
            "The kernel's own time of it, in microseconds since the guest booted; null if the kernel gave it none.",
          ),
          skipped: member(
            COUNT,
            "How many messages right before it the kernel had overwritten before the driver could record them.",
          ),
        }),
        "What the kernel says about it.",
      ),
      report: maybe(
        REPORT,
        "Present with `--join-oops` if the message is a report of the kernel, whose lines were joined: what it says, as far as the reader understands it. All of it is the guest's claim.",
      ),
    }),
  },
  {
    name: "kernelEventLine",
    title: "Kernel events",
    about:
      "An event of the guest's kernel that `ivring-trace` has switched on. A line is one if it has the member `system`. Its name does not show that, because a guest may call its events as it likes, even `message`.",
    schema: line({
      event: known("event", {
        title: "the event's name",
        type: "string",
        pattern: "^\\w{1,64}$",
      }),
      ...level("info"),
      pid: member(
        { type: "integer", minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
        "The number of the task in which it happened; 0 for an idle CPU.",
      ),
      comm: member(
        orNull(TEXT),
        "The name that this task had then, as the guest claims; `<idle>` for an idle CPU; null where it is unknown.",
      ),
      context: member(
        { type: "string", pattern: "^[.dbD][.lnbpLNB][.shHzZ][.0-9a-f]{2}$" },
        "The five characters that `trace_pipe` shows, such as `d.h1.`: whether interrupts are off, whether another task is to run, the kind of interrupt, and how often preemption and migration are disabled.",
      ),
      stack: maybe(
        { type: "array", items: TEXT },
        "Present for the event `kernel_stack`, which follows the event that it belongs to: the functions that led to it, from the innermost one outwards, such as `vfs_write+0x12/0x80 [module]`, or addresses where the guest has not told its functions.",
      ),
      system: member(
        { type: "string", pattern: "^\\w[\\w-]{0,63}$" },
        "The event's subsystem, such as `sched`.",
      ),
      fields: member(
        {
          title: "object",
          type: "object",
          propertyNames: { type: "string", pattern: "^[A-Za-z_]\\w{0,73}$" },
          additionalProperties: VALUE,
        },
        "The event's own fields, by the names that its format gives them. A number is an integer, or a string of digits if it is 2^53 or more away from 0; an address is a string such as `0xffff888003b1d000`; text is a string; several numbers are an array; bytes of a type that the reader does not know are a string of hexadecimal digits. If the kernel prints more of a field than its number or its text, such as the names of its flags, the member `NAME_text` behind it has that: `33345` in `flags`, `O_WRONLY|O_CREAT` in `flags_text`. So has an address of a function whose name is known: `do_idle+0x12/0x80`. A second field of the same name is called `NAME_2`.",
      ),
    }),
  },
  {
    name: "taskLine",
    title: "Names of tasks",
    about:
      "The name of a task, for the kernel events of the same ring that follow: the guest's driver writes it before the first event of a task in each block of a ring, and when the name has changed. Nobody needs these lines to read the others, whose `comm` they have become; they keep the numbers of a ring without a gap.",
    schema: line({
      event: known("event", only("task")),
      ...level("info"),
      pid: member(
        { type: "integer", minimum: 1, maximum: 2 ** 31 - 1 },
        "The task's number.",
      ),
      tgid: member(
        { type: "integer", minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
        "The number of its process, which is that of the first of its threads.",
      ),
      comm: member(TEXT, "Its name, as the guest claims."),
    }),
  },
  {
    name: "clockLine",
    title: "Clock announcements",
    about:
      "The guest's driver announces how its clock relates to UTC. The records that follow have their time by it.",
    schema: line({
      event: known("event", only("clock")),
      ...level("info"),
      reason: member(
        oneOf(["start", "step"]),
        "`start`: the driver has started; `step`: the guest has set its clock.",
      ),
      fields: member(
        object({
          clock: member(DIGITS, "Raw ticks of the guest's clock."),
          utc_ns: member(
            DIGITS,
            "The time in UTC at these ticks, as the guest claims, in nanoseconds since 1970.",
          ),
        }),
        "One moment by both clocks.",
      ),
    }),
  },
  {
    name: "takeoverLine",
    title: "Takeovers",
    about:
      "A writer has taken over a ring from one that may not have ended its last records.",
    schema: line({
      event: known("event", only("takeover")),
      ...level("warning"),
      reason: member(
        oneOf([...Object.values(TAKEOVER_REASONS), "unknown"]),
        "Why: `boot`: a driver found the ring in use when it started; `panic`: the kernel has panicked within a write; `killed`: a task was killed within a write; `resume`: the guest was suspended; `unknown`: the record does not say it in a way that this reader understands.",
      ),
    }),
  },
  {
    name: "opaqueLine",
    title: "Records that are not understood",
    about:
      "A record that nothing describes, or that contradicts its description.",
    schema: line({
      event: known("event", only("opaque")),
      ...level("info"),
      id: member(
        { type: "integer", minimum: 0, maximum: 0xffff },
        "The number that says what kind of record it is, or which kernel event.",
      ),
      data: member(HEX, "Its bytes."),
    }),
  },
  {
    name: "guestLine",
    title: "Changes of the guest's state",
    about:
      "What this host has seen happen to the guest. This is not a record of a ring. [What is printed](output.md#the-guests-state) explains the states.",
    schema: object({
      ...RECORD,
      timestamp: member(
        TIMESTAMP,
        "When it was noticed, by this host's clock, not the guest's.",
      ),
      cpu: known("cpu", { type: "null" }),
      ring: known("ring", { type: "null" }),
      seq: known("seq", { type: "null" }),
      clock: known("clock", { type: "null" }),
      event: known("event", only("guest")),
      severity: member(
        oneOf(["crit", "err", "warning", "notice", "info"]),
        "`crit` for a panic, `err` for a guest that hangs, `warning` if the driver, the object or the object's name is gone, `info` if the guest runs, else `notice`.",
      ),
      state: member(
        STATE,
        "The state that the guest is in; `state N` for a number that this reader does not know.",
      ),
      reason: member(
        oneOf(Object.keys(GUEST_REASONS)),
        `Why it is reported. ${reasons}.`,
      ),
      fields: member(
        object({
          previous: member(
            orNull(STATE),
            "The state that was reported last, or `running` if none was, because a guest that runs when the reader attaches is not reported; null with the reason `attached`, where no earlier state is known.",
          ),
          session: member(SESSION, "The guest's session at that time."),
          epoch: member(
            COUNT,
            "The guest's epoch, which counts the driver's starts within the session.",
          ),
          heartbeats: member(DIGITS, "How many heartbeats there had been."),
          still_s: member(
            COUNT,
            "For how many seconds the heartbeat has stood still, or had stood still before it began again; else 0.",
          ),
          panic: member(
            orNull(TEXT),
            "The text that the kernel panicked with, as the guest claims.",
          ),
        }),
        "What was known of the guest then.",
      ),
    }),
  },
];
