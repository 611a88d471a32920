// SPDX-License-Identifier: MIT
/**
 * Kernel events for tests: some from real kernels, and some made up.
 *
 * @module
 */
import type { EventFormat } from "../../ring/events/event_format.ts";
import { printEvent } from "../../ring/events/event_print.ts";
import type { Payload } from "../../ring/events/payload.ts";
import { ROOT } from "../../packaging/root.ts";

/** The events of one kernel; see `tests/fixtures/README.md`. */
export interface EventFixture {
  readonly kernel: string;
  readonly formats: readonly string[];
  readonly records: readonly {
    readonly id: number;
    readonly context: string;
    readonly task: number;
    readonly name: string;
    readonly text: string;
    readonly data: string;
  }[];
}

/** The kernel series that there are fixtures for. */
export const FIXTURES = ["6_1", "6_12"] as const;

/** Reads the fixture of one kernel series. */
export function readFixture(series: string): EventFixture {
  const path = `${ROOT}/tests/fixtures/events_${series}.json`;
  return JSON.parse(Deno.readTextFileSync(path));
}

/** The lines of the fields that every event has. */
export const COMMON =
  `	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;
`;

/** Returns the line of one field, such as that of `field("u32 a", 8, 4)`. */
export function field(
  declaration: string,
  offset: number,
  size: number,
  signed = 0,
): string {
  return `	field:${declaration};	offset:${offset};	size:${size};	signed:${signed};`;
}

/** Returns a format's text as a guest publishes it. */
export function formatText(
  fields: readonly string[],
  { id = 300, name = "made_up", print = '"x"', common = COMMON } = {},
): string {
  const lines = fields.map((line) => `${line}\n`).join("");
  return `system: tests\nname: ${name}\nID: ${id}\nformat:\n${common}\n` +
    `${lines}\nprint fmt: ${print}\n`;
}

/**
 * Makes an event's payload: type, flags, preempt count and pid, and then
 * `rest`.
 */
export function entry(
  rest: Uint8Array,
  { id = 300, flags = 0, depth = 0, task = 1 } = {},
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(8 + rest.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id, true);
  view.setUint8(2, flags);
  view.setUint8(3, depth);
  view.setInt32(4, task, true);
  bytes.set(rest, 8);
  return bytes;
}

/** Makes a payload that lies in memory of its own, but not at its start. */
export function payloadOf(bytes: Uint8Array): Payload {
  const memory = new Uint8Array(bytes.length + 24).fill(0xee);
  memory.set(bytes, 16);
  return { bytes: memory, payloadOffset: 16, payloadBytes: bytes.length };
}

/** Returns what is printed of a record. */
export function printed(format: EventFormat, payload: Payload): string {
  let text = "";
  printEvent(format, payload, {
    text: (ascii) => text += ascii,
    bytes: (from, offset, count) =>
      text += new TextDecoder().decode(from.subarray(offset, offset + count)),
  });
  return text;
}
