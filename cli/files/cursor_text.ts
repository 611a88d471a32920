// SPDX-License-Identifier: MIT
/**
 * The text of a cursor file.
 *
 * Version 2 is one JSON object on one line:
 * - `version`;
 * - `object`: null, or the name of the object that was read;
 * - `region`: null before anything was read; else the session's id, and for
 *   each ring `position` in bytes, `seq`, `next` and `drops`, as in
 *   `ring/cursor.ts`;
 * - `file`: null, or the file that the records went to, as in
 *   `file_place.ts`: `identity` (device and inode), `born` (when it was
 *   made, in ns since 1970, as a string; null if unknown), `bytes`, and `tail`:
 *   null, or `bytes` and `sha256` of what stands right before that place;
 * - `ended`: true if the reader ended after saving this, and so wrote nothing
 *   after it;
 * - `checksum`: eight hexadecimal digits, the CRC-32 of all bytes in front of
 *   the comma before its name. It stands last, and the line ends behind it.
 *
 * Version 1 had neither `object`, `ended` and `checksum` nor, in `file`, `born`
 * and `tail`.
 *
 * @module
 */
import {
  CursorError,
  cursorFromJson,
  cursorToJson,
  fieldsOf,
  integerOf,
  type RegionCursor,
} from "../../ring/cursor.ts";
import { crc32 } from "../../ring/crc32.ts";
import { type FilePlace, type Tail, TAIL_BYTES } from "./file_place.ts";

/** How far a reader has come. */
export interface Progress {
  /** The cursor of the region; null before anything was read. */
  readonly region: RegionCursor | null;
  /**
   * The file with the records before the cursor; null if they did not go to a
   * file.
   */
  readonly file: FilePlace | null;
  /** Whether the reader ended without writing anything behind the cursor. */
  readonly ended: boolean;
}

/** What a cursor file holds. */
export interface SavedCursor extends Progress {
  /** Name of the object that was read; null if unknown. */
  readonly object: string | null;
}

/** The beginning of a cursor file of any version. */
export const CURSOR_BEGINS = '{"version":';

/** The last byte of every cursor file. */
export const CURSOR_END = "\n";

const VERSION = 2;
/**
 * Matches the text of this version; the checksum is over what it captures
 * first.
 */
const SUMMED = /^(\{.*),"checksum":"([0-9a-f]{8})"\}\n$/;

/**
 * Returns the text of a cursor file.
 *
 * @param object See `SavedCursor.object`.
 */
export function cursorText(
  { region, file, ended }: Progress,
  object: string | null = null,
): string {
  const text = JSON.stringify({
    version: VERSION,
    object,
    region: region && cursorToJson(region),
    file: file && {
      identity: file.identity,
      born: file.bornNs?.toString() ?? null,
      bytes: file.bytes,
      tail: file.tail,
    },
    ended,
  }).slice(0, -1);
  return `${text},"checksum":"${checksumOf(text)}"}${CURSOR_END}`;
}

function checksumOf(text: string): string {
  const sum = crc32(new TextEncoder().encode(text));
  return sum.toString(16).padStart(8, "0");
}

/**
 * Parses the content of a cursor file.
 *
 * @throws {CursorError} naming what is wrong.
 */
export function parseCursor(bytes: Uint8Array): SavedCursor {
  const text = textOf(bytes);
  const value = jsonOf(text);
  // The version is checked first, because another version may have other
  // fields.
  const { version } = (value ?? {}) as { version?: unknown };
  if (version === 1) {
    const { region, file } = fieldsOf(
      value,
      ["version", "region", "file"],
      "cursor",
    );
    return {
      region: cursorFromJson(region),
      file: file === null ? null : fileOfVersion1(file),
      ended: false,
      object: null,
    };
  }
  if (version !== VERSION) {
    throw new CursorError(
      `version is ${JSON.stringify(version)}, neither 1 nor ${VERSION}`,
    );
  }
  if (typeof value === "object" && !("checksum" in value!)) {
    throw new CursorError("it has no checksum: it was changed, or damaged");
  }
  checkSum(text);
  const { object, region, file, ended } = fieldsOf(
    value,
    ["version", "object", "region", "file", "ended", "checksum"],
    "cursor",
  );
  if (object !== null && typeof object !== "string") {
    throw new CursorError("object is no name");
  }
  if (typeof ended !== "boolean") {
    throw new CursorError("ended is neither true nor false");
  }
  return {
    region: region === null ? null : cursorFromJson(region),
    file: file === null ? null : fileOf(file),
    ended,
    object,
  };
}

/**
 * Decodes the text. A byte order mark is kept, and so refused later, because no
 * reader writes one.
 */
function textOf(bytes: Uint8Array): string {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return decoder.decode(bytes);
  } catch (error) {
    throw new CursorError("is not valid UTF-8", { cause: error });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CursorError("its text is not valid JSON", { cause: error });
  }
}

/**
 * Compares the text with its checksum, because only a reader may change the
 * file.
 */
function checkSum(text: string): void {
  const [, summed = "", stated] = SUMMED.exec(text) ?? [];
  if (stated !== undefined && checksumOf(summed) === stated) return;
  throw new CursorError(
    "its checksum is wrong: the file was changed or damaged after a reader " +
      "had saved it",
  );
}

function fileOfVersion1(value: unknown): FilePlace {
  const { identity, bytes } = fieldsOf(value, ["identity", "bytes"], "file");
  return {
    identity: identityOf(identity),
    bornNs: null,
    bytes: lengthOf(bytes),
    tail: null,
  };
}

function fileOf(value: unknown): FilePlace {
  const { identity, born, bytes, tail } = fieldsOf(
    value,
    ["identity", "born", "bytes", "tail"],
    "file",
  );
  return {
    identity: identityOf(identity),
    bornNs: born === null
      ? null
      : BigInt(matched(born, /^-?\d{1,20}$/, "born")),
    bytes: lengthOf(bytes),
    tail: tail === null ? null : tailOf(tail),
  };
}

function tailOf(value: unknown): Tail {
  const { bytes, sha256 } = fieldsOf(value, ["bytes", "sha256"], "file.tail");
  return {
    bytes: integerOf(bytes, TAIL_BYTES, "file.tail.bytes"),
    sha256: matched(sha256, /^[0-9a-f]{64}$/, "tail.sha256"),
  };
}

function lengthOf(bytes: unknown): number {
  return integerOf(bytes, Number.MAX_SAFE_INTEGER, "file.bytes");
}

function identityOf(identity: unknown): string {
  return matched(identity, /^\d{1,10}:\d{1,10}:\d{1,20}$/, "identity");
}

function matched(value: unknown, pattern: RegExp, name: string): string {
  if (typeof value === "string" && pattern.test(value)) return value;
  throw new CursorError(`file.${name} is not what a reader writes there`);
}
