// SPDX-License-Identifier: MIT
/**
 * Parses one field's line in the format text of a kernel event, strictly.
 *
 * @module
 */
import { cTypeOf } from "./c_types.ts";
import { RingCorruptError } from "../errors.ts";

/**
 * What a field holds:
 * - "integer": one number;
 * - "text": `char[n]`, up to its first NUL;
 * - "array": `elements` numbers;
 * - "dynamicText", "dynamicArray": a word whose low 32 bits say where in the
 *   record the text or the numbers are (`__data_loc`, `__rel_loc`);
 * - "opaque": bytes of a type that is not known.
 */
export type FieldKind =
  | "integer"
  | "text"
  | "array"
  | "dynamicText"
  | "dynamicArray"
  | "opaque";

/** A field. Of its C type, only what is needed to read it is kept. */
export interface EventField {
  /** A C identifier of at most 68 bytes, which no other field of it has. */
  readonly name: string;
  /** The name that the kernel uses, which two fields may share. */
  readonly sourceName: string;
  /** What it holds. */
  readonly kind: FieldKind;
  /** Where it begins, in bytes from the start of the payload. */
  readonly offset: number;
  /** Bytes there; 0 for a text or array that takes the rest of the payload. */
  readonly bytes: number;
  /** Bytes of one number or character: 1, 2, 4 or 8; 1 if it is "opaque". */
  readonly elementBytes: number;
  /** How many numbers or characters; 0 if each record says how many. */
  readonly elements: number;
  /** Whether the numbers are signed. */
  readonly signed: boolean;
  /** Whether the number is an address. */
  readonly pointer: boolean;
  /** Whether a dynamic field's offset counts from its own end (`__rel_loc`). */
  readonly relative: boolean;
}

/** Tells whether each record says where the field's bytes are. */
export function isDynamic({ kind }: EventField): boolean {
  return kind === "dynamicText" || kind === "dynamicArray";
}

/** Tells whether a field holds text. */
export function isTextField({ kind }: EventField): boolean {
  return kind === "text" || kind === "dynamicText";
}

/** Payloads are shorter, because `ivring_record.len` has 16 bits. */
const OFFSET_LIMIT = 0x10000;
const DECLARATION_MAX = 1024;
const LINE =
  /^\tfield:([ -~]*);\toffset:(\d{1,5});\tsize:(\d{1,5});(?:\tsigned:([01]);)?$/;
const DYNAMIC =
  /^(__data_loc|__rel_loc) (.*?)(?: ?\[\])? ?([A-Za-z_]\w{0,63})$/;
const NAME = /([A-Za-z_]\w{0,63})$/;
/** The sizes of a word that says where bytes are; only its low half counts. */
const WORD_BYTES: ReadonlySet<number> = new Set([4, 8]);

/** Returns how many bytes a C type takes; 0 if the type is not known. */
function elementBytesOf(type: string): number {
  if (type.endsWith("*")) return 8;
  return cTypeOf(type)?.bytes ?? 0;
}

const isText = (type: string) => /^(const )?char$/.test(type);

/**
 * Removes the attributes that compilers add to types, such as
 * `__attribute__((btf_type_tag("user")))`.
 */
function withoutAttributes(declaration: string): string {
  const ATTRIBUTE = "__attribute__";
  let rest = declaration;
  let plain = "";
  while (true) {
    const at = rest.indexOf(ATTRIBUTE);
    if (at < 0) break;
    plain += rest.slice(0, at);
    let depth = 0;
    let end = at + ATTRIBUTE.length;
    do {
      if (rest[end] === "(") depth++;
      else if (rest[end] === ")") depth--;
      end++;
    } while (end < rest.length && (depth > 0 || rest[end - 1] === " "));
    rest = rest.slice(end);
  }
  return (plain + rest).replace(/ +/g, " ").trim();
}

