// SPDX-License-Identifier: MIT
/**
 * Decides which records are printed.
 *
 * @module
 */
import type { EventFormat } from "../../ring/events/event_format.ts";
import { readKlog } from "../../ring/klog.ts";
import { ABI } from "../../ring/layout.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { type EventPattern, GUEST, KINDS, OPAQUE } from "./event_pattern.ts";
import type { EventLookup } from "../formats/formatter.ts";

/** Tells whether a record is printed. One that is not still counts as read. */
export type RecordFilter = (record: RecordView, events: EventLookup) => boolean;

/** Levels from the most to the least severe that is wanted. */
export interface LevelRange {
  readonly from: number;
  readonly to: number;
}

/** A range of CPUs. */
export interface CpuRange {
  readonly from: number;
  readonly to: number;
}

/** Which records are wanted; each member narrows the choice down. */
export interface Wanted {
  /** Levels of kernel messages; undefined for all. */
  readonly level?: LevelRange;
  /** A record has to match one of these; empty for all. */
  readonly event: readonly EventPattern[];
  /** CPUs; undefined for all. */
  readonly cpu?: readonly CpuRange[];
}

/**
 * Returns the filter that `--level`, `--event` and `--cpu` make together.
 *
 * @returns Null if everything is printed.
 */
export function recordFilter(
  { level, event, cpu }: Wanted,
): RecordFilter | null {
  const filters: RecordFilter[] = [];
  if (cpu !== undefined) filters.push(cpuFilter(cpu));
  if (event.length > 0) filters.push(eventFilter(event));
  if (level !== undefined) filters.push(levelFilter(level));
  if (filters.length === 0) return null;
  return (record, events) => filters.every((each) => each(record, events));
}

/**
 * Tells whether changes of the guest's state are wanted. They are not records:
 * they have no level, so that `--level` lets them pass, and belong to no CPU.
 */
export function wantsGuest(
  { event, cpu }: Pick<Wanted, "event" | "cpu">,
): boolean {
  if (cpu !== undefined) return false;
  return event.length === 0 || event.some((each) => each.matches(GUEST));
}

/**
 * Tells whether such changes are asked for by their own name, not by a pattern.
 */
export function namesGuest({ event }: Pick<Wanted, "event">): boolean {
  return event.some(({ text }) => text.toLowerCase() === GUEST);
}

function cpuFilter(ranges: readonly CpuRange[]): RecordFilter {
  const cpus = new Set<number>();
  for (const { from, to } of ranges) {
    for (let cpu = from; cpu <= to; cpu++) cpus.add(cpu);
  }
  return ({ ring }) => cpus.has(ring.cpu);
}

function levelFilter({ from, to }: LevelRange): RecordFilter {
  return (record) => {
    if (record.id !== ABI.ID_KLOG) return true;
    const klog = readKlog(record);
    if (klog === null) return true; // damaged: better shown than hidden
    return klog.level >= from && klog.level <= to;
  };
}

function eventFilter(wanted: readonly EventPattern[]): RecordFilter {
  const matches = (...names: string[]) =>
    wanted.some((each) => names.some((name) => each.matches(name)));
  const opaque = matches(OPAQUE);
  const kinds = new Map(
    Object.entries(KINDS).map(([id, name]) => [Number(id), matches(name)]),
  );
  /** Whether each format matches, found out once and not for each record. */
  const formats = new WeakMap<EventFormat, boolean>();
  return ({ id, epoch, timeLow, timeHigh }, events) => {
    if (id > ABI.ID_KERNEL_MAX) return kinds.get(id) ?? opaque;
    const format = events.find(epoch, id, timeLow, timeHigh);
    if (format === null) return opaque;
    let verdict = formats.get(format);
    if (verdict === undefined) {
      const { name, system } = format;
      verdict = matches(name, `${system}:${name}`);
      formats.set(format, verdict);
    }
    return verdict;
  };
}
