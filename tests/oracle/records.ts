// SPDX-License-Identifier: MIT
/**
 * Makes records of an event: always the same ones, which the reader and the
 * oracle print.
 *
 * @module
 */
import { type FieldUses, usesOf } from "./field_uses.ts";
import type { KernelField, KernelFormat } from "./kernel_fields.ts";
import { elementBytes, isChar } from "./kernel_types.ts";
import { Sequence } from "./random.ts";

/**
 * What is in a record:
 * - "ordinary": values that have names, small numbers, addresses where there
 *   are pointers, text;
 * - "ones", "zero": all bits are 1, or 0;
 * - "bits": one bit of each number is 1;
 * - "mixed": any bits.
 */
export const KINDS = ["ordinary", "ones", "zero", "bits", "mixed"] as const;

/** See `KINDS`. */
export type Kind = typeof KINDS[number];

const COMMON_PID = 4;
const AF_INET = 2;
const AF_INET6 = 10;
const TEXT_BYTES_MAX = 200;
/** Addresses of the kernel's data begin with these bits on x86-64. */
const KERNEL_ADDRESS = 0xffff888000000000n;
/** Texts have these characters besides letters. */
const ODD_TEXT = 'a \t"\\%s|,{}=\u00e9\u20ac\x7f\x1b\n#0';

/**
 * Makes a record's payload.
 *
 * @param seed What "mixed" records and others differ by, besides their kind.
 * @param letters What texts of "mixed" records consist of.
 */
export function makeRecord(
  format: KernelFormat,
  kind: Kind,
  seed: string,
  letters: string = ODD_TEXT,
): Uint8Array<ArrayBuffer> {
  const random = new Sequence(`${kind} ${seed}`);
  return new Maker(format, kind, random, letters).make();
}

const usesKnown = new WeakMap<KernelFormat, FieldUses>();

class Maker {
  readonly #format: KernelFormat;
  readonly #kind: Kind;
  readonly #random: Sequence;
  readonly #letters: string;
  readonly #uses: FieldUses;
  /** Lengths of arrays by name, in bytes. */
  readonly #lengths = new Map<string, number>();

  constructor(
    format: KernelFormat,
    kind: Kind,
    random: Sequence,
    letters: string,
  ) {
    this.#format = format;
    this.#kind = kind;
    this.#random = random;
    this.#letters = letters;
    let uses = usesKnown.get(format);
    if (uses === undefined) usesKnown.set(format, uses = usesOf(format));
    this.#uses = uses;
  }

  make(): Uint8Array<ArrayBuffer> {
    const { fields, fixedBytes, id } = this.#format;
    const dynamic: Uint8Array[] = [];
    let end = fixedBytes;
    for (const field of fields) {
      if (field.where === "fixed") {
        if (field.count !== null) this.#lengths.set(field.name, field.size);
        continue;
      }
      const bytes = this.#dynamicBytes(field);
      dynamic.push(bytes);
      this.#lengths.set(field.name, bytes.length);
      end += bytes.length;
    }
    const tail = this.#tail();
    const record = new Uint8Array(end + tail.length);
    const view = new DataView(record.buffer);
    let at = fixedBytes;
    for (const field of fields) {
      const { where, offset, size } = field;
      if (where === "fixed") {
        record.set(this.#fixedBytes(field).subarray(0, size), offset);
        continue;
      }
      const bytes = dynamic.shift()!;
      record.set(bytes, at);
      const start = where === "__rel_loc" ? at - offset - 4 : at;
      view.setUint32(offset, bytes.length << 16 | start, true);
      at += bytes.length;
    }
    record.set(tail, at);
    view.setUint16(0, id, true);
    view.setInt32(COMMON_PID, 42, true);
    return record;
  }

  /** Returns what follows if the last field takes all that is left. */
  #tail(): Uint8Array {
    const { fields } = this.#format;
    const open = fields.find((f) => f.size === 0);
    if (open === undefined) return new Uint8Array(0);
    return isChar(open) ? this.#text(open.name) : this.#pattern(16);
  }

