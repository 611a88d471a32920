// SPDX-License-Identifier: MIT
/**
 * The metrics of objects: one table of their names, of what they mean, and of how
 * they are measured. docs/reference/metrics.md is made of it, too. A guest
 * contributes only numbers, and its driver's version if that looks like one.
 *
 * @module
 */
import { shownText } from "../../ffi/c_text.ts";
import { GUEST_STATES, MODES } from "../../ring/state_names.ts";
import type { Totals } from "../../ring/totals.ts";
import type { RegionLife } from "../regions/region_life.ts";

/** The parts of a region's life that are measured. */
export type Measured = Pick<
  RegionLife,
  "name" | "totals" | "guest" | "isReading" | "wakeups"
>;

/** One value of a metric: labels beside the object's, and the value. */
export type Sample = readonly [labels: string, value: number | bigint];

/** One metric. */
export interface Metric {
  /** Its whole name. */
  readonly name: string;
  /** A counter only grows as long as the reader runs. */
  readonly type: "counter" | "gauge";
  /** What it counts or measures. */
  readonly unit: string;
  /** What the file itself says about it: one line. */
  readonly help: string;
  /** What else there is to know about it; "" for nothing. */
  readonly more: string;
  /** Its labels. */
  readonly labels: readonly string[];
  /** When an object has no such value; "" for never. */
  readonly absent: string;
  /** Returns its values of one object; null for the one of all together. */
  readonly samples: ((object: Measured) => readonly Sample[]) | null;
}

/** How every name begins. */
const PREFIX = "ivring_";
const NO_GUEST =
  "while the reader waits for the object, or for a guest to format it";

/** What is counted of each object: name, help, unit, and what else to know. */
const COUNTERS: Readonly<
  Record<
    keyof Totals,
    readonly [name: string, help: string, unit: string, more: string]
  >
> = {
  records: [
    "records_total",
    "Records read.",
    "records",
    "They count whether or not filters let them be printed, and so does each part of a long message.",
  ],
  unwritten: [
    "unwritten_records_total",
    "Records read and never written.",
    "records",
    "The output accepted no more before the reader ended. They are not among the records read.",
  ],
  bytes: ["payload_bytes_total", "Payload bytes read.", "bytes", ""],
  lost: [
    "lost_records_total",
    "Records overwritten or never finished.",
    "records",
    "The number is exact, because the records of a ring are numbered.",
  ],
  dropped: [
    "dropped_records_total",
    "Records the guest refused.",
    "records",
    "Its ring was full of records still being written, or with `mode=lossless` of records not yet read, or a program had used up its share.",
  ],
  corrupt: [
    "corrupt_blocks_total",
    "Places where a block made no sense.",
    "places",
    "The records of such a block count as lost. Also counted are a part of a long message that contradicts itself or its message, a description of kernel events that cannot be read, and a ring's position that is impossible: none of their records count as lost.",
  ],
  late: [
    "late_records_total",
    "Records delivered behind a later one.",
    "records",
    "The later one was written by another CPU. They are among the records read.",
  ],
  missed: [
    "missed_records_total",
    "Records before the place where the reader began.",
    "records",
    "They had been overwritten by then, or were not wanted.",
  ],
  truncated: [
    "truncated_messages_total",
    "Messages that did not come whole.",
    "messages",
    "A part of them was lost.",
  ],
  opaque: [
    "opaque_records_total",
    "Records that nothing describes.",
    "records",
    "They are printed as bytes, and are among the records read. Counted are kernel events whose format is missing, records with an id that has no meaning, and the rest of a long record whose beginning is missing, unless it is a message of a program; and also kernel events that contradict their format, and kernel messages and clock records that contradict themselves.",
  ],
  skipped: [
    "skipped_messages_total",
    "Kernel messages overwritten or cleared in the guest before they were recorded.",
    "messages",
    "",
  ],
  rewound: [
    "rewinds_total",
    "Times a ring went back, as by a snapshot.",
    "times",
    "",
  ],
  sessions: [
    "new_sessions_total",
    "Times the region was formatted anew.",
    "times",
    "The first time that this reader finds it formatted does not count.",
  ],
};

/** Returns a metric whose name has the prefix, and the label of each object. */
function metric(
  name: string,
  rest: Omit<Metric, "name" | "labels" | "absent" | "more"> & {
    readonly labels?: readonly string[];
    readonly absent?: string;
    readonly more?: string;
  },
): Metric {
  const labels = rest.samples === null ? [] : ["object", ...rest.labels ?? []];
  return { absent: "", more: "", ...rest, name: PREFIX + name, labels };
}

