// SPDX-License-Identifier: MIT
/**
 * Which records are printed.
 *
 * @module
 */
import type { EventFormat } from "../ring/events/event_format.ts";
import { readKlog } from "../ring/klog.ts";
import { ABI } from "../ring/layout.ts";
import type { RecordView } from "../ring/record_view.ts";
import { UsageError } from "./errors.ts";
import { type LevelRange, parseLevels } from "./levels.ts";
import type { OptionValues } from "./options.ts";
import type { EventLookup } from "./outputs/format.ts";

/** Whether a record is printed; what is not still counts as read. */
export type RecordFilter = (record: RecordView, events: EventLookup) => boolean;

/** What records that are no kernel events are called. */
const KINDS: Readonly<Record<number, string>> = {
  [ABI.ID_MESSAGE]: "message",
  [ABI.ID_KLOG]: "klog",
  [ABI.ID_CLOCK]: "clock",
  [ABI.ID_TAKEOVER]: "takeover",
};
/** What has no other name. */
const OPAQUE = "opaque";
const CPUS_MAX = 4096;

/**
 * The filter that `--level`, `--event` and `--cpu` make together.
 *
 * @returns Null where all is printed.
 * @throws {UsageError} naming the flag.
 */
export function recordFilter(
  { level, event, cpu }: Pick<OptionValues, "level" | "event" | "cpu">,
): RecordFilter | null {
  const filters: RecordFilter[] = [];
  if (cpu !== "") filters.push(cpuFilter(parseCpus(cpu)));
  if (event.length > 0) filters.push(eventFilter(event));
  if (level !== "") filters.push(levelFilter(parseLevels(level)));
  if (filters.length === 0) return null;
  return (record, events) => filters.every((each) => each(record, events));
}

function cpuFilter(cpus: ReadonlySet<number>): RecordFilter {
  return ({ ring }) => cpus.has(ring.cpu);
}

function levelFilter({ from, to }: LevelRange): RecordFilter {
  return (record) => {
    if (record.id !== ABI.ID_KLOG) return true;
    const klog = readKlog(record);
    if (klog === null) return true; // damaged: rather shown than not
    return klog.level >= from && klog.level <= to;
  };
}

function eventFilter(patterns: readonly string[]): RecordFilter {
  const wanted = patterns.map(expressionOf);
  const matches = (...names: string[]) =>
    wanted.some((each) => names.some((name) => each.test(name)));
  const opaque = matches(OPAQUE);
  const kinds = new Map(
    Object.entries(KINDS).map(([id, name]) => [Number(id), matches(name)]),
  );
  /** Asked of each format once, not of each record. */
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

function expressionOf(pattern: string): RegExp {
  if (!/^[\w*?:-]{1,200}$/.test(pattern)) {
    throw new UsageError(
      `option --event: "${pattern}" is no name: give klog, message, or an ` +
        "event such as sched_switch or 'sched:*'",
    );
  }
  // One * for a row of them: matching stays quick.
  const source = pattern.replace(/\*+/g, ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`);
}

/** "0,2-3" as a set. */
function parseCpus(text: string): Set<number> {
  const cpus = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part);
    const from = Number(match?.[1]);
    const to = Number(match?.[2] ?? match?.[1]);
    if (match === null || to < from || to >= CPUS_MAX) {
      throw new UsageError(
        `option --cpu: "${text}" is no list of CPUs such as 0,2-3`,
      );
    }
    for (let cpu = from; cpu <= to; cpu++) cpus.add(cpu);
  }
  return cpus;
}