  #dynamicBytes(field: KernelField): Uint8Array {
    const { name } = field;
    if (this.#uses.sockets.has(name)) return this.#socket();
    if (isChar(field) || this.#uses.texts.has(name)) {
      return this.#text(name);
    }
    const unit = Math.max(elementBytes(field), 8);
    const count = this.#uses.measured.has(name)
      ? [2, 8, 0, 1, 1 + this.#random.below(5)][KINDS.indexOf(this.#kind)]
      : 8;
    return this.#pattern(unit * count);
  }

  #fixedBytes(field: KernelField): Uint8Array {
    const { name, count, size, type } = field;
    const isArray = count !== null;
    if (size === 0) return new Uint8Array(0);
    if (this.#uses.sockets.has(name) && size >= 16) return this.#socket();
    if (isArray && (isChar(field) || this.#uses.texts.has(name))) {
      return this.#text(name, size);
    }
    if (type === "bool") return Uint8Array.of(this.#pattern(1)[0] & 1);
    const counts = this.#uses.counts.get(name);
    if (counts !== undefined && size <= 8) {
      const length = this.#lengths.get(counts.array) ?? 0;
      const most = Math.floor(length / counts.bytes);
      return this.#littleEndian(BigInt(this.#countUpTo(most)));
    }
    if (isArray || size > 8) return this.#pattern(size);
    if (this.#kind === "ordinary" && type.includes("*")) {
      return this.#littleEndian(
        KERNEL_ADDRESS + this.#random.next() % 0x1000000n,
      );
    }
    const named = this.#uses.named.get(name) ?? [];
    if (this.#kind === "ordinary" && named.length > 0) {
      return this.#littleEndian(named[this.#random.below(named.length)]);
    }
    if (this.#kind === "ordinary") {
      return this.#littleEndian(BigInt(this.#random.below(8)));
    }
    return this.#pattern(size);
  }

  #countUpTo(most: number): number {
    switch (this.#kind) {
      case "zero":
        return 0;
      case "ones":
        return most;
      case "bits":
        return Math.min(1, most);
      default:
        return this.#random.below(most + 1);
    }
  }

  #littleEndian(value: bigint): Uint8Array {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), true);
    return bytes;
  }

  #pattern(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    switch (this.#kind) {
      case "ones":
        return bytes.fill(0xff);
      case "zero":
        return bytes;
      case "bits": {
        const bit = this.#random.below(count * 8);
        if (count > 0) bytes[bit >> 3] = 1 << (bit & 7);
        return bytes;
      }
      default:
        return bytes.map(() => this.#random.below(256));
    }
  }

  /** Returns text with its NUL, in at most `room` bytes. */
  #text(name: string, room = TEXT_BYTES_MAX): Uint8Array {
    const text = this.#anyText(name);
    const bytes = new TextEncoder().encode(text).subarray(0, room - 1);
    const all = new Uint8Array(bytes.length + 1);
    all.set(this.#kind === "ones" ? bytes.slice().fill(0xff) : bytes);
    return all;
  }

  #anyText(name: string): string {
    switch (this.#kind) {
      case "zero":
        return "";
      case "bits":
        return "@";
      case "mixed":
        return Array.from(
          { length: 1 + this.#random.below(24) },
          () => this.#letters[this.#random.below(this.#letters.length)],
        ).join("") + ".";
      default:
        return `${name} 1`;
    }
  }

  #socket(): Uint8Array {
    const bytes = new Uint8Array(28);
    const view = new DataView(bytes.buffer);
    const kind = this.#kind === "mixed"
      ? ["v4", "v6", "mapped", "gap", "other"][this.#random.below(5)]
      : { ordinary: "v4", ones: "ones", zero: "zero", bits: "gap" }[this.#kind];
    if (kind === "zero") return bytes;
    for (let i = 2; i < 28; i++) bytes[i] = this.#random.below(256);
    view.setUint16(0, kind === "v4" ? AF_INET : AF_INET6, true);
    if (kind === "ones") bytes.fill(0xff, 2);
    if (kind === "other") view.setUint16(0, 17, true);
    if (kind === "mapped") bytes.fill(0, 8, 18).fill(0xff, 18, 20);
    if (kind === "gap") bytes.fill(0, 10, 14).fill(0, 16, 20);
    return bytes;
  }
}