/** All metrics, in the order in which they are written. */
export const METRICS: readonly Metric[] = [
  metric("objects", {
    type: "gauge",
    unit: "objects",
    help: "Objects that are read or waited for.",
    more: "There is only one value, without a label.",
    samples: null,
  }),
  metric("up", {
    type: "gauge",
    unit: "0 or 1",
    help: "Whether the object is read.",
    more:
      "It is 0 while the reader waits for the object, and after the reader has ended.",
    samples: ({ isReading }) => [["", isReading ? 1 : 0]],
  }),
  ...(Object.keys(COUNTERS) as (keyof Totals)[]).map((field) => {
    const [name, help, unit, more] = COUNTERS[field];
    return metric(name, {
      type: "counter",
      unit,
      help,
      more,
      samples: ({ totals }) => [["", totals[field]]],
    });
  }),
  metric("guest_state", {
    type: "gauge",
    unit: "0 or 1",
    help: "How the guest fares: 1 for its state.",
    more: `There is a value for each \`state\`: ${
      listed(GUEST_STATES)
    }. All are 0 in a state that this reader does not know.`,
    labels: ["state"],
    absent: NO_GUEST,
    samples: ({ guest }) =>
      guest === null ? [] : GUEST_STATES.map((name) => [
        `,state="${name}"`,
        name === guest.condition ? 1 : 0,
      ]),
  }),
  metric("guest_mode", {
    type: "gauge",
    unit: "0 or 1",
    help: "What the guest does when a ring is full: 1 for its mode.",
    more: `There is a value for each \`mode\`: ${
      listed(Object.values(MODES))
    }. All are 0 in a mode that this reader does not know.`,
    labels: ["mode"],
    absent: NO_GUEST,
    samples: ({ guest }) =>
      guest === null ? [] : Object.entries(MODES).map(([mode, name]) => [
        `,mode="${name}"`,
        Number(mode) === guest.mode ? 1 : 0,
      ]),
  }),
  metric("guest_driver_info", {
    type: "gauge",
    unit: "1",
    help: "Always 1; the version that the guest's driver claims to be.",
    more:
      "The label `version` has it; it is empty if the claim does not look like a version, because a guest may not choose labels.",
    labels: ["version"],
    absent: NO_GUEST,
    samples: ({ guest }) =>
      guest === null ? [] : [[`,version="${versionOf(guest.driver)}"`, 1]],
  }),
  metric("doorbell_wakeups_total", {
    type: "counter",
    unit: "times",
    help: "Times the guest's doorbell woke the reader.",
    absent: "unless the reader serves the guest a doorbell (`--server`)",
    samples: ({ wakeups }) => wakeups === null ? [] : [["", wakeups]],
  }),
  metric("heartbeats_total", {
    type: "counter",
    unit: "heartbeats",
    help: "About one a second while the guest's driver runs.",
    more:
      "The guest counts them, so that this counter does not begin at 0 with the reader.",
    absent: NO_GUEST,
    samples: ({ guest }) => guest === null ? [] : [["", guest.heartbeat]],
  }),
  metric("heartbeat_seen_timestamp_seconds", {
    type: "gauge",
    unit: "seconds since 1970",
    help: "When the heartbeat was last seen to grow, by this host's clock.",
    more:
      "For a guest whose heartbeat this reader has never seen grow, it is the time at which the reader attached.",
    absent: NO_GUEST,
    samples: ({ guest }) =>
      guest === null ? [] : [["", guest.beatUtcMs / 1000]],
  }),
];

function listed(words: readonly string[]): string {
  return words.map((word) => `\`${word}\``).join(", ");
}

/**
 * Returns the file's text. It is never empty: without any object it still says
 * that their number is 0.
 *
 * @param objects All that are read or waited for.
 */
export function metricsText(objects: readonly Measured[]): string {
  return METRICS.map((each) => textOf(each, objects)).join("");
}

function textOf(
  { name, type, help, samples }: Metric,
  objects: readonly Measured[],
): string {
  const lines = samples === null
    ? [`${name} ${objects.length}\n`]
    : objects.flatMap((object) => {
      const label = `object="${quoted(shownText(object.name))}"`;
      return samples(object).map(([labels, value]) =>
        `${name}{${label}${labels}} ${value}\n`
      );
    });
  if (lines.length === 0) return "";
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

/**
 * Returns "" unless the claim looks like a version: a guest may not choose
 * labels.
 */
function versionOf(driver: string): string {
  return /^\d[\w.+~-]*$/.test(driver) ? driver : "";
}

/** Source: the text format's description, prometheus.io. */
function quoted(label: string): string {
  return label.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}
