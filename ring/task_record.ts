// SPDX-License-Identifier: MIT
/**
 * Decodes the records that name the tasks of kernel events.
 *
 * @module
 */
import { type Payload, textBytes } from "./events/payload.ts";
import { ABI, TASK } from "./layout.ts";

/** A task, and its name from a record on, as the guest claims. */
export interface TaskName {
  /** Its number: 1 to 2^31 - 1. */
  readonly pid: number;
  /** The number of its process. */
  readonly tgid: number;
  /**
   * Its name as UTF-8; invalid bytes become U+FFFD. It may hold control
   * characters.
   */
  readonly comm: string;
}

// A byte order mark is a part of the name as any other character is.
const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Decodes a record of `ABI.ID_TASK`.
 *
 * @returns Null if it contradicts itself; it is then shown as opaque.
 * Source: `struct ivring_task`.
 */
export function readTask(record: Payload): TaskName | null {
  const { bytes, payloadOffset: at, payloadBytes } = record;
  if (payloadBytes !== TASK.size) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, TASK.size);
  const pid = view.getInt32(TASK.pid, true);
  const length = textBytes(bytes, at + TASK.comm, ABI.COMM_BYTES);
  if (pid < 1 || length === ABI.COMM_BYTES) return null;
  return {
    pid,
    tgid: view.getInt32(TASK.tgid, true),
    comm: commText(bytes, at + TASK.comm, length),
  };
}

/** Decodes the bytes of a name, without its NUL. */
export function commText(
  bytes: Uint8Array<ArrayBuffer>,
  offset: number,
  count: number,
): string {
  return DECODER.decode(bytes.subarray(offset, offset + count));
}
