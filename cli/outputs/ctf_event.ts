// SPDX-License-Identifier: MIT
/**
 * The class of one kernel event in CTF metadata, made from its parsed format.
 * What of a guest's text comes into it are names, which the parser lets be
 * identifiers only.
 *
 * @module
 */
import type { EventField } from "../../ring/events/event_field.ts";
import type { PacketClass } from "../../ring/ctf/packet_classes.ts";

/** Properties of an integer, beside its size. */
interface IntegerOptions {
  readonly signed?: boolean;
  readonly hex?: boolean;
  readonly text?: boolean;
}

function integer(
  bytes: number,
  { signed = false, hex = false, text = false }: IntegerOptions = {},
): string {
  const base = hex ? " base = 16;" : "";
  const encoding = text ? " encoding = UTF8;" : "";
  return `integer { size = ${
    bytes * 8
  }; align = 8; signed = ${signed};${base}${encoding} }`;
}

const BYTE = integer(1);
const CHARACTER = integer(1, { text: true });
/** What takes the rest of the record. */
const REST = "[stream.event.context.len];";

/**
 * Makes names that differ. Each gets an underscore in front, so that none is a
 * word of the language; tools take it away again. Babeltrace compares names
 * with it to others without it: `x` and `_x` cannot be in one class.
 */
class Names {
  readonly #taken = new Set<string>();
  readonly #byField = new Map<EventField, string>();

  constructor(fields: readonly EventField[]) {
    for (const field of fields) this.#byField.set(field, this.make(field.name));
  }

  /** The field's own. */
  of(field: EventField): string {
    return this.#byField.get(field)!;
  }

  /** One beside the fields' own. */
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
 * The event class. All is aligned to bytes, so that nothing lies elsewhere
 * than the format says: holes between fields are fields of their own.
 *
 * @param streamId Of the stream that the events are in.
 * Source: Common Trace Format 1.8.3, sections 4 and 7.3.
 */
export function ctfEventText(each: PacketClass, streamId: number): string {
  const { format, id, placed } = each;
  const all = [...format.common, ...format.fields];
  const names = new Names(all);
  const lines: string[] = [];
  const placedLines: string[] = [];
  let tail = "";
  let end = 0;
  for (const field of all) {
    const { name, offset, bytes, kind } = field;
    if (offset > end) {
      lines.push(`${BYTE} ${names.make("_hole")}[${offset - end}];`);
    }
    end = offset + bytes;
    if (kind === "dynamicText" || kind === "dynamicArray") {
      const from = names.make(`_${name}_offset`);
      const length = names.make(`_${name}_length`);
      lines.push(`${integer(2)} ${from};`, `${integer(2)} ${length};`);
      const type = kind === "dynamicText" ? CHARACTER : BYTE;
      if (placed) placedLines.push(`${type} ${names.of(field)}[${length}];`);
    } else if (bytes === 0) {
      tail = `${kind === "text" ? CHARACTER : BYTE} ${names.of(field)}${REST}`;
    } else lines.push(fixedText(field, names.of(field)));
  }
  // `len` of the sealed copy is what is left behind all these.
  tail ||= `${BYTE} ${names.make("_data")}${REST}`;
  const fields = [...lines, ...placedLines, tail];
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

function fixedText(field: EventField, name: string): string {
  const { kind, elementBytes, elements, signed, pointer } = field;
  if (kind === "text") return `${CHARACTER} ${name}[${elements}];`;
  if (kind === "opaque") return `${BYTE} ${name}[${elements}];`;
  const type = integer(elementBytes, { signed, hex: pointer });
  return kind === "array"
    ? `${type} ${name}[${elements}];`
    : `${type} ${name};`;
}
