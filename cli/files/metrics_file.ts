// SPDX-License-Identifier: MIT
/**
 * Writes counters as a Prometheus textfile, for node_exporter to collect. A
 * guest contributes only numbers to it, and its driver's version if that looks
 * like one.
 *
 * @module
 */
import { shownText } from "../../ffi/c_text.ts";
import type { Libc } from "../../ffi/libc.ts";
import type { Totals } from "../../ring/totals.ts";
import { CommandError } from "../errors.ts";
import { explain, explained } from "../console/explain.ts";
import { GUEST_STATES, MODES } from "../../ring/state_names.ts";
import { LockedFile, type LockedFileRules, TakenError } from "./locked_file.ts";
import { complain } from "../console/messages.ts";
import type { RegionLife } from "../regions/region_life.ts";

/** How often the file is written. */
const WRITE_MS = 5000;
/**
 * Readable by node_exporter, which is another user, whatever this process's
 * umask is.
 */
const MODE = 0o644;
/** The beginning of every file that this module writes. */
const BEGINS = "# HELP ivring_";

const RULES: LockedFileRules = {
  flag: "--metrics-file",
  owns: "writes its metrics there already",
  begins: BEGINS,
  mode: MODE,
  durable: false, // a busy disk must not delay reading
  refuses: (head) =>
    head === "" || head === BEGINS
      ? ""
      : "holds something else than metrics of ivring_reader",
};

/**
 * The counters of each object: the name without "ivring_", and the help text.
 */
const COUNTERS: Readonly<Record<keyof Totals, readonly [string, string]>> = {
  records: ["records_total", "Records read."],
  unwritten: ["unwritten_records_total", "Records read and never written."],
  bytes: ["payload_bytes_total", "Payload bytes read."],
  lost: ["lost_records_total", "Records overwritten or never finished."],
  dropped: ["dropped_records_total", "Records the guest refused."],
  corrupt: ["corrupt_blocks_total", "Places where a block made no sense."],
  late: ["late_records_total", "Records delivered behind a later one."],
  missed: [
    "missed_records_total",
    "Records before the place where the reader began.",
  ],
  truncated: ["truncated_messages_total", "Messages that did not come whole."],
  opaque: ["opaque_records_total", "Records that nothing describes."],
  skipped: [
    "skipped_messages_total",
    "Kernel messages overwritten or cleared in the guest before they were recorded.",
  ],
  rewound: ["rewinds_total", "Times a ring went back, as by a snapshot."],
  sessions: ["new_sessions_total", "Times the region was formatted anew."],
};

/** The parts of a region's life that are measured. */
export type Measured = Pick<
  RegionLife,
  "name" | "totals" | "guest" | "isReading" | "wakeups"
>;

/** One metric of one object: labels beside the object's, and the value. */
type Sample = readonly [labels: string, value: number | bigint];

/**
 * Returns the file's text. It is never empty: without any object it still says
 * that their number is 0.
 *
 * @param objects All that are read or waited for.
 */
export function metricsText(objects: readonly Measured[]): string {
  const counters = Object.entries(COUNTERS) as [
    keyof Totals,
    readonly [string, string],
  ][];
  return [
    "# HELP ivring_objects Objects that are read or waited for.\n",
    `# TYPE ivring_objects gauge\nivring_objects ${objects.length}\n`,
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
      "How the guest fares: 1 for its state.",
      objects,
      ({ guest }) =>
        guest === null ? [] : GUEST_STATES.map((name) => [
          `,state="${name}"`,
          name === guest.condition ? 1 : 0,
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
      "guest_driver_info",
      "gauge",
      "Always 1; the version that the guest's driver claims to be.",
      objects,
      ({ guest }) =>
        guest === null ? [] : [[`,version="${versionOf(guest.driver)}"`, 1]],
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
      `ivring_${name}{object="${
        quoted(shownText(object.name))
      }"${labels}} ${value}\n`
    )
  );
  if (lines.length === 0) return "";
  return `# HELP ivring_${name} ${help}\n# TYPE ivring_${name} ${type}\n` +
    lines.join("");
}

/**
 * Returns "" unless the claim looks like a version, because a guest must not
 * choose arbitrary labels.
 */
function versionOf(driver: string): string {
  return /^\d[\w.+~-]*$/.test(driver) ? driver : "";
}

/**
 * Escapes a label's value. Source: the text format's description,
 * prometheus.io.
 */
function quoted(label: string): string {
  return label.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}

/** The file, replaced as a whole every few seconds. */
export class MetricsFile implements Disposable {
  readonly #file: LockedFile;
  #writtenMs = -Infinity;
  #trouble = "";

  private constructor(libc: Libc, path: string) {
    this.#file = new LockedFile(libc, path, RULES);
  }

  /**
   * Locks the file, and checks that it can be written. It leaves no empty file,
   * which would be taken for a reader that reads nothing.
   *
   * @throws {CommandError} if the file cannot be written, another process
   * writes to it, or what it holds was not written by this program.
   */
  static open(libc: Libc, path: string): MetricsFile {
    const metrics = new MetricsFile(libc, path);
    try {
      metrics.#file.claim();
      metrics.#file.check();
    } catch (error) {
      metrics[Symbol.dispose]();
      throw explained(error, RULES.flag);
    }
    return metrics;
  }

  /**
   * Writes the file if it is time to. Trouble is reported once, and the reader
   * goes on.
   *
   * @throws {TakenError} if another reader has put its own file in its place.
   * The two would overwrite each other's metrics.
   */
  update({ lives }: { lives: Iterable<Measured> }): void {
    if (performance.now() - this.#writtenMs < WRITE_MS) return;
    const error = this.#write([...lives]);
    if (error instanceof TakenError) throw error;
    if (error !== null) complain(this.#trouble);
  }

  /** Writes the file now, and reports trouble. */
  end({ lives }: { lives: Iterable<Measured> }): void {
    if (this.#write([...lives]) !== null) complain(this.#trouble);
  }

  /**
   * Reports lasting trouble; to be called last.
   *
   * @throws {CommandError} if the last write failed.
   */
  settle(): void {
    if (this.#trouble === "") return;
    throw new CommandError(
      "the metrics could not be written: what is there, if anything, is older",
      { subject: this.#file.path },
    );
  }

  /** Unlocks the file. Idempotent. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  /**
   * Writes the file.
   *
   * @returns What went wrong; null if nothing did, or the same as the last
   * time.
   */
  #write(objects: readonly Measured[]): unknown {
    this.#writtenMs = performance.now();
    try {
      this.#file.save(new TextEncoder().encode(metricsText(objects)));
      this.#trouble = "";
      return null;
    } catch (error) {
      const reason = explain(error);
      const isNew = reason !== this.#trouble;
      this.#trouble = reason;
      return isNew ? error : null;
    }
  }
}