/** Splits a declaration: what stands in brackets at its end, and the rest. */
function withoutBrackets(
  declaration: string,
): [before: string, brackets: string | null] {
  if (!declaration.endsWith("]")) return [declaration, null];
  let depth = 0;
  for (let at = declaration.length - 1; at >= 0; at--) {
    if (declaration[at] === "]") depth++;
    else if (declaration[at] === "[" && --depth === 0) {
      return [declaration.slice(0, at).trim(), declaration.slice(at + 1, -1)];
    }
  }
  return [declaration, null];
}

/**
 * Parses one field's line, without the line end.
 *
 * A declaration that is not understood makes the field opaque.
 *
 * @throws {RingCorruptError} if the line is not as the kernel writes it.
 * Source: `f_show` in the kernel's kernel/trace/trace_events.c.
 */
export function parseField(line: string): EventField {
  const match = LINE.exec(line);
  if (match === null || match[1].length > DECLARATION_MAX) {
    throw new RingCorruptError("field", line, "a field line");
  }
  const offset = Number(match[2]);
  const bytes = Number(match[3]);
  const signed = match[4] === "1";
  const end = offset + bytes;
  if (end > OFFSET_LIMIT) {
    throw new RingCorruptError("field", line, `an end within ${OFFSET_LIMIT}`);
  }
  const plain = { offset, bytes, signed, pointer: false, relative: false };
  const declaration = withoutAttributes(match[1]);
  const dynamic = DYNAMIC.exec(declaration);
  if (dynamic !== null && WORD_BYTES.has(bytes)) {
    const [, where, type, name] = dynamic;
    const kind = isText(type) ? "dynamicText" : "dynamicArray";
    const relative = where === "__rel_loc";
    const elementBytes = elementBytesOf(type) || 1;
    return {
      ...plain,
      ...named(name),
      kind,
      relative,
      elementBytes,
      elements: 0,
    };
  }
  const [before, brackets] = withoutBrackets(declaration);
  const found = NAME.exec(before);
  const type = found === null ? "" : before.slice(0, found.index).trim();
  if (found === null || type === "") {
    // The place of a field without a name tells it from others.
    return { ...plain, ...named(`field_${offset}`), ...opaque(bytes) };
  }
  return brackets === null
    ? { ...plain, ...named(found[1]), ...single(type, bytes) }
    : { ...plain, ...named(found[1]), ...several(type, brackets, bytes) };
}

function named(name: string): Pick<EventField, "name" | "sourceName"> {
  return { name, sourceName: name };
}

const NUMBER_BYTES: ReadonlySet<number> = new Set([1, 2, 4, 8]);

type Shape = Pick<EventField, "kind" | "elementBytes" | "elements" | "pointer">;

/**
 * Returns the shape of a single value. Integers, enumerations and pointers are
 * recognised by their size.
 */
function single(declaration: string, bytes: number): Shape {
  const known = NUMBER_BYTES.has(bytes);
  const struct = /^(const )?(struct|union) /.test(declaration);
  const pointer = declaration.includes("*");
  if (!known || (struct && !pointer)) return opaque(bytes);
  return { kind: "integer", elementBytes: bytes, elements: 1, pointer };
}

/**
 * Returns the shape of an array. If its type is not known, its size and its
 * count say how large an element is. If a name stands for the count, it is
 * computed from the size.
 */
function several(type: string, brackets: string, bytes: number): Shape {
  const isStruct = /^(const )?(struct|union) /.test(type) &&
    !type.endsWith("*");
  const count = Number(brackets);
  const share = !isStruct && count > 0 ? bytes / count : 0;
  const elementBytes = elementBytesOf(type) || share;
  const known = NUMBER_BYTES.has(elementBytes);
  if (!known || bytes % elementBytes !== 0) return opaque(bytes);
  const kind = isText(type) ? "text" : "array";
  const elements = bytes / elementBytes;
  return { kind, elementBytes, elements, pointer: type.endsWith("*") };
}

function opaque(bytes: number): Shape {
  return { kind: "opaque", elementBytes: 1, elements: bytes, pointer: false };
}
