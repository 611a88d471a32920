// SPDX-License-Identifier: MIT
/**
 * Reports names given with --event and --cpu that no region has, and that were
 * probably mistyped. This is not an error, since a guest may begin to trace
 * later, and other guests may come.
 *
 * @module
 */
import type { EventTable } from "../../ring/events/event_table.ts";
import type { RegionInfo } from "../../ring/header.ts";
import { ABI } from "../../ring/layout.ts";
import { type EventPattern, GUEST, KINDS, OPAQUE } from "./event_pattern.ts";
import type { CpuRange, Wanted } from "./record_filter.ts";
import type { Messages } from "../console/messages.ts";
import type { RegionWork } from "../regions/region_work.ts";
import { closest } from "../console/did_you_mean.ts";

/** Names that every guest has. */
const COMMON: readonly string[] = [...Object.values(KINDS), GUEST, OPAQUE];

/** Reports once which names the first regions do not have. */
export class Unmatched {
  readonly #messages: Messages;
  /** Patterns and ranges that match nothing so far. */
  #events: readonly EventPattern[];
  #cpus: readonly CpuRange[];
  /** Names that regions have. */
  readonly #names = new Set<string>(COMMON);
  readonly #found = new Set<number>();
  readonly #seen = new WeakSet<RegionWork>();
  #any = false;

  /** @param wanted What is printed. */
  constructor({ event, cpu }: Wanted, messages: Messages) {
    this.#messages = messages;
    this.#events = event.filter((each) => !COMMON.some(each.matches));
    this.#cpus = cpu ?? [];
  }

  /** Whether nothing is left to look for. */
  get done(): boolean {
    return this.#events.length + this.#cpus.length === 0;
  }

  /**
   * Looks at what a region has. Called after its rings were read, because only
   * then the descriptions of their records are known.
   */
  saw(work: RegionWork, info: RegionInfo, events: EventTable): void {
    if (this.done || this.#seen.has(work)) return;
    this.#seen.add(work);
    this.#any = true;
    for (const { kind, cpu } of info.rings) {
      if (kind === ABI.KIND_TRACE) this.#found.add(cpu);
    }
    this.#cpus = this.#cpus.filter(({ from, to }) =>
      !this.#found.values().some((cpu) => cpu >= from && cpu <= to)
    );
    if (this.#events.length === 0) return;
    for (const epoch of events.epochs) {
      for (const { format: { name, system } } of events.formats(epoch)) {
        this.#names.add(name).add(`${system}:${name}`).add(`${system}:*`);
      }
    }
    const names = [...this.#names].filter((name) => !name.endsWith("*"));
    this.#events = this.#events.filter(({ matches }) => !names.some(matches));
  }

  /**
   * Reports the names, once every attached region was looked at.
   *
   * @param works The work of each region; null for one that is still awaited.
   */
  report(works: Iterable<RegionWork | null>): void {
    if (this.done || !this.#any) return;
    for (const work of works) {
      if (work !== null && !this.#seen.has(work)) return;
    }
    for (const { text } of this.#events) {
      const near = closest(text, this.#names);
      const tip = near === null
        ? "no guest has described such an event"
        : `did you mean ${near}?`;
      this.#messages.note(
        `option --event: nothing is called "${text}" yet: ${tip}`,
      );
    }
    const cpus = listOf(this.#found);
    for (const { from, to } of this.#cpus) {
      const which = from === to ? `CPU ${from}` : `CPUs ${from} to ${to}`;
      this.#messages.note(
        `option --cpu: no ring of ${which}: there are ${cpus}`,
      );
    }
    this.#events = [];
    this.#cpus = [];
  }
}

/** Formats numbers as --cpu takes them, such as "0-3,6". */
function listOf(numbers: Iterable<number>): string {
  const ranges: { from: number; to: number }[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last?.to === number - 1) last.to = number;
    else ranges.push({ from: number, to: number });
  }
  return ranges.map(({ from, to }) => from === to ? from : `${from}-${to}`)
    .join(",");
}
