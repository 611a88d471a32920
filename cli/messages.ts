// SPDX-License-Identifier: MIT
/**
 * What is told to people: on standard error, one line each.
 *
 * @module
 */

const ENCODER = new TextEncoder();

/**
 * Text from outside, made safe to show: what could move the cursor, end the
 * line or be taken for something else is escaped, and its length bounded.
 */
export function sanitize(text: string, most = 200): string {
  const safe = text.replace(
    // deno-lint-ignore no-control-regex
    /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return safe.length > most ? safe.slice(0, most) + "..." : safe;
}

/** Prints one line on standard error. Never throws: there is nobody to tell. */
export function complain(text: string): void {
  let bytes = ENCODER.encode(`ivring_reader: ${sanitize(text, 2000)}\n`);
  try {
    while (bytes.length > 0) {
      bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
    }
  } catch {
    // Standard error is closed.
  }
}

/** Notes, as far as they are wanted. */
export class Messages {
  readonly #quiet: boolean;
  readonly #verbose: boolean;

  /** @param wanted The options that say how much to tell. */
  constructor(wanted: { quiet: boolean; verbose: boolean }) {
    this.#quiet = wanted.quiet;
    this.#verbose = wanted.verbose && !wanted.quiet;
  }

  /** A note, unless `--quiet`. */
  note(text: string): void {
    if (!this.#quiet) complain(text);
  }

  /** A note for `--verbose`. */
  detail(text: string): void {
    if (this.#verbose) complain(text);
  }
}
