// SPDX-License-Identifier: MIT
/**
 * Reports, with `--verbose`, about a region and its driver, besides the changes
 * of the guest's state that are reported anyway. All of it is the guest's
 * claim.
 *
 * @module
 */
import { readClock } from "../../ring/clock_record.ts";
import type { EventTable } from "../../ring/events/event_table.ts";
import { problemText } from "../../ring/events/format_problems.ts";
import { ABI } from "../../ring/layout.ts";
import type { RegionReader } from "../../ring/region_reader.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { guestClaims, guestText } from "./guest_claims.ts";
import { guestState, sessionText } from "../../ring/state_names.ts";
import { type Messages, sanitize } from "../console/messages.ts";
import { takeoverReason } from "../../ring/takeover_record.ts";

/** What a region says about itself. */
export type RegionSays = Pick<
  RegionReader,
  "info" | "guestName" | "state" | "reason" | "heartbeat"
>;

/** Reports, with `--verbose`, about a region and its driver. */
export class GuestNotes {
  readonly #name: string;
  readonly #messages: Messages;

  /** @param name The object's name. */
  constructor(name: string, messages: Messages) {
    this.#name = name;
    this.#messages = messages;
  }

  /** Reports the geometry of a new header, and what its driver says. */
  attached(region: RegionSays): void {
    this.#tell(regionText(region));
    this.#tell(`the driver says: ${guestState(region, false)}`);
  }

  /** Reports a record that is about the ring itself. */
  record(record: RecordView): void {
    if (record.id === ABI.ID_TAKEOVER) {
      const { index } = record.ring;
      this.#tell(`ring ${index} was taken over: ${takeoverReason(record)}`);
    } else if (record.id === ABI.ID_CLOCK) {
      if (readClock(record)?.reason !== ABI.ANNOUNCE_STEP) return;
      this.#tell("the guest's clock was set");
    }
  }

  /** Reports what was not understood of the formats of kernel events. */
  events(events: Pick<EventTable, "takeProblems">): void {
    if (!this.#messages.detailed) return;
    for (const problem of events.takeProblems()) {
      this.#tell(sanitize(problemText(problem)));
    }
  }

  #tell(text: string): void {
    this.#messages.detail(`${this.#name}: ${text}`);
  }
}

function regionText({ info, guestName }: RegionSays): string {
  const bytes = (kind: number) =>
    info.rings.filter((ring) => ring.kind === kind)
      .map((ring) => ring.nrBlocks * ring.blockBytes);
  const trace = bytes(ABI.KIND_TRACE);
  const claimed = sanitize(guestText(guestClaims(info, guestName)));
  return [
    `${info.regionBytes} bytes`,
    `${trace.length} trace rings of ${Math.min(...trace)} bytes`,
    `kernel log of ${bytes(ABI.KIND_KLOG).join(" and ") || 0} bytes`,
    `blocks of ${info.blockBytes}`,
    `session ${sessionText(info.sessionId)} epoch ${info.epoch}`,
    `the guest calls itself ${claimed}`,
  ].join(", ");
}
