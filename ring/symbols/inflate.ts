// SPDX-License-Identifier: MIT
/**
 * Decompresses what gzip(1) makes of a pipe. The runtime's own functions are not
 * used: `DecompressionStream` has no way to wait for its end here, and the
 * module `node:zlib` takes a quarter of the time of a start. This one also runs
 * in memory that is safe, and ends at a limit, whatever a guest has written.
 *
 * Source: RFC 1951, RFC 1952.
 *
 * @module
 */
import { crc32 } from "../crc32.ts";
import { RingCorruptError } from "../errors.ts";

const HEADER_BYTES = 10;
const TRAILER_BYTES = 8;
/** The first bytes: magic, "deflate", and no flag, since a pipe has no name. */
const START = [0x1f, 0x8b, 8, 0];
/** The longest code, in bits. */
const CODE_BITS_MAX = 15;
const LITERALS = 288;
const DISTANCES = 32;
const END_OF_BLOCK = 256;

const LENGTH_BASE = [
  ...[3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59],
  ...[67, 83, 99, 115, 131, 163, 195, 227, 258],
];
const LENGTH_EXTRA = [
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3],
  ...[4, 4, 4, 4, 5, 5, 5, 5, 0],
];
const DISTANCE_BASE = [
  ...[1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513],
  ...[769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577],
];
const DISTANCE_EXTRA = [
  ...[0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9],
  ...[10, 10, 11, 11, 12, 12, 13, 13],
];
/** The order in which the lengths of the code for lengths come. */
const LENGTHS_ORDER = [
  ...[16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15],
];

function refuse(what: string): never {
  throw new RingCorruptError("gzip", what, "what gzip makes");
}

/** Tells whether bytes begin as those that `gunzip` takes. */
export function isGzip(bytes: Uint8Array): boolean {
  return START.every((byte, i) => bytes[i] === byte);
}

/**
 * Decompresses a single member without a name, which is what `gzip -c` makes of
 * standard input.
 *
 * @param mostBytes A longer result is refused before memory is taken for it.
 * @returns Memory of its own.
 * @throws {RingCorruptError} if it is anything else, or its checksum is wrong.
 */
export function gunzip(
  bytes: Uint8Array,
  mostBytes: number,
): Uint8Array<ArrayBuffer> {
  const end = bytes.length - TRAILER_BYTES;
  if (!isGzip(bytes) || end < HEADER_BYTES) refuse("something else");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = view.getUint32(end + 4, true);
  if (size > mostBytes) refuse(`${size} bytes, decompressed`);
  const out = new Uint8Array(size);
  const inflater = new Inflater(bytes.subarray(HEADER_BYTES, end), out);
  inflater.run();
  if (view.getUint32(end, true) !== crc32(out)) refuse("a wrong checksum");
  return out;
}

/** One stream, which has to fill its output exactly. */
class Inflater {
  readonly #from: Uint8Array;
  readonly #out: Uint8Array;
  #at = 0;
  #done = 0;
  /** Bits that are taken from `#from` but not used, the next one lowest. */
  #bits = 0;
  #count = 0;

  constructor(from: Uint8Array, out: Uint8Array) {
    this.#from = from;
    this.#out = out;
  }

