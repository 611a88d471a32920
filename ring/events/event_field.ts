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
 * - "dynamicText", "dynamicArray": a 32-bit word that says where in the record
 *   the text or the numbers are (`__data_loc`, `__rel_loc`);
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
  /** A C identifier of at most 64 bytes. */
  readonly name: string;
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

/** Payloads are shorter, because `ivring_record.len` has 16 bits. */
const OFFSET_LIMIT = 0x10000;
const LINE =
  /^\tfield:([\w *()[\]+\-/<>]{3,192});\toffset:(\d{1,5});\tsize:(\d{1,5});\tsigned:([01]);$/;
const DYNAMIC =
  /^(__data_loc|__rel_loc) ([\w *]{1,96}?) ?\[\] ([A-Za-z_]\w{0,63})$/;
const FIXED =
  /^([\w *()]{1,128}?)[ *]([A-Za-z_]\w{0,63})(\[[\w ()+*\-/<>]{0,64}\])?$/;

/** Returns how many bytes a C type takes; 0 if the type is not known. */
function elementBytesOf(type: string): number {
  if (type.endsWith("*")) return 8;
  return cTypeOf(type)?.bytes ?? 0;
}

const isText = (type: string) => /^(const )?char$/.test(type);

/**
 * Parses one field's line, without the line end.
 *
 * @throws {RingCorruptError} if it is not as the kernel writes it.
 * Source: `f_show` in the kernel's kernel/trace/trace_events.c.
 */
export function parseField(line: string): EventField {
  const match = LINE.exec(line);
  if (match === null) throw new RingCorruptError("field", line, "a field line");
  const offset = Number(match[2]);
  const bytes = Number(match[3]);
  const signed = match[4] === "1";
  const end = offset + bytes;
  if (end > OFFSET_LIMIT) {
    throw new RingCorruptError("field", line, `an end within ${OFFSET_LIMIT}`);
  }
  const plain = { offset, bytes, signed, pointer: false, relative: false };
  const dynamic = DYNAMIC.exec(match[1]);
  if (dynamic !== null) {
    const [, where, type, name] = dynamic;
    if (bytes !== 4) throw new RingCorruptError(name, bytes, "4 bytes");
    const kind = isText(type) ? "dynamicText" : "dynamicArray";
    const relative = where === "__rel_loc";
    const elementBytes = elementBytesOf(type) || 1;
    return { ...plain, name, kind, relative, elementBytes, elements: 0 };
  }
  const fixed = FIXED.exec(match[1]);
  if (fixed === null) {
    throw new RingCorruptError("field", match[1], "a type and a name");
  }
  const [, type, name, brackets] = fixed;
  return brackets === undefined
    ? { ...plain, name, ...single(match[1], bytes) }
    : { ...plain, name, ...several(type.trim(), bytes) };
}

type Shape = Pick<EventField, "kind" | "elementBytes" | "elements" | "pointer">;

/**
 * Returns the shape of a single value. Integers, enumerations and pointers are
 * recognised by their size.
 */
function single(declaration: string, bytes: number): Shape {
  const known = bytes === 1 || bytes === 2 || bytes === 4 || bytes === 8;
  const struct = /^(const )?(struct|union) /.test(declaration);
  const pointer = declaration.includes("*");
  if (!known || (struct && !pointer)) return opaque(bytes);
  return { kind: "integer", elementBytes: bytes, elements: 1, pointer };
}

/**
 * Returns the shape of an array. Its count is computed from its size, because
 * a name may be between the brackets.
 */
function several(type: string, bytes: number): Shape {
  const elementBytes = elementBytesOf(type);
  if (elementBytes === 0 || bytes % elementBytes !== 0) return opaque(bytes);
  const kind = isText(type) ? "text" : "array";
  const elements = bytes / elementBytes;
  return { kind, elementBytes, elements, pointer: type.endsWith("*") };
}

function opaque(bytes: number): Shape {
  return { kind: "opaque", elementBytes: 1, elements: bytes, pointer: false };
}
