// SPDX-License-Identifier: MIT
/**
 * What this program's converter needs of a recorded trace beyond CTF metadata.
 * It is in a file beside them, where CTF tools do not look.
 *
 * @module
 */
import {
  type EventFormat,
  parseEventFormat,
} from "../../ring/events/event_format.ts";
import { RingCorruptError } from "../../ring/errors.ts";
import { ABI } from "../../ring/layout.ts";
import type { PacketClass } from "../../ring/ctf/packet_classes.ts";
import type { StreamId } from "../../ring/ctf/recorder.ts";
import { formatText } from "./event_format_source.ts";
import type { ClockInfo } from "../../ring/ctf/clock_info.ts";

/** Incremented whenever an older converter would misread the file. */
const VERSION = 2;

/** What the file says about its trace. */
export interface TraceInfo {
  readonly clock: ClockInfo;
  /** The session, counted by the recorder from 0. */
  readonly session: number;
  readonly epoch: number;
  readonly classes: readonly PacketClass[];
}

/** Thrown if the file is not what `traceInfoText` writes. */
export class TraceInfoError extends Error {
  override readonly name = "TraceInfoError";
}

function systemAndText(format: EventFormat): string {
  const { system, id, printSource } = format;
  const text = formatText(format, id, printSource, false);
  return `system: ${system}\n${text}`;
}

/** Returns the file's content. */
export function traceInfoText(
  { session, epoch, classes }: StreamId,
): string {
  const { clockId, clockHz } = classes.clockInfo;
  const info = {
    version: VERSION,
    session,
    epoch,
    clock: { clockId, clockHz },
    classes: classes.list.map(({ id, placed, tail, format }) => ({
      ...{ id, placed, tail },
      format: systemAndText(format),
    })),
  };
  return JSON.stringify(info, null, 1) + "\n";
}

/**
 * Parses the file's content. Formats go through the same parser as those that
 * come from the guest.
 *
 * @throws {TraceInfoError} naming what is wrong.
 */
export function parseTraceInfo(text: string): TraceInfo {
  try {
    return checked(JSON.parse(text));
  } catch (error) {
    if (error instanceof TraceInfoError) throw error;
    const reason = error instanceof RingCorruptError
      ? error.message
      : error instanceof SyntaxError
      ? "is not valid JSON"
      : "lacks fields of a trace's information";
    throw new TraceInfoError(reason, { cause: error });
  }
}

// deno-lint-ignore no-explicit-any
function checked(info: any): TraceInfo {
  if (info.version !== VERSION) {
    throw new TraceInfoError(
      `version ${info.version}, this reader knows ${VERSION}`,
    );
  }
  const { clockId, clockHz } = info.clock;
  return {
    clock: {
      clockId: natural("clockId", clockId, ABI.CLOCK_TSC),
      clockHz: natural("clockHz", clockHz, 1e12),
    },
    session: natural("session", info.session, Number.MAX_SAFE_INTEGER),
    epoch: natural("epoch", info.epoch, 0xffffffff),
    classes: info.classes.map(classFrom),
  };
}

// deno-lint-ignore no-explicit-any
function classFrom({ id, placed, tail, format }: any): PacketClass {
  return {
    id: natural("class id", id, 0xffff),
    placed: placed === true,
    tail: tail === true,
    format: parseEventFormat(String(format)),
  };
}

function natural(name: string, value: unknown, most: number): number {
  const number = Number.isSafeInteger(value) ? value as number : -1;
  if (number >= 0 && number <= most) return number;
  throw new TraceInfoError(
    `${name} is ${value}, not a whole number up to ${most}`,
  );
}
