// SPDX-License-Identifier: MIT
/**
 * Cursors, which say where a reader is, so that another one can go on there.
 * They are kept outside of the region, and are checked like everything that
 * this process did not make.
 *
 * @module
 */
import type { RegionInfo } from "./header.ts";
import { ABI, BLOCK } from "./layout.ts";

/** Where the reader is in one ring. */
export interface RingCursor {
  /** Position of the record with `seq`, in bytes; a block's start if it is not
   * known yet where in the block the next record will lie. */
  readonly position: number;
  /** Sequence of the first record that is needed again. */
  readonly seq: number;
  /**
   * Sequence of the first record that was not delivered. It is above `seq`
   * while a split message is under way, whose first part is `seq`: the records
   * between were delivered, except for the parts of that message.
   */
  readonly next: number;
  /** The guest's count of dropped records up to here. */
  readonly drops: number;
  /**
   * Whether `next` may be of a later moment than the rest, because a process
   * was killed between two stores. The records between were delivered then,
   * although no message is under way.
   */
  readonly torn?: boolean;
}

/** Where the reader is in a region. */
export interface RegionCursor {
  /** The session, within which alone positions are valid. */
  readonly sessionId: bigint;
  /** A cursor for each ring, in descriptor order. */
  readonly rings: readonly RingCursor[];
}

/** Reports a value that is no cursor, or that cannot be one of this region. */
export class CursorError extends Error {
  /** The name of this class. */
  override readonly name = "CursorError";
}

const RING_FIELDS = ["position", "seq", "next", "drops"] as const;

/**
 * Turns a cursor into what `JSON.stringify` takes, to be kept in a file.
 *
 * @example Save where a reader is, and go on there
 * ```ts
 * import { cursorFromJson, cursorToJson, RecordReader } from "@ivring/ring";
 *
 * export function saved(reader: RecordReader): string | null {
 *   const cursor = reader.cursor();
 *   return cursor === null ? null : JSON.stringify(cursorToJson(cursor));
 * }
 *
 * export function goneOn(memory: ArrayBuffer, text: string): RecordReader {
 *   return new RecordReader(memory, { cursor: cursorFromJson(JSON.parse(text)) });
 * }
 * ```
 */
export function cursorToJson(cursor: RegionCursor): object {
  return {
    session: cursor.sessionId.toString(16).padStart(16, "0"),
    rings: cursor.rings.map(({ position, seq, next, drops }) => ({
      ...{ position, seq, next, drops },
    })),
  };
}

/**
 * Turns what {@linkcode cursorToJson} made back into a cursor; see its example.
 *
 * @param value What `JSON.parse` gave.
 * @throws {CursorError} naming the field that is wrong.
 */
export function cursorFromJson(value: unknown): RegionCursor {
  const { session, rings } = fieldsOf(value, ["session", "rings"], "region");
  if (typeof session !== "string" || !/^[0-9a-f]{16}$/.test(session)) {
    throw new CursorError("session is not 16 hexadecimal digits");
  }
  if (
    !Array.isArray(rings) || rings.length === 0 || rings.length > ABI.RINGS_MAX
  ) {
    throw new CursorError(`rings is no list of 1 to ${ABI.RINGS_MAX}`);
  }
  return { sessionId: BigInt(`0x${session}`), rings: rings.map(ringFromJson) };
}

function ringFromJson(value: unknown, index: number): RingCursor {
  const where = `rings[${index}]`;
  const fields = fieldsOf(value, RING_FIELDS, where);
  const [position, seq, next, drops] = RING_FIELDS.map((name) =>
    integerOf(fields[name], ABI.POSITION_LIMIT - 1, `${where}.${name}`)
  );
  if (position % ABI.RECORD_ALIGN !== 0) {
    throw new CursorError(`${where}.position is ${position}, no multiple of 8`);
  }
  if (next < seq) {
    throw new CursorError(`${where}.next is ${next}, below seq, ${seq}`);
  }
  return { position, seq, next, drops };
}

/**
 * Checks that a value is an object with exactly the fields named.
 *
 * @param where What the error calls the value.
 * @throws {CursorError}
 */
export function fieldsOf<Name extends string>(
  value: unknown,
  names: readonly Name[],
  where: string,
): Record<Name, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new CursorError(`${where} is no object`);
  }
  const found = Object.keys(value);
  const missing = names.find((name) => !found.includes(name));
  if (missing !== undefined) {
    throw new CursorError(`${where} has no ${missing}`);
  }
  const extra = found.find((name) => !names.includes(name as Name));
  if (extra !== undefined) {
    throw new CursorError(`${where} has an unknown ${extra}`);
  }
  return value as Record<Name, unknown>;
}

/**
 * Checks that a value is an integer from 0 to `most`.
 *
 * @param where What the error calls the value.
 * @throws {CursorError}
 */
export function integerOf(value: unknown, most: number, where: string): number {
  if (
    typeof value === "number" && Number.isInteger(value) &&
    value >= 0 && value <= most
  ) return value;
  throw new CursorError(`${where} is ${value}, no integer from 0 to ${most}`);
}

/**
 * Checks a cursor of the region's own session.
 *
 * @throws {CursorError} if it cannot be one of this region.
 */
export function checkCursor(cursor: RegionCursor, info: RegionInfo): void {
  if (cursor.rings.length !== info.rings.length) {
    throw new CursorError(
      `it has ${cursor.rings.length} rings, and the region has ${info.rings.length}`,
    );
  }
  for (const [i, { position }] of cursor.rings.entries()) {
    const offset = position % info.blockBytes;
    const inHeader = offset !== 0 && offset < BLOCK.size;
    if (position < info.blockBytes || inHeader) {
      throw new CursorError(
        `rings[${i}].position is ${position}, where no record can be`,
      );
    }
  }
}
