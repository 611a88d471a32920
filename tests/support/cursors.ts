// SPDX-License-Identifier: MIT
/**
 * Writes cursor files that no reader wrote, like somebody who forges them.
 *
 * @module
 */
import { crc32 } from "../../ring/crc32.ts";

/** Puts the right checksum into a cursor's JSON, which ends with a newline. */
export function summed(text: string): string {
  const front = text.slice(0, text.lastIndexOf("}"));
  const sum = crc32(new TextEncoder().encode(front));
  return `${front},"checksum":"${sum.toString(16).padStart(8, "0")}"}\n`;
}

/**
 * Changes a cursor file so that its text stays valid. If the cursor is changed
 * to version 1, what that version did not have is left out.
 *
 * @param change Changes the content, which comes without the checksum.
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
