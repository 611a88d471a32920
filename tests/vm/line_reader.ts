// SPDX-License-Identifier: MIT
/**
 * Reads lines from a byte stream, with a time limit.
 *
 * @module
 */

/** Reads a stream of text up to lines that begin in a known way. */
export class LineReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  readonly #decoder = new TextDecoder();
  #text = "";

  /** @param stream The stream, which is locked until `close`. */
  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.getReader();
  }

  /**
   * Reads up to the next line that begins with `prefix`.
   *
   * @returns What came before, and the line.
   * @throws {Error} at the stream's end, or after `timeoutMs`.
   */
  async until(
    prefix: string,
    timeoutMs: number,
  ): Promise<{ before: string; line: string }> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.#take(prefix);
      if (found !== null) return found;
      const chunk = await this.#next(deadline - Date.now());
      if (chunk === null) throw new Error(`ended; came: ${this.#tail}`);
      this.#text += this.#decoder.decode(chunk, { stream: true });
    }
  }

  get #tail(): string {
    return this.#text.slice(-500);
  }

  #take(prefix: string): { before: string; line: string } | null {
    const start = this.#text.startsWith(prefix)
      ? 0
      : this.#text.indexOf(`\n${prefix}`) + 1;
    if (start === 0 && !this.#text.startsWith(prefix)) return null;
    const end = this.#text.indexOf("\n", start);
    if (end < 0) return null;
    const before = this.#text.slice(0, start);
    const line = this.#text.slice(start, end);
    this.#text = this.#text.slice(end + 1);
    return { before, line };
  }

  /**
   * Reads the next bytes.
   *
   * @returns Null at the end.
   */
  async #next(timeoutMs: number): Promise<Uint8Array | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`timed out; came: ${this.#tail}`)),
        Math.max(timeoutMs, 0),
      );
    });
    try {
      const { value, done } = await Promise.race([this.#reader.read(), late]);
      return done ? null : value;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * Returns everything up to the stream's end.
   *
   * @throws {Error} after `timeoutMs`.
   */
  async rest(timeoutMs: number): Promise<string> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const chunk = await this.#next(deadline - Date.now());
      if (chunk === null) return this.#text;
      this.#text += this.#decoder.decode(chunk, { stream: true });
    }
  }

  /** Stops reading, and releases the stream. */
  async close(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }
}
