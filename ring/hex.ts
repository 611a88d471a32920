// SPDX-License-Identifier: MIT
/**
 * Bytes as hexadecimal digits. `Uint8Array.toHex` would do, but the releases of
 * Node.js that are in use do not have it.
 *
 * @module
 */

/** Returns two lower-case digits for each byte. */
export function hexOf(bytes: Uint8Array): string {
  let digits = "";
  for (let i = 0; i < bytes.length; i++) {
    digits += bytes[i].toString(16).padStart(2, "0");
  }
  return digits;
}
