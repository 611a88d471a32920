// SPDX-License-Identifier: MIT
/**
 * Keeps the names of the tasks in which a region's kernel events happen.
 *
 * @module
 */
import { taskOf } from "./event_context.ts";
import type { EventFormat } from "./event_format.ts";
import { eachTask, type TaskPair, taskPairs } from "./task_pairs.ts";
import type { RecordView } from "../record_view.ts";
import { commText, readTask } from "../task_record.ts";

/**
 * The most names that are kept of all rings together, and as many again that do
 * not belong to a ring. By default a kernel has no more tasks than that.
 */
const NAMES_MAX = 32768;
/** No block has room for the names of more tasks. */
const OF_RING_MAX = 2048;
/** Each ring may have so many names, however many rings there are. */
const OF_RING_MIN = 8;

/**
 * Keeps the names of tasks. Each block of a ring names the tasks of its events
 * before these (`ABI.ID_TASK`), so a ring's own names are exact. Where a ring
 * has none for a task, the last one counts that the guest has given it anywhere.
 * In a region of an older driver these are the names in the kernel's scheduling
 * events, as in the kernel's own trace.
 */
export class TaskNames {
  /** By ring, and by PID. */
  #ofRings: (Map<number, string> | undefined)[] = [];
  /** By PID. */
  readonly #anywhere = new Map<number, string>();
  readonly #pairs = new WeakMap<EventFormat, readonly TaskPair[]>();
  #ofRingMost = OF_RING_MAX;
  #epoch = -1;
  /** Whether the driver names tasks, so that events need not be asked. */
  #declares = false;

  /** Forgets all names, and goes on with a region of so many rings. */
  begin(rings: number): void {
    const share = Math.floor(NAMES_MAX / rings);
    this.#ofRingMost = Math.max(OF_RING_MIN, Math.min(OF_RING_MAX, share));
    this.#turn(-1);
  }

  /** Takes a record of `ABI.ID_TASK`; nothing of one that is not valid. */
  declare(record: RecordView): void {
    const task = readTask(record);
    if (task === null) return;
    const { epoch, ring: { index } } = record;
    if (epoch !== this.#epoch) this.#turn(epoch);
    this.#declares = true;
    const ofRing = this.#ofRings[index] ??= new Map();
    keep(ofRing, task.pid, task.comm, this.#ofRingMost);
    keep(this.#anywhere, task.pid, task.comm, NAMES_MAX);
  }

  /**
   * Takes the names that an event contains, unless the driver names tasks.
   *
   * @param record One that fits the format, see `fits`.
   */
  learn(format: EventFormat, record: RecordView): void {
    const { epoch, bytes } = record;
    if (this.#declares && epoch === this.#epoch) return;
    let pairs = this.#pairs.get(format);
    if (pairs === undefined) {
      pairs = taskPairs(format);
      this.#pairs.set(format, pairs);
    }
    if (pairs.length === 0) return;
    if (epoch !== this.#epoch) this.#turn(epoch);
    eachTask(pairs, record, (pid, offset, count) => {
      const comm = commText(bytes, offset, count);
      keep(this.#anywhere, pid, comm, NAMES_MAX);
    });
  }

  /**
   * Returns the name of the task in which an event happened, as the guest
   * claims: any text.
   *
   * @returns "<idle>" for an idle CPU, as the kernel; null if it is unknown.
   */
  nameOf(record: RecordView): string | null {
    const pid = taskOf(record);
    if (pid === 0) return "<idle>";
    if (record.epoch !== this.#epoch) return null;
    return this.#ofRings[record.ring.index]?.get(pid) ??
      this.#anywhere.get(pid) ?? null;
  }

  /** Begins an epoch, in which numbers may belong to other tasks. */
  #turn(epoch: number): void {
    this.#epoch = epoch;
    this.#declares = false;
    this.#ofRings = [];
    this.#anywhere.clear();
  }
}

/** Keeps a name as the newest of its map, which may lose its oldest for it. */
function keep(
  names: Map<number, string>,
  pid: number,
  comm: string,
  most: number,
): void {
  if (!names.delete(pid) && names.size >= most) {
    names.delete(names.keys().next().value!);
  }
  names.set(pid, comm);
}
