// SPDX-License-Identifier: MIT
/**
 * JSON: one object a line.
 *
 * Members: `timestamp` (UTC with ns, RFC 3339, as the guest claims; null where
 * it is not known), `clock` (raw ticks, a string since they may pass 2^53),
 * `object` (the shared memory object's name), `cpu` (null for the kernel log),
 * `ring`, `seq`, `event`; then `message` with "message" (and `truncated` if
 * its end is missing), `reason` with "takeover", and `id` and `data` (hex) with
 * "opaque", which is what this reader does not know.
 *
 * @module
 */
import { ABI } from "../../ring/layout.ts";
import type { RegionInfo } from "../../ring/header.ts";
import type { RecordView } from "../../ring/record_view.ts";
import { takeoverReason } from "../takeover.ts";
import type { OutputBuffer } from "./buffer.ts";
import {
  appendDigits,
  appendJsonString,
  appendUnsigned,
  jsonText,
} from "./encode.ts";
import type { Formatter, OutputFormat } from "./format.ts";
import { WallClock } from "./wall_clock.ts";

/** One JSON object a line, whatever the guest wrote. */
export const JSON_FORMAT: OutputFormat = {
  name: "json",
  summary: "one object a line",
  create: (object) => new JsonFormatter(object),
};

const utf8 = (text: string) => new TextEncoder().encode(text);
const TIMESTAMP = utf8('{"timestamp":"');
const TIMESTAMP_END = utf8('Z","clock":"');
const TIMESTAMP_NULL = utf8('{"timestamp":null,"clock":"');
const SEQ = utf8(',"seq":');
const MESSAGE = utf8(',"event":"message","message":');
const TRUNCATED = utf8(',"truncated":true');
const END = utf8("}\n");
const NS_DIGITS = 9;

class JsonFormatter implements Formatter {
  readonly #clock = new WallClock();
  readonly #object: string;
  /** Per ring: from the end of `clock` to before `seq`. */
  #places: Uint8Array[] = [];

  constructor(object: string) {
    this.#object = jsonText(object);
  }

  attached(info: RegionInfo): void {
    this.#clock.attached(info);
    this.#places = info.rings.map(({ cpu, index }) => {
      const shown = cpu === ABI.CPU_NONE ? "null" : cpu;
      return utf8(
        `","object":${this.#object},"cpu":${shown},"ring":${index}`,
      );
    });
  }

  record(view: RecordView, into: OutputBuffer): void {
    if (this.#clock.convert(view)) {
      into.append(TIMESTAMP, 0, TIMESTAMP.length);
      into.append(this.#clock.prefix, 0, this.#clock.prefix.length);
      appendDigits(into, this.#clock.ns, NS_DIGITS);
      into.append(TIMESTAMP_END, 0, TIMESTAMP_END.length);
    } else {
      into.append(TIMESTAMP_NULL, 0, TIMESTAMP_NULL.length);
    }
    appendUnsigned(into, view.timeHigh, view.timeLow);
    const place = this.#places[view.ring.index];
    into.append(place, 0, place.length);
    into.append(SEQ, 0, SEQ.length);
    const seqHigh = Math.floor(view.seq / 0x100000000);
    appendUnsigned(into, seqHigh, view.seq >>> 0);
    if (view.id === ABI.ID_MESSAGE) {
      into.append(MESSAGE, 0, MESSAGE.length);
      const { bytes, payloadOffset, payloadBytes } = view;
      appendJsonString(into, bytes, payloadOffset, payloadBytes);
      if (view.truncated) into.append(TRUNCATED, 0, TRUNCATED.length);
    } else {
      into.appendText(other(view));
    }
    into.append(END, 0, END.length);
  }
}

/** The members of a record that is no message; rare. */
function other(view: RecordView): string {
  if (view.id === ABI.ID_TAKEOVER) {
    return `,"event":"takeover","reason":"${takeoverReason(view)}"`;
  }
  const { bytes, payloadOffset, payloadBytes, id } = view;
  const payload = bytes.subarray(payloadOffset, payloadOffset + payloadBytes);
  return `,"event":"opaque","id":${id},"data":"${payload.toHex()}"`;
}
