// SPDX-License-Identifier: MIT
/**
 * What is told to people: on standard error, one line each.
 *
 * @module
 */
import { shownText } from "../../ffi/c_text.ts";
import { escapeShown, replaceUnsafe } from "./unsafe_text.ts";

/** Bounds the memory that somebody who makes many objects can cost. */
const NOTED_MAX = 10_000;

const ENCODER = new TextEncoder();

/**
 * Text from outside, made safe to show: what could move the cursor, end the
 * line or be taken for something else is escaped, and its length bounded.
 */
export function sanitize(text: string, most = 200): string {
  const safe = replaceUnsafe(shownText(text), escapeShown);
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
  readonly #noted = new Set<string>();

  /** @param wanted The options that say how much to tell. */
  constructor(wanted: { quiet: boolean; verbose: boolean }) {
    this.#quiet = wanted.quiet;
    this.#verbose = wanted.verbose && !wanted.quiet;
  }

  /** A note, unless `--quiet`. */
  note(text: string): void {
    if (!this.#quiet) complain(text);
  }

  /** Prints a note, unless it was printed before. */
  noteOnce(text: string): void {
    if (this.#noted.has(text)) return;
    if (this.#noted.size < NOTED_MAX) this.#noted.add(text);
    this.note(text);
  }

  /** A note for `--verbose`. */
  detail(text: string): void {
    if (this.#verbose) complain(text);
  }
}

/** Nothing is told. */
export const QUIET: Messages = new Messages({ quiet: true, verbose: false });
