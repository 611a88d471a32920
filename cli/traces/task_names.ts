// SPDX-License-Identifier: MIT
/**
 * Finds the names of tasks in a recorded trace: in the records that name them,
 * and in events that contain a name.
 *
 * @module
 */
import {
  eachTask,
  type TaskPair,
  taskPairs,
} from "../../ring/events/task_pairs.ts";
import { textBytes } from "../../ring/events/payload.ts";
import type { PacketClass } from "../../ring/ctf/packet_classes.ts";
import type { StreamSink } from "../../ring/ctf/packet_reader.ts";
import { ABI, TASK } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { readTask } from "../../ring/task_record.ts";

/**
 * By default a kernel has no more tasks at once. The bound limits the memory.
 */
const TASKS_MAX = 65536;
/** Gathers the last name that each task was seen with. */
export class CommandsSeen implements StreamSink {
  readonly #pairs: ReadonlyMap<PacketClass, readonly TaskPair[]>;
  readonly #names = new Map<number, string>();

  /** @param classes The classes of the recorded trace. */
  constructor(classes: readonly PacketClass[]) {
    this.#pairs = new Map(
      classes.map((known) => [known, taskPairs(known.format)] as const)
        .filter(([, pairs]) => pairs.length > 0),
    );
  }

  /** Implements {@linkcode StreamSink.lost}, which needs nothing here. */
  lost(): void {}

  /** Implements {@linkcode StreamSink.record}. */
  record(record: RecordView, known: PacketClass | null): void {
    const { bytes, payloadOffset: at } = record;
    if (record.id === ABI.ID_TASK) {
      const task = readTask(record);
      const from = at + TASK.comm;
      const most = ABI.COMM_BYTES - 1;
      if (task !== null) this.#take(task.pid, bytes, from, most);
      return;
    }
    const pairs = known === null ? undefined : this.#pairs.get(known);
    if (pairs === undefined) return;
    eachTask(pairs, record, (pid, offset, count) => {
      this.#take(pid, bytes, offset, count);
    });
  }

  #take(pid: number, bytes: Uint8Array, from: number, most: number): void {
    if (!this.#names.has(pid) && this.#names.size === TASKS_MAX) return;
    const length = textBytes(bytes, from, most);
    this.#names.set(pid, plain(bytes.subarray(from, from + length)));
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
