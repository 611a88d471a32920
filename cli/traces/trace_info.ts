// SPDX-License-Identifier: MIT
/**
 * What our own converter needs of a recorded trace beyond CTF metadata: a file
 * beside it, where CTF tools do not look.
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
import { printText } from "./print_fmt_source.ts";

/** Raised when an older converter would go wrong. */
const VERSION = 2;

/** What a trace tells of itself. */
export interface TraceInfo {
  readonly clock: ClockInfo;
  /** Counted by the recorder from 0. */
  readonly session: number;
  readonly epoch: number;
  readonly classes: readonly PacketClass[];
}

/** The file is not what `traceInfoText` writes. */
export class TraceInfoError extends Error {
  override readonly name = "TraceInfoError";
}

function systemAndText(format: EventFormat): string {
  const print = format.print === null ? "none" : printText(format.print);
  return `system: ${format.system}\n${formatText(format, format.id, print)}`;
}

/** The file's content. */
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
 * Reads the file's content again. Formats go through the parser that is for
 * the guest's own.
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