  /** Decompresses all of it. */
  run(): void {
    let last: boolean;
    do {
      last = this.#take(1) === 1;
      const type = this.#take(2);
      if (type === 0) this.#stored();
      else if (type === 1) this.#coded(fixedLiterals(), fixedDistances());
      else if (type === 2) this.#dynamic();
      else refuse("a block of an unknown type");
    } while (!last);
    const left = this.#from.length - this.#at + (this.#count >> 3);
    if (this.#done !== this.#out.length || left > 0) refuse("of another size");
  }

  /** Takes up to 16 bits. */
  #take(count: number): number {
    while (this.#count < count) {
      if (this.#at === this.#from.length) refuse("cut");
      this.#bits |= this.#from[this.#at++] << this.#count;
      this.#count += 8;
    }
    const value = this.#bits & (1 << count) - 1;
    this.#bits >>>= count;
    this.#count -= count;
    return value;
  }

  /** Takes one symbol of a code. */
  #symbol(code: Code): number {
    // Behind the last byte there are zeros, which count only if they are used.
    while (this.#count < code.bits && this.#at < this.#from.length) {
      this.#bits |= this.#from[this.#at++] << this.#count;
      this.#count += 8;
    }
    const found = code.table[this.#bits & (1 << code.bits) - 1];
    const used = found & 15;
    if (used === 0) refuse("a code without a meaning");
    if (used > this.#count) refuse("cut");
    this.#bits >>>= used;
    this.#count -= used;
    return found >>> 4;
  }

  #stored(): void {
    this.#take(this.#count & 7); // up to the next whole byte
    const size = this.#take(16);
    if (this.#take(16) !== (size ^ 0xffff)) refuse("a size that contradicts");
    if (size > this.#out.length - this.#done) refuse("longer than it says");
    for (let i = 0; i < size; i++) this.#out[this.#done++] = this.#take(8);
  }

  #dynamic(): void {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const given = this.#take(4) + 4;
    const order = new Uint8Array(LENGTHS_ORDER.length);
    for (let i = 0; i < given; i++) order[LENGTHS_ORDER[i]] = this.#take(3);
    const code = codeOf(order);
    const lengths = new Uint8Array(literals + distances);
    for (let i = 0; i < lengths.length;) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      if (symbol === 16 && i === 0) refuse("a length of nothing");
      const value = symbol === 16 ? lengths[i - 1] : 0;
      const times = symbol === 16
        ? 3 + this.#take(2)
        : symbol === 17
        ? 3 + this.#take(3)
        : 11 + this.#take(7);
      if (times > lengths.length - i) refuse("too many lengths");
      lengths.fill(value, i, i += times);
    }
    this.#coded(
      codeOf(lengths.subarray(0, literals)),
      codeOf(lengths.subarray(literals)),
    );
  }

  #coded(literals: Code, distances: Code): void {
    const out = this.#out;
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol < END_OF_BLOCK) {
        if (this.#done === out.length) refuse("longer than it says");
        out[this.#done++] = symbol;
        continue;
      }
      if (symbol === END_OF_BLOCK) return;
      const which = symbol - END_OF_BLOCK - 1;
      if (which >= LENGTH_BASE.length) refuse("an unknown length");
      const length = LENGTH_BASE[which] + this.#take(LENGTH_EXTRA[which]);
      const far = this.#symbol(distances);
      if (far >= DISTANCE_BASE.length) refuse("an unknown distance");
      const back = DISTANCE_BASE[far] + this.#take(DISTANCE_EXTRA[far]);
      if (back > this.#done) refuse("a distance to before its beginning");
      if (length > out.length - this.#done) refuse("longer than it says");
      // Not copied at once, because the two may overlap.
      for (let i = 0; i < length; i++, this.#done++) {
        out[this.#done] = out[this.#done - back];
      }
    }
  }
}

/** A prefix code. */
interface Code {
  /** Bits of its longest word. */
  readonly bits: number;
  /** By the next `bits` bits: symbol << 4 | bits of its word; 0 for none. */
  readonly table: Uint16Array;
}

/**
 * Makes a code.
 *
 * @param lengths The bits of each symbol's word, 0 to 15; 0 for no word.
 */
function codeOf(lengths: Uint8Array): Code {
  const counts = new Uint16Array(CODE_BITS_MAX + 1);
  for (const length of lengths) counts[length]++;
  counts[0] = 0;
  let bits = CODE_BITS_MAX;
  while (bits > 0 && counts[bits] === 0) bits--;
  const next = new Uint16Array(CODE_BITS_MAX + 2);
  for (let i = 1, word = 0; i <= bits; i++) {
    word = (word + counts[i - 1]) << 1;
    next[i] = word;
    if (word + counts[i] > 1 << i) refuse("a code with too many words");
  }
  const table = new Uint16Array(1 << bits);
  for (let symbol = 0; symbol < lengths.length; symbol++) {
    const length = lengths[symbol];
    if (length === 0) continue;
    const step = 1 << length;
    for (
      let i = reversed(next[length]++, length);
      i < table.length;
      i += step
    ) {
      table[i] = symbol << 4 | length;
    }
  }
  return { bits, table };
}

/** Reverses bits, because the words of a code come with the highest first. */
function reversed(word: number, bits: number): number {
  let result = 0;
  for (let i = 0; i < bits; i++) result |= (word >>> i & 1) << bits - 1 - i;
  return result;
}

let literals: Code | null = null;
let distances: Code | null = null;

function fixedLiterals(): Code {
  return literals ??= codeOf(
    new Uint8Array(LITERALS).map((_, i) =>
      i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8
    ),
  );
}

function fixedDistances(): Code {
  return distances ??= codeOf(new Uint8Array(DISTANCES).fill(5));
}
