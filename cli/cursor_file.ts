// SPDX-License-Identifier: MIT
/**
 * A cursor on disk: replaced as a whole, and trusted no more than any file.
 *
 * Version 1 is one JSON object: `version`, `region` (the session's id, and for
 * each ring `position` in bytes, `seq`, `next` and `drops`, as in
 * `ring/cursor.ts`), and `file`: null, or `identity` (device and inode) and
 * `bytes` of the file that the records went to.
 *
 * @module
 */
import type { Libc } from "../ffi/libc.ts";
import { replaceFile } from "../ffi/replace_file.ts";
import { statPath } from "../ffi/stat.ts";
import {
  CursorError,
  cursorFromJson,
  cursorToJson,
  fieldsOf,
  integerOf,
  type RegionCursor,
} from "../ring/cursor.ts";
import { CommandError } from "./errors.ts";
import type { FilePlace } from "./outputs/append_file.ts";

/** What a cursor file holds. */
export interface SavedCursor {
  readonly region: RegionCursor;
  /** Where the records before it are; null if that is no file. */
  readonly file: FilePlace | null;
}

const VERSION = 1;
/** The last byte of every file. */
const END = "\n";
/** More than a region with the most rings needs. */
const BYTES_MAX = 1 << 20;

/**
 * Reads a cursor file.
 *
 * @returns Null where there is none.
 * @throws {CommandError} naming the file, where it is no cursor.
 */
export function loadCursor(libc: Libc, path: string): SavedCursor | null {
  const stat = statPath(libc, path);
  if (stat === null) return null;
  try {
    // Not opened if it is anything else: a FIFO would block.
    if (stat.kind !== "file") throw new CursorError(`is a ${stat.kind}`);
    if (stat.bytes > BYTES_MAX) throw new CursorError("is too large");
    return parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (!(error instanceof CursorError || error instanceof SyntaxError)) {
      throw error;
    }
    throw refusal(path, error);
  }
}

/**
 * Whether a cursor file that is copied here is there, to its last byte.
 *
 * @throws As {@linkcode loadCursor}.
 */
export function hasArrived(libc: Libc, path: string): boolean {
  const stat = statPath(libc, path);
  if (stat?.kind !== "file") return false;
  if (stat.bytes > BYTES_MAX) return true; // for `loadCursor` to refuse
  return Deno.readTextFileSync(path).endsWith(END);
}

/**
 * Says what to do about a cursor that cannot be used.
 *
 * @param cause Why it cannot be.
 */
export function refusal(path: string, cause: Error): CommandError {
  return new CommandError(
    `${path}: no cursor of this region: ${cause.message}: remove the file to ` +
      "start at the oldest record",
    { cause },
  );
}

function parse(text: string): SavedCursor {
  const names = ["version", "region", "file"] as const;
  // The version first: another one may have other fields.
  const version = (JSON.parse(text) as { version?: unknown } | null)?.version;
  if (version !== VERSION) {
    throw new CursorError(`version is ${version}, not ${VERSION}`);
  }
  const { region, file } = fieldsOf(JSON.parse(text), names, "cursor");
  return { region: cursorFromJson(region), file: parseFile(file) };
}

function parseFile(value: unknown): FilePlace | null {
  if (value === null) return null;
  const { identity, bytes } = fieldsOf(value, ["identity", "bytes"], "file");
  if (typeof identity !== "string" || !/^\d+:\d+:\d+$/.test(identity)) {
    throw new CursorError("file.identity is no device and inode");
  }
  return {
    identity,
    bytes: integerOf(bytes, Number.MAX_SAFE_INTEGER, "file.bytes"),
  };
}

/** What the file will hold. */
export function cursorText({ region, file }: SavedCursor): string {
  const place = file && { identity: file.identity, bytes: file.bytes };
  return JSON.stringify({
    version: VERSION,
    region: cursorToJson(region),
    file: place,
  }) + END;
}

/**
 * Writes a cursor file, so that a crash leaves the old or the new one.
 *
 * @param text From {@linkcode cursorText}.
 * @throws {SyscallError} such as ENOSPC; the old one is then still there.
 */
export function saveCursor(libc: Libc, path: string, text: string): void {
  replaceFile(libc, path, new TextEncoder().encode(text));
}
