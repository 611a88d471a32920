// SPDX-License-Identifier: MIT
/**
 * Lines that a reader wrote after it had saved its cursor for the last time.
 *
 * The next reader reads their records again. Cutting the file back would be
 * simpler, but nobody can be sure who wrote what is cut, nor that the ring
 * still has it. So nothing is cut: a line that is in the file already is not
 * written again, and a line that does not come again stays.
 *
 * @module
 */
import type { OutputBuffer } from "../formats/output_buffer.ts";

/** What may be done with such lines. */
export interface WrittenOptions {
  /**
   * Whether a last line without an end may be completed, because what is
   * written next goes right behind it.
   */
  readonly completes: boolean;
  /**
   * Tells whether an equal line that is there already belongs to the same
   * record.
   */
  readonly holds: () => boolean;
}

const NEWLINE = 0x0a;
const NONE = -1;
/** The constants of the hash FNV-1a. */
const HASH_START = 0x811c9dc5;
const HASH_FACTOR = 0x01000193;

/**
 * The lines of a part of a file. An equal line is kept as often as it is there.
 */
export class WrittenLines {
  readonly #bytes: Uint8Array;
  readonly #options: WrittenOptions;
  /** Where each line begins, and where the last one ends. */
  readonly #starts: Uint32Array;
  /**
   * Lines that have not come again, in lists by hash: the first line of each
   * list, and the next one for each line.
   */
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  /** The last line, if it has no end; empty if all lines are whole. */
  #begun: Uint8Array;
  #leftBytes: number;
  #foundBytes = 0;

  /** @param bytes The lines, which must not be changed afterwards. */
  constructor(bytes: Uint8Array, options: WrittenOptions) {
    this.#bytes = bytes;
    this.#options = options;
    let count = 0;
    for (const byte of bytes) if (byte === NEWLINE) count++;
    this.#starts = new Uint32Array(count + 1);
    this.#next = new Int32Array(count);
    this.#heads = new Int32Array(2 ** Math.ceil(Math.log2(count + 1)));
    this.#heads.fill(NONE);
    for (let line = 0; line < count; line++) {
      const start = this.#starts[line];
      const { end, hash } = scanned(bytes, start, bytes.length);
      this.#starts[line + 1] = end + 1;
      const slot = hash & (this.#heads.length - 1);
      this.#next[line] = this.#heads[slot];
      this.#heads[slot] = line;
    }
    this.#leftBytes = bytes.length;
    const begun = bytes.subarray(this.#starts[count]);
    this.#begun = options.completes ? begun : begun.subarray(0, 0);
  }

  /** Whether every line has come again. */
  get isDone(): boolean {
    return this.#leftBytes === 0;
  }

  /** Whether the file ends in a line without an end that has not come again. */
  get isBegun(): boolean {
    return this.#begun.length > 0;
  }

  /** Whether no further lines can be found here. */
  get isOver(): boolean {
    return this.isDone || !this.#options.holds();
  }

  /** Bytes of lines that have not come again. */
  get leftBytes(): number {
    return this.#leftBytes;
  }

  /** Bytes of lines that have come again. */
  get foundBytes(): number {
    return this.#foundBytes;
  }

  /**
   * Removes from a buffer the lines that are in the file already.
   *
   * @param start Where the bytes in the buffer begin that are about to be
   * written; they begin a line.
   */
  leaveOut(buffer: OutputBuffer, start: number): void {
    const { bytes, length } = buffer;
    const holds = this.#options.holds();
    let kept = start;
    for (let at = start; at < length;) {
      const { end, hash } = scanned(bytes, at, length);
      const next = Math.min(end + 1, length);
      const skipped = holds && end < length
        ? this.#found(bytes.subarray(at, end), hash)
        : 0;
      if (skipped === 0 && this.isBegun) {
        // The line that was begun is another one, and this one must not become
        // part of it.
        this.#begun = this.#begun.subarray(0, 0);
        const rest = bytes.slice(at, length);
        buffer.filled(kept);
        buffer.appendByte(NEWLINE);
        const restStart = buffer.length;
        buffer.append(rest, 0, rest.length);
        return this.leaveOut(buffer, restStart);
      }
      if (kept < at + skipped) bytes.copyWithin(kept, at + skipped, next);
      kept += next - at - skipped;
      at = next;
    }
    buffer.filled(kept);
  }

  /**
   * Looks for a line, and takes it out of those that have not come again.
   *
   * @returns How many bytes of it, its end included, are there already.
   */
  #found(line: Uint8Array, hash: number): number {
    let found = 0;
    if (this.#take(line, hash)) found = line.length + 1;
    else if (this.isBegun && isEqual(this.#begun, line, this.#begun.length)) {
      found = this.#begun.length;
      this.#begun = this.#begun.subarray(0, 0);
    }
    this.#leftBytes -= found;
    this.#foundBytes += found;
    return found;
  }

  /**
   * Takes a whole line out of those that have not come again, if it is one of
   * them.
   */
  #take(line: Uint8Array, hash: number): boolean {
    const slot = hash & (this.#heads.length - 1);
    let before = NONE;
    for (let i = this.#heads[slot]; i !== NONE; i = this.#next[i]) {
      const start = this.#starts[i];
      const length = this.#starts[i + 1] - start - 1;
      const there = this.#bytes.subarray(start, start + length);
      if (length === line.length && isEqual(there, line, length)) {
        if (before === NONE) this.#heads[slot] = this.#next[i];
        else this.#next[before] = this.#next[i];
        return true;
      }
      before = i;
    }
    return false;
  }
}

/** Returns the end of a line, and a hash of its bytes. */
function scanned(
  bytes: Uint8Array,
  start: number,
  limit: number,
): { end: number; hash: number } {
  let hash = HASH_START;
  let end = start;
  for (; end < limit && bytes[end] !== NEWLINE; end++) {
    hash = Math.imul(hash ^ bytes[end], HASH_FACTOR);
  }
  return { end, hash: hash ^ (hash >>> 15) };
}

/** Tells whether two arrays begin with the same bytes. */
function isEqual(a: Uint8Array, b: Uint8Array, count: number): boolean {
  if (b.length < count) return false;
  for (let i = 0; i < count; i++) if (a[i] !== b[i]) return false;
  return true;
}
