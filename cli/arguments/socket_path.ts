// SPDX-License-Identifier: MIT
/**
 * Checks the paths of sockets.
 *
 * @module
 */
import { checkSocketPath } from "../../ffi/unix_socket.ts";
import { ValueError } from "../errors.ts";

/**
 * Checks a value of --server.
 *
 * @returns The same text.
 * @throws {ValueError}
 */
export function socketPath(text: string): string {
  try {
    checkSocketPath(text);
    return text;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ValueError(error.message, { cause: error });
  }
}
