// SPDX-License-Identifier: MIT
/**
 * The class of one kernel event in CTF metadata, made from its parsed format.
 * What of a guest's text comes into it are names, which the parser lets be
 * identifiers only.
 *
 * @module
 */
import type { EventField } from "../../ring/event_field.ts";
import type { PacketClass } from "../../ring/packet_classes.ts";

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

/** Makes names that differ; tools take the first underscore away again. */
class Names {
  readonly #taken: Set<string>;

  constructor(fields: readonly EventField[]) {
    this.#taken = new Set(fields.map(({ name }) => name));
  }

  /** A name beside the fields' own: they keep theirs. */
  beside(name: string): string {
    let free = name;
    while (this.#taken.has(free)) free += "_";
    this.#taken.add(free);
    return `_${free}`;
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
      lines.push(`${BYTE} ${names.beside("_hole")}[${offset - end}];`);
    }
    end = offset + bytes;
    if (kind === "dynamicText" || kind === "dynamicArray") {
      const from = names.beside(`_${name}_offset`);
      const length = names.beside(`_${name}_length`);
      lines.push(`${integer(2)} ${from};`, `${integer(2)} ${length};`);
      const type = kind === "dynamicText" ? CHARACTER : BYTE;
      if (placed) placedLines.push(`${type} _${name}[${length}];`);
    } else if (bytes === 0) tail = tailText(field);
    else lines.push(fixedText(field));
  }
  // `len` of the sealed copy is what is left behind all these.
  tail ||= `${BYTE} ${names.beside("_data")}[stream.event.context.len];`;
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

/** A field that takes the rest of the payload. */
function tailText({ name, kind }: EventField): string {
  const type = kind === "text" ? CHARACTER : BYTE;
  return `${type} _${name}[stream.event.context.len];`;
}

function fixedText(field: EventField): string {
  const { name, kind, elementBytes, elements, signed, pointer } = field;
  if (kind === "text") return `${CHARACTER} _${name}[${elements}];`;
  if (kind === "opaque") return `${BYTE} _${name}[${elements}];`;
  const type = integer(elementBytes, { signed, hex: pointer });
  return kind === "array"
    ? `${type} _${name}[${elements}];`
    : `${type} _${name};`;
}
