// SPDX-License-Identifier: MIT
/**
 * Reads the kernel's stacks, which are records of the event ftrace:kernel_stack.
 *
 * Its format says that there are eight addresses, but each record has as many as
 * it says itself. So the format is read as what records are: a number, and then
 * so many addresses. Source: `struct stack_entry` in the kernel's
 * kernel/trace/trace_entries.h, `__ftrace_trace_stack` in kernel/trace/trace.c.
 *
 * @module
 */
import type { EventField } from "./event_field.ts";
import { integerAt, type Payload } from "./payload.ts";

/** The fields of a stack. */
export interface StackFields {
  /** The number of addresses, which fill the rest of the record. */
  readonly size: EventField;
  /** The addresses, of 8 bytes each, from the innermost call outwards. */
  readonly caller: EventField;
}

/** The most addresses of one record; the kernel takes fewer, and our driver 64. */
const FRAMES_MAX = 512;
const ADDRESS_BYTES = 8;
/** Where the kernel's own output ends, whatever follows. */
const END = 0xffffffffffffffffn;

/**
 * Returns the fields of a stack, if an event is one.
 *
 * @param fields The event's own fields, as the kernel describes them.
 */
export function stackFieldsOf(
  system: string,
  name: string,
  fields: readonly EventField[],
): StackFields | null {
  const [size, caller, ...others] = fields;
  const isStack = system === "ftrace" && name === "kernel_stack" &&
    size?.name === "size" && size.kind === "integer" && size.bytes === 4 &&
    caller?.name === "caller" && caller.kind === "array" &&
    caller.elementBytes === ADDRESS_BYTES && others.length === 0;
  if (!isStack) return null;
  return {
    size: { ...size, signed: false },
    caller: { ...caller, bytes: 0, elements: 0, signed: false },
  };
}

/**
 * Tells whether a record has as many addresses as it says.
 *
 * @param payload At least the fields before the addresses.
 */
export function stackFits(
  { size, caller }: StackFields,
  { bytes, payloadOffset: at, payloadBytes }: Payload,
): boolean {
  const frames = Number(integerAt(bytes, at + size.offset, size.bytes, false));
  return frames <= FRAMES_MAX &&
    payloadBytes === caller.offset + frames * ADDRESS_BYTES;
}

/**
 * Returns the addresses of a stack.
 *
 * @param payload One that fits, see `stackFits`.
 */
export function framesOf(
  { caller }: StackFields,
  { bytes, payloadOffset, payloadBytes }: Payload,
): bigint[] {
  const frames: bigint[] = [];
  const end = payloadOffset + payloadBytes;
  let at = payloadOffset + caller.offset;
  for (; at + ADDRESS_BYTES <= end; at += ADDRESS_BYTES) {
    const address = BigInt(integerAt(bytes, at, ADDRESS_BYTES, false));
    if (address === END) break;
    frames.push(address);
  }
  return frames;
}
