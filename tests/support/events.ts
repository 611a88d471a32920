// SPDX-License-Identifier: MIT
/**
 * Kernel events for tests: some of real kernels, and some made up.
 *
 * @module
 */
import type { EventFormat } from "../../ring/events/event_format.ts";
import { printEvent } from "../../ring/events/event_print.ts";
import type { Payload } from "../../ring/events/payload.ts";
import { ROOT } from "../../packaging/root.ts";

/** See `tests/fixtures/README.md`. */
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

/** Kernel series of which there are fixtures. */
export const FIXTURES = ["6_1", "6_12"] as const;

/** Reads one. */
export function readFixture(series: string): EventFixture {
  const path = `${ROOT}/tests/fixtures/events_${series}.json`;
  return JSON.parse(Deno.readTextFileSync(path));
}

/** Lines of the fields that every event has. */
export const COMMON =
  `	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;
`;

/** One field's line, such as `field("u32 a", 8, 4)`. */
export function field(
  declaration: string,
  offset: number,
  size: number,
  signed = 0,
): string {
  return `	field:${declaration};	offset:${offset};	size:${size};	signed:${signed};`;
}

/** A format text as a guest publishes it. */
export function formatText(
  fields: readonly string[],
  { id = 300, name = "made_up", print = '"x"', common = COMMON } = {},
): string {
  const lines = fields.map((line) => `${line}\n`).join("");
  return `system: tests\nname: ${name}\nID: ${id}\nformat:\n${common}\n` +
    `${lines}\nprint fmt: ${print}\n`;
}

/** A payload: type, flags, preempt count and pid, then what is given. */
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

/** As a payload in memory of its own, not at its start. */
export function payloadOf(bytes: Uint8Array): Payload {
  const memory = new Uint8Array(bytes.length + 24).fill(0xee);
  memory.set(bytes, 16);
  return { bytes: memory, payloadOffset: 16, payloadBytes: bytes.length };
}

/** What is printed of a record. */
export function printed(format: EventFormat, payload: Payload): string {
  let text = "";
  printEvent(format, payload, {
    text: (ascii) => text += ascii,
    bytes: (from, offset, count) =>
      text += new TextDecoder().decode(from.subarray(offset, offset + count)),
  });
  return text;
}
