// SPDX-License-Identifier: MIT
/**
 * Two kernel events with known records, for tests of what prints them.
 *
 * @module
 */
import { entry, field, formatText } from "./events.ts";

/** The id of `SCHED_TEXT`. */
export const SCHED_ID = 319;

/** A part of sched_switch, as Linux 6.1 describes it. */
export const SCHED_TEXT: string = formatText([
  field("char prev_comm[16]", 8, 16, 1),
  field("pid_t prev_pid", 24, 4, 1),
  field("long prev_state", 32, 8, 1),
], {
  id: SCHED_ID,
  name: "sched_switch",
  print: '"prev_comm=%s prev_pid=%d prev_state=%s", REC->prev_comm, ' +
    'REC->prev_pid, __print_flags(REC->prev_state, "|", { 0x1, "S" })',
}).replace("system: tests", "system: sched");

/** The id of `ODD_TEXT`. */
export const ODD_ID = 700;

/** An event with a field of every kind. */
export const ODD_TEXT: string = formatText([
  field("const void * ptr", 8, 8),
  field("u64 big", 16, 8),
  field("s64 least", 24, 8, 1),
  field("__data_loc char[] name", 32, 4, 1),
  field("__data_loc u16[] list", 36, 4),
  field("struct thing what", 40, 3),
], { id: ODD_ID, name: "odd_event", print: "REC->ptr, as no kernel says it" });

/** The size of `struct trace_entry`, which the fields' offsets include. */
const HEAD_BYTES = 8;

function fields(bytes: number): { view: DataView; rest: Uint8Array } {
  const rest = new Uint8Array(bytes - HEAD_BYTES);
  return { view: new DataView(rest.buffer), rest };
}

/** Makes the payload of a record of `SCHED_TEXT`. */
export function schedPayload(
  comm: string,
  context: { flags?: number; depth?: number; task?: number } = {},
): Uint8Array {
  const { view, rest } = fields(40);
  new TextEncoder().encodeInto(comm, rest.subarray(0, 16));
  view.setInt32(24 - HEAD_BYTES, -5, true);
  view.setBigInt64(32 - HEAD_BYTES, 1n, true);
  return entry(rest, { id: SCHED_ID, task: 42, ...context });
}

/** Makes the payload of a record of `ODD_TEXT`; `least` is an s64. */
export function oddPayload(
  name: string,
  least: bigint = 1n - 2n ** 53n,
): Uint8Array {
  const text = new TextEncoder().encode(name + "\0");
  const listAt = 43 + text.length;
  const { view, rest } = fields(listAt + 4);
  view.setBigUint64(8 - HEAD_BYTES, 0xffff888003b1d000n, true);
  view.setBigUint64(16 - HEAD_BYTES, 2n ** 64n - 1n, true);
  view.setBigInt64(24 - HEAD_BYTES, least, true);
  view.setUint32(32 - HEAD_BYTES, text.length << 16 | 43, true);
  view.setUint32(36 - HEAD_BYTES, 4 << 16 | listAt, true);
  rest.set([1, 2, 255], 40 - HEAD_BYTES);
  rest.set(text, 43 - HEAD_BYTES);
  rest.set([1, 0, 255, 255], listAt - HEAD_BYTES);
  return entry(rest, { id: ODD_ID, task: 42 });
}

/** The id of `SYNTHETIC_TEXT`. */
export const SYNTHETIC_ID = 800;

/**
 * An event as the kernel's synthetic ones are, whose dynamic fields take 8
 * bytes, with two fields of the same name, as one of amdgpu's has.
 */
export const SYNTHETIC_TEXT: string = formatText([
  field("__data_loc char[] comm", 8, 8, 1),
  field("u64 lat", 16, 8),
  field("u32 comm", 24, 4),
], {
  id: SYNTHETIC_ID,
  name: "synthetic_event",
  print: '"comm=%s lat=%llu %u", __get_str(comm), REC->lat, REC->comm',
});

/** Makes the payload of a record of `SYNTHETIC_TEXT`. */
export function syntheticPayload(comm: string, lat: bigint): Uint8Array {
  const text = new TextEncoder().encode(comm + "\0");
  const { view, rest } = fields(28 + text.length);
  view.setUint32(8 - HEAD_BYTES, text.length << 16 | 28, true);
  view.setUint32(12 - HEAD_BYTES, 0xffffffff, true); // which says nothing
  view.setBigUint64(16 - HEAD_BYTES, lat, true);
  view.setUint32(24 - HEAD_BYTES, 7, true);
  rest.set(text, 28 - HEAD_BYTES);
  return entry(rest, { id: SYNTHETIC_ID, task: 42 });
}
