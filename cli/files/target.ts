// SPDX-License-Identifier: MIT
/**
 * Where records are written to, once they are text.
 *
 * @module
 */

import type { WrittenLines } from "./written_lines.ts";

/** A stream or a file that takes bytes as long as it can. */
export interface Target {
  /** Whether nothing will ever be accepted again. */
  readonly ended: boolean;
  /**
   * Writes what can be written now.
   *
   * @param bytes May be changed again as soon as this returns.
   * @returns Bytes written; 0 if none can be written now; -1 if `ended` and
   * none were written.
   * @throws {Error} with a `code` such as "ENOSPC", if nothing was written.
   */
  writeNow(bytes: Uint8Array<ArrayBuffer>): number;
  /** Waits until more may be taken, but not long. */
  ready(): Promise<void>;
  /** Lines that are there already, and are not written again; null for none. */
  readonly written?: WrittenLines | null;
  /** Takes the length of each message, in order, before it is written. */
  message?(bytes: number): void;
  /** How many bytes of messages may be announced together; any if not given. */
  readonly roomBytes?: number;
  /** Removes the last bytes written, which are the beginning of a message. */
  takeBack?(bytes: number): void;
}
