// SPDX-License-Identifier: MIT
/**
 * Records of kernel events: those of the fixtures, and made-up ones.
 *
 * @module
 */
import { RingCorruptError } from "../../ring/errors.ts";
import {
  type EventFormat,
  parseEventFormat,
} from "../../ring/events/event_format.ts";
import type { RegionWriter } from "../../ring/writer/writer.ts";
import type { EventFixture } from "./events.ts";

/** A kernel event's record. */
export interface EventRecord {
  readonly format: EventFormat;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The length of each dynamic field that is made up. */
const DYNAMIC_BYTES = 8;

/**
 * Makes a record of letters that fits a format. Dynamic fields are laid out as
 * the kernel does it.
 *
 * @param tailBytes How many bytes follow all fields.
 */
export function madeUpRecord(
  format: EventFormat,
  tailBytes: number,
): Uint8Array<ArrayBuffer> {
  const { fixedBytes, dynamic, id, stack } = format;
  if (stack !== null) return madeUpStack(format, stack.size.offset, tailBytes);
  const total = fixedBytes + dynamic.length * DYNAMIC_BYTES + tailBytes;
  // Neighbouring bytes differ, because swapped bytes would not show otherwise.
  const bytes = Uint8Array.from({ length: total }, (_, i) => 97 + (i * 7) % 26);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id, true);
  dynamic.forEach(({ offset, relative }, i) => {
    const start = fixedBytes + i * DYNAMIC_BYTES;
    const from = relative ? start - (offset + 4) : start;
    view.setUint32(offset, DYNAMIC_BYTES << 16 | from, true);
  });
  return bytes;
}

/** Makes a stack of so many addresses, because nothing can follow those. */
function madeUpStack(
  { fixedBytes, id }: EventFormat,
  sizeOffset: number,
  addresses: number,
): Uint8Array<ArrayBuffer> {
  const bytes = Uint8Array.from(
    { length: fixedBytes + addresses * 8 },
    (_, i) => 97 + (i * 7) % 26,
  );
  const view = new DataView(bytes.buffer);
  view.setUint16(0, id, true);
  view.setUint32(sizeOffset, addresses, true);
  return bytes;
}

/**
 * Publishes all formats of a fixture that can be parsed. Writes the records of
 * the fixture, and three made-up ones for each format, to ring 0.
 *
 * @returns The records in their order.
 */
export function writeFixture(
  writer: RegionWriter,
  fixture: EventFixture,
): EventRecord[] {
  const formats = new Map<number, EventFormat>();
  for (const text of fixture.formats) {
    try {
      const format = parseEventFormat(text);
      formats.set(format.id, format);
      if (!writer.describe(format.id, text)) throw new Error("no room");
    } catch (error) {
      if (!(error instanceof RingCorruptError)) throw error;
    }
  }
  const records: EventRecord[] = fixture.records.map(({ id, data }) => ({
    format: formats.get(id)!,
    bytes: Uint8Array.fromHex(data),
  }));
  for (const format of formats.values()) {
    for (const tailBytes of [0, 5, 10]) {
      records.push({ format, bytes: madeUpRecord(format, tailBytes) });
    }
  }
  for (const { format, bytes } of records) writer.write(0, format.id, bytes);
  return records;
}
