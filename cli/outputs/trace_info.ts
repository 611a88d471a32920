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
import { ABI } from "../../ring/layout.ts";
import type { PacketClass } from "../../ring/ctf/packet_classes.ts";
import type { StreamId } from "../../ring/ctf/recorder.ts";
import { formatText } from "./format_text.ts";
import type { ClockInfo } from "./ctf_metadata.ts";
import { printText } from "./print_text.ts";

/** Folder within a trace; CTF tools read no folders. */
export const INFO_FOLDER = "ivring";
/** File in it. */
export const INFO_FILE = "trace.json";
/** Raised when an older converter would go wrong. */
const VERSION = 1;

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
  { clockId, clockHz }: ClockInfo,
): string {
  const info = {
    version: VERSION,
    session,
    epoch,
    clock: { clockId, clockHz },
    classes: classes.list.map(({ id, placed, format }) => ({
      id,
      placed,
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
    throw new TraceInfoError(
      error instanceof Error ? error.message : String(error),
      { cause: error },
    );
  }
}

// deno-lint-ignore no-explicit-any
function checked(info: any): TraceInfo {
  if (info.version !== VERSION) {
    throw new Error(`version ${info.version}, this reader knows ${VERSION}`);
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
function classFrom({ id, placed, format }: any): PacketClass {
  return {
    id: natural("class id", id, 0xffff),
    placed: placed === true,
    format: parseEventFormat(String(format)),
  };
}

function natural(name: string, value: unknown, most: number): number {
  const number = Number.isSafeInteger(value) ? value as number : -1;
  if (number >= 0 && number <= most) return number;
  throw new Error(`${name} is ${value}, not a whole number up to ${most}`);
}

/** Where the file is, in a trace's folder. */
export function infoPath(folder: string): string {
  return `${folder}/${INFO_FOLDER}/${INFO_FILE}`;
}
