// SPDX-License-Identifier: MIT
/**
 * C strings, above all names of files, which may hold any byte but NUL. A byte
 * that is not part of valid UTF-8 becomes a lone surrogate, from U+DC80 for
 * 0x80 to U+DCFF for 0xff. No valid text holds these, so every possible name
 * has a text from which its bytes can be restored.
 *
 * @module
 */

const BYTES_FROM = 0xdc00;
/** Lone surrogates: in Unicode mode the halves of a pair do not match. */
const LONE_BYTE = /[\udc80-\udcff]/u;
const LONE_BYTES = /([\udc80-\udcff])/u;
const SEQUENCE_BYTES_MAX = 4;

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ENCODER = new TextEncoder();

/** Returns the bytes of a text, whether `textOf` has made it or not. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  if (!LONE_BYTE.test(text)) return ENCODER.encode(text);
  const bytes = text.split(LONE_BYTES).flatMap((piece) =>
    LONE_BYTE.test(piece)
      ? [piece.charCodeAt(0) - BYTES_FROM]
      : [...ENCODER.encode(piece)]
  );
  return new Uint8Array(bytes);
}

/** Returns the text that stands for any bytes. @param bytes Without the NUL. */
export function textOf(bytes: Uint8Array): string {
  const whole = decoded(bytes);
  if (whole !== null) return whole;
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const count = sequenceBytes(bytes, at);
    text += count === 0
      ? String.fromCharCode(BYTES_FROM + bytes[at])
      : decoded(bytes.subarray(at, at + count));
    at += Math.max(count, 1);
  }
  return text;
}

/** Returns the length of the character that begins there; 0 if invalid. */
function sequenceBytes(bytes: Uint8Array, at: number): number {
  for (let count = 1; count <= SEQUENCE_BYTES_MAX; count++) {
    if (at + count > bytes.length) return 0;
    if (decoded(bytes.subarray(at, at + count)) !== null) return count;
  }
  return 0;
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return DECODER.decode(bytes);
  } catch {
    return null;
  }
}

/** Makes a text fit for display: bytes of invalid UTF-8 become "\\xff". */
export function shownText(text: string): string {
  return text.replace(
    new RegExp(LONE_BYTE, "gu"),
    (byte) => `\\x${(byte.charCodeAt(0) - BYTES_FROM).toString(16)}`,
  );
}
