// SPDX-License-Identifier: MIT
/**
 * The wire format as `guest/PROTOCOL.md` describes it. Numbers are taken from
 * its tables, so that a reader that uses them depends on the document alone.
 *
 * @module
 */
import { fromMarkdown } from "../guest/mirror.ts";
import { ROOT } from "../../packaging/root.ts";

const WIRE = fromMarkdown(
  Deno.readTextFileSync(`${ROOT}/guest/PROTOCOL.md`),
);

/** Returns a constant of 64 bits, by its name without `IVRING_`. */
export function wholeConstant(name: string): bigint {
  const value = WIRE.constants[name];
  if (value === undefined) throw new Error(`no constant IVRING_${name}`);
  return value;
}

/** Returns a smaller constant, by its name without `IVRING_`. */
export function constant(name: string): number {
  return Number(wholeConstant(name));
}

/** Returns the size of a struct in bytes, by its name without `ivring_`. */
export function sizeOf(struct: string): number {
  return WIRE.structs[struct].sizeBytes;
}

/** Returns the offset of a field in its struct. */
export function offsetOf(struct: string, field: string): number {
  const member = WIRE.structs[struct].members[field];
  if (member === undefined) throw new Error(`ivring_${struct} has no ${field}`);
  return member.offsetBytes;
}

/** A struct in memory, whose fields have the names of the document. */
export class Struct {
  /**
   * @param name The struct's name without `ivring_`.
   * @param view The memory. @param at The offset at which the struct begins.
   */
  constructor(
    readonly name: string,
    readonly view: DataView,
    readonly at: number = 0,
  ) {}

  /** Returns the bytes of a field, without copying them. */
  bytes(field: string): Uint8Array {
    const { sizeBytes = 0 } = WIRE.structs[this.name].members[field];
    const at = this.at + offsetOf(this.name, field);
    const { buffer, byteOffset } = this.view;
    return new Uint8Array(buffer, byteOffset + at, sizeBytes);
  }

  /** Returns a field of 8 bytes, which is little endian. */
  whole(field: string): bigint {
    return this.view.getBigUint64(this.at + offsetOf(this.name, field), true);
  }

  /**
   * Returns a field of 2, 4 or 8 bytes, little endian, as a number. It is exact up
   * to 2^53; a larger one is not exact, but still above the limit.
   */
  number(field: string): number {
    const at = this.at + offsetOf(this.name, field);
    switch (WIRE.structs[this.name].members[field].sizeBytes) {
      case 2:
        return this.view.getUint16(at, true);
      case 4:
        return this.view.getUint32(at, true);
      default:
        return Number(this.whole(field));
    }
  }
}
