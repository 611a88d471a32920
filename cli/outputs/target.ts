// SPDX-License-Identifier: MIT
/**
 * What records are written to, once they are text.
 *
 * @module
 */

/** A stream or a file that takes bytes as long as it can. */
export interface Target {
  /** Whether nothing will ever be taken again. */
  readonly ended: boolean;
  /**
   * Writes what can be written now.
   *
   * @param bytes May be changed again as soon as this returns.
   * @returns Bytes written, 0 where none can be now; -1 if `ended`.
   * @throws {Error} with a `code` such as "ENOSPC", if nothing was written.
   */
  writeNow(bytes: Uint8Array<ArrayBuffer>): number;
  /** Waits until more may be taken, but not long. */
  ready(): Promise<void>;
  /** Told the length of each message, in order, before it is written. */
  message?(bytes: number): void;
  /** Bytes of messages of which it may be told together; any if not given. */
  readonly roomBytes?: number;
  /** Takes back the last bytes written, the beginning of a message. */
  takeBack?(bytes: number): void;
}
