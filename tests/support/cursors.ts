// SPDX-License-Identifier: MIT
/**
 * Cursor files that no reader wrote, as somebody would forge them.
 *
 * @module
 */
import { crc32 } from "../../ring/crc32.ts";

/** Gives a cursor's JSON, which ends with a line end, the right checksum. */
export function summed(text: string): string {
  const front = text.slice(0, text.lastIndexOf("}"));
  const sum = crc32(new TextEncoder().encode(front));
  return `${front},"checksum":"${sum.toString(16).padStart(8, "0")}"}\n`;
}

/**
 * Changes a cursor file so that its text stays valid.
 *
 * @param change Of what is in it, without the checksum. What version 1 did not
 * have is left out of a cursor that becomes one of that version.
 */
export function editCursor<Json extends { version: number }>(
  path: string,
  change: (cursor: Json) => void,
): void {
  const { checksum: _, ...rest } = JSON.parse(Deno.readTextFileSync(path));
  const cursor = rest as Json & { object?: unknown };
  change(cursor);
  if (cursor.version === 1) delete cursor.object;
  const text = `${JSON.stringify(cursor)}\n`;
  Deno.writeTextFileSync(path, cursor.version === 1 ? text : summed(text));
}
