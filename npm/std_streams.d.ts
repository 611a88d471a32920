// SPDX-License-Identifier: MIT
/**
 * The part of `@std/streams` 1.x that this project uses.
 *
 * @module
 */

/** The bytes of a whole stream. */
export function toBytes(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>>;
/** The text of a whole stream, UTF-8. */
export function toText(stream: ReadableStream): Promise<string>;
/** Text chunks in, lines out, without their line ends. */
export class TextLineStream extends TransformStream<string, string> {
  constructor(options?: { allowCR: boolean });
}
/** Byte chunks in, parts between delimiters out. */
export class DelimiterStream
  extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  constructor(
    delimiter: Uint8Array,
    options?: { disposition?: "suffix" | "prefix" | "discard" },
  );
}
/** Several streams as one, chunks as they come. */
export function mergeReadableStreams<T>(
  ...streams: ReadableStream<T>[]
): ReadableStream<T>;
