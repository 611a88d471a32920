// SPDX-License-Identifier: MIT
/**
 * Makes the class of one kernel event in CTF metadata from its parsed format.
 * The guest's only text in it is names, and the parser accepts only identifiers
 * as names.
 *
 * @module
 */
import { type EventField, isDynamic } from "../../ring/events/event_field.ts";
import type { PacketClass } from "../../ring/ctf/packet_classes.ts";
import { type CtfNames, ctfNames, ctfNamesText } from "./ctf_names.ts";

/** Properties of an integer, beside its size. */
interface IntegerOptions {
  /** Alignment in bytes; 1 if not given. */
  readonly align?: number;
  readonly signed?: boolean;
  readonly hex?: boolean;
  readonly text?: boolean;
}

function integer(
  bytes: number,
  { align = 1, signed = false, hex = false, text = false }: IntegerOptions = {},
): string {
  const base = hex ? " base = 16;" : "";
  const encoding = text ? " encoding = UTF8;" : "";
  return `integer { size = ${bytes * 8}; align = ${
    align * 8
  }; signed = ${signed};${base}${encoding} }`;
}

const BYTE = integer(1);
const CHARACTER = integer(1, { text: true });
/** Alignment of payloads in a packet, in bytes. */
const ALIGN_MOST = 8;
/** Bytes that say where a dynamic field is, and how long. */
const WORD_BYTES = 4;
/** The length of a field that takes the rest of the record. */
const REST = "[stream.event.context.len];";

/**
 * Makes names that differ. Each gets an underscore in front, so that none is a
 * keyword of the language; tools remove it again. Babeltrace also compares
 * names with the underscore to others without it, so `x` and `_x` cannot be in
 * one class.
 */
class Names {
  readonly #taken = new Set<string>();
  readonly #byField = new Map<EventField, string>();

  constructor(fields: readonly EventField[]) {
    for (const field of fields) this.#byField.set(field, this.make(field.name));
  }

  /** Returns the name of a field. */
  of(field: EventField): string {
    return this.#byField.get(field)!;
  }

  /** Makes a name that differs from all others. */
  make(name: string): string {
    let free = name;
    while (this.#isTaken(free)) free += "_";
    this.#taken.add(free);
    return `_${free}`;
  }

  #isTaken(name: string): boolean {
    return this.#taken.has(name) || this.#taken.has(`_${name}`) ||
      (name.startsWith("_") && this.#taken.has(name.slice(1)));
  }
}

/**
 * Returns the text of the event class. A field is aligned to bytes, so that it
 * lies exactly where the format says. A field after a hole gets the alignment
 * that produces just this hole; a hole that no alignment produces becomes a
 * field of its own.
 *
 * Source: Common Trace Format 1.8.3, sections 4 and 7.3.
 *
 * @param streamId The id of the stream that the events are in.
 */
export function ctfEventText(each: PacketClass, streamId: number): string {
  const { format, id, placed, tail } = each;
  const all = [...format.common, ...format.fields];
  const names = new Names(all);
  const labels = ctfNames(format);
  const lines: string[] = [];
  const placedLines: string[] = [];
  let rest = "";
  let end = 0;
  for (const field of all) {
    const { name, offset, bytes, kind } = field;
    const align = offset > end ? alignmentOf(field, end) : 1;
    if (align === 0) {
      lines.push(`${BYTE} ${names.make("_hole")}[${offset - end}];`);
    }
    end = offset + bytes;
    if (isDynamic(field)) {
      const from = names.make(`_${name}_offset`);
      const length = names.make(`_${name}_length`);
      const first = integer(2, { align: align || 1 });
      lines.push(`${first} ${from};`, `${integer(2)} ${length};`);
      // Only the low half of a longer word says anything.
      if (bytes > WORD_BYTES) {
        lines.push(`${BYTE} ${names.make("_hole")}[${bytes - WORD_BYTES}];`);
      }
      const type = kind === "dynamicText" ? CHARACTER : BYTE;
      if (placed) placedLines.push(`${type} ${names.of(field)}[${length}];`);
    } else if (field === format.stack?.caller) {
      const type = integer(field.elementBytes, { hex: true });
      const length = names.of(format.stack.size);
      rest = `${type} ${names.of(field)}[${length}];`;
    } else if (bytes === 0) {
      rest = `${kind === "text" ? CHARACTER : BYTE} ${names.of(field)}${REST}`;
    } else {
      const type = fixedType(field, align || 1, labels.get(field));
      const count = field.kind === "integer" ? "" : `[${field.elements}]`;
      lines.push(`${type} ${names.of(field)}${count};`);
    }
  }
  // In the sealed copy `len` is the length of what is left behind all these.
  if (tail) rest ||= `${BYTE} ${names.make("_data")}${REST}`;
  const fields = [...lines, ...placedLines, ...(rest === "" ? [] : [rest])];
  return `event {
    name = "${format.system}:${format.name}";
    id = ${id};
    stream_id = ${streamId};
    fields := struct {
        ${fields.join("\n        ")}
    };
};
`;
}

/**
 * Returns the alignment of a field, in bytes, that produces exactly the hole
 * before it, which begins at `end`.
 *
 * @returns 0 if there is none.
 */
function alignmentOf(
  { offset, kind, bytes, elementBytes }: EventField,
  end: number,
): number {
  if (kind === "text" || kind === "opaque" || bytes === 0) return 0;
  for (let align = 2; align <= ALIGN_MOST; align *= 2) {
    // Every element of an array is aligned, too, and must not be moved by that.
    if (kind === "array" && elementBytes % align !== 0) continue;
    if (Math.ceil(end / align) * align === offset) return align;
  }
  return 0;
}

/** Returns the type of a field, or of an element if it has several. */
function fixedType(
  { kind, elementBytes, signed, pointer }: EventField,
  align: number,
  labels: CtfNames | undefined,
): string {
  if (kind === "text") return CHARACTER;
  if (kind === "opaque") return BYTE;
  const type = integer(elementBytes, { align, signed, hex: pointer });
  return labels === undefined ? type : `enum : ${type} ${ctfNamesText(labels)}`;
}
