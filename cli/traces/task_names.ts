// SPDX-License-Identifier: MIT
/**
 * Finds the names of tasks in events that contain one: scheduling, wake-ups,
 * forks.
 *
 * @module
 */
import type { EventField } from "../../ring/events/event_field.ts";
import { integerAt, textBytes } from "../../ring/events/payload.ts";
import type { PacketClass } from "../../ring/ctf/packet_classes.ts";
import type { StreamSink } from "../../ring/ctf/packet_reader.ts";
import type { RecordView } from "../../ring/record_view.ts";

/**
 * By default a kernel has no more tasks at once. The bound limits the memory.
 */
const TASKS_MAX = 65536;
/**
 * Names have at most 15 characters, and some tools' buffers have room for no
 * more.
 */
const NAME_BYTES_MAX = 15;
/** Pairs of fields in the kernel's events: a task's name, and its PID. */
const PAIRS: readonly (readonly [comm: string, pid: string])[] = [
  ["comm", "pid"],
  ["prev_comm", "prev_pid"],
  ["next_comm", "next_pid"],
  ["parent_comm", "parent_pid"],
  ["child_comm", "child_pid"],
];

interface Pair {
  readonly comm: EventField;
  readonly pid: EventField;
}

function pairsOf({ format }: PacketClass): Pair[] {
  const find = (name: string) =>
    format.fields.find((field) => field.name === name);
  return PAIRS.flatMap(([commName, pidName]) => {
    const comm = find(commName);
    const pid = find(pidName);
    const usable = comm?.kind === "text" && comm.bytes > 0 &&
      pid?.kind === "integer" && pid.bytes === 4;
    return usable ? [{ comm, pid }] : [];
  });
}

/** Gathers the last name that each task was seen with. */
export class CommandsSeen implements StreamSink {
  readonly #pairs: ReadonlyMap<PacketClass, Pair[]>;
  readonly #names = new Map<number, string>();

  /** @param classes The classes of the recorded trace. */
  constructor(classes: readonly PacketClass[]) {
    this.#pairs = new Map(
      classes.map((known): [PacketClass, Pair[]] => [known, pairsOf(known)])
        .filter(([, pairs]) => pairs.length > 0),
    );
  }

  /** Whether any event contains a name. */
  get hopeful(): boolean {
    return this.#pairs.size > 0;
  }

  /** Implements {@linkcode StreamSink.lost}, which needs nothing here. */
  lost(): void {}

  /** Implements {@linkcode StreamSink.record}. */
  record(record: RecordView, known: PacketClass | null): void {
    const pairs = known === null ? undefined : this.#pairs.get(known);
    if (pairs === undefined) return;
    const { bytes, payloadOffset: at } = record;
    for (const { comm, pid } of pairs) {
      const task = Number(integerAt(bytes, at + pid.offset, pid.bytes, true));
      if (task <= 0) continue;
      if (!this.#names.has(task) && this.#names.size === TASKS_MAX) continue;
      const from = at + comm.offset;
      const most = Math.min(comm.bytes, NAME_BYTES_MAX);
      const length = textBytes(bytes, from, most);
      this.#names.set(task, plain(bytes.subarray(from, from + length)));
    }
  }

  /** Returns lines of `PID NAME`, by PID. */
  text(): string {
    return [...this.#names].sort(([a], [b]) => a - b)
      .map(([pid, name]) => `${pid} ${name}\n`).join("");
  }
}

/**
 * Returns a name as printable ASCII, because tools split the text into lines,
 * and show it on terminals.
 */
function plain(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "?";
  }
  return text === "" ? "?" : text;
}
