// SPDX-License-Identifier: MIT
/**
 * The part of `@std/streams` 1.x that this project uses.
 *
 * @module
 */

/** Returns the bytes of a whole stream. */
export function toBytes(
  stream: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer>>;
/** Returns the text of a whole stream, decoded as UTF-8. */
export function toText(stream: ReadableStream): Promise<string>;
/** Turns chunks of text into lines without their line ends. */
export class TextLineStream extends TransformStream<string, string> {
  constructor(options?: { allowCR: boolean });
}
/** Turns chunks of bytes into the parts between delimiters. */
export class DelimiterStream
  extends TransformStream<Uint8Array, Uint8Array<ArrayBuffer>> {
  constructor(
    delimiter: Uint8Array,
    options?: { disposition?: "suffix" | "prefix" | "discard" },
  );
}
/** Merges several streams into one, which has the chunks as they come. */
export function mergeReadableStreams<T>(
  ...streams: ReadableStream<T>[]
): ReadableStream<T>;
