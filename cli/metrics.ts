// SPDX-License-Identifier: MIT
/**
 * Counters as a Prometheus textfile, as node_exporter collects it. Nothing in
 * it is what a guest says but numbers.
 *
 * @module
 */
import type { Libc } from "../ffi/libc.ts";
import { replaceFile } from "../ffi/replace_file.ts";
import type { Totals } from "../ring/totals.ts";
import { CommandError } from "./errors.ts";
import { MODES, STATES } from "./guest_state.ts";
import { complain } from "./messages.ts";
import type { RegionLife } from "./regions/region_life.ts";

/** How often the file is written. */
const WRITE_MS = 5000;
/** node_exporter is another user. */
const MODE = 0o644;

/** What is written of each object: name without "ivring_", help. */
const COUNTERS: Readonly<Record<keyof Totals, readonly [string, string]>> = {
  records: ["records_total", "Records read."],
  unwritten: ["unwritten_records_total", "Records read and never written."],
  bytes: ["payload_bytes_total", "Payload bytes read."],
  lost: ["lost_records_total", "Records overwritten or never finished."],
  dropped: ["dropped_records_total", "Records the guest refused."],
  corrupt: ["corrupt_blocks_total", "Places where a block made no sense."],
  late: ["late_records_total", "Records delivered behind a later one."],
  missed: ["missed_records_total", "Records gone before the reader started."],
  truncated: ["truncated_messages_total", "Messages without their end."],
  opaque: ["opaque_records_total", "Records that nothing describes."],
  skipped: [
    "skipped_messages_total",
    "Kernel messages the guest's kernel overwrote before they were recorded.",
  ],
  rewound: ["rewinds_total", "Times a ring went back, as by a snapshot."],
  sessions: ["new_sessions_total", "Times the region was formatted anew."],
};

/** What of an object is told. */
export type Measured = Pick<
  RegionLife,
  "name" | "totals" | "guest" | "isReading" | "wakeups"
>;

/** One metric of one object: labels beside the object's, and the value. */
type Sample = readonly [labels: string, value: number | bigint];

/**
 * The file's text.
 *
 * @param objects All that are read.
 */
export function metricsText(objects: readonly Measured[]): string {
  const counters = Object.entries(COUNTERS) as [
    keyof Totals,
    readonly [string, string],
  ][];
  return [
    metric("up", "gauge", "Whether the object is read.", objects, (each) => [
      ["", each.isReading ? 1 : 0],
    ]),
    ...counters.map(([field, [name, help]]) =>
      metric(name, "counter", help, objects, (each) => [
        ["", each.totals[field]],
      ])
    ),
    metric(
      "guest_state",
      "gauge",
      "What the guest's driver says of itself: 1 for its state.",
      objects,
      ({ guest }) =>
        guest === null ? [] : Object.entries(STATES).map(([state, name]) => [
          `,state="${name}"`,
          Number(state) === guest.state ? 1 : 0,
        ]),
    ),
    metric(
      "guest_mode",
      "gauge",
      "What the guest does when a ring is full: 1 for its mode.",
      objects,
      ({ guest }) =>
        guest === null ? [] : Object.entries(MODES).map(([mode, name]) => [
          `,mode="${name}"`,
          Number(mode) === guest.mode ? 1 : 0,
        ]),
    ),
    metric(
      "doorbell_wakeups_total",
      "counter",
      "Times the guest's doorbell woke the reader.",
      objects,
      ({ wakeups }) => wakeups === null ? [] : [["", wakeups]],
    ),
    metric(
      "heartbeats_total",
      "counter",
      "About one a second while the guest's driver runs.",
      objects,
      ({ guest }) => guest === null ? [] : [["", guest.heartbeat]],
    ),
    metric(
      "heartbeat_seen_timestamp_seconds",
      "gauge",
      "When the heartbeat was last seen to grow, by this host's clock.",
      objects,
      ({ guest }) => guest === null ? [] : [["", guest.beatUtcMs / 1000]],
    ),
  ].join("");
}

function metric(
  name: string,
  type: "counter" | "gauge",
  help: string,
  objects: readonly Measured[],
  samples: (object: Measured) => readonly Sample[],
): string {
  const lines = objects.flatMap((object) =>
    samples(object).map(([labels, value]) =>
      `ivring_${name}{object="${quoted(object.name)}"${labels}} ${value}\n`
    )
  );
  if (lines.length === 0) return "";
  return `# HELP ivring_${name} ${help}\n# TYPE ivring_${name} ${type}\n` +
    lines.join("");
}

/** Source: the text format's description, prometheus.io. */
function quoted(label: string): string {
  return label.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}

/** The file, replaced as a whole every few seconds. */
export class MetricsFile {
  readonly #libc: Libc;
  readonly #path: string;
  #writtenMs = -Infinity;
  #trouble = "";

  private constructor(libc: Libc, path: string) {
    this.#libc = libc;
    this.#path = path;
  }

  /**
   * Writes it for the first time.
   *
   * @param path "" for none.
   * @returns Null if there is none.
   * @throws {CommandError} where it cannot be written.
   */
  static open(libc: Libc, path: string): MetricsFile | null {
    if (path === "") return null;
    const file = new MetricsFile(libc, path);
    try {
      file.#write([]);
    } catch (error) {
      throw new CommandError(
        `${messageOf(error)}: check that --metrics-file names a file that ` +
          "may be written",
        { cause: error },
      );
    }
    return file;
  }

  /** Writes it if it is time. Trouble is told once, and ends nothing. */
  update({ lives }: { lives: Iterable<Measured> }): void {
    if (performance.now() - this.#writtenMs < WRITE_MS) return;
    this.end({ lives });
  }

  /** Writes it now. */
  end({ lives }: { lives: Iterable<Measured> }): void {
    this.#writtenMs = performance.now();
    try {
      this.#write([...lives]);
      this.#trouble = "";
    } catch (error) {
      const reason = messageOf(error);
      if (reason !== this.#trouble) complain(reason);
      this.#trouble = reason;
    }
  }

  #write(objects: readonly Measured[]): void {
    const bytes = new TextEncoder().encode(metricsText(objects));
    // A disk that is busy must not keep us from reading.
    replaceFile(this.#libc, this.#path, bytes, { mode: MODE, durable: false });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
