// SPDX-License-Identifier: MIT
/**
 * Prints messages for people on standard error, one line each.
 *
 * @module
 */
import { shownText } from "../../ffi/c_text.ts";
import { escapeShown, replaceUnsafe } from "./unsafe_text.ts";

/**
 * How many notes are remembered. Without a bound, somebody who makes many
 * objects could use up the memory.
 */
const NOTED_MAX = 10_000;

const ENCODER = new TextEncoder();

/**
 * Makes text from outside safe to show: escapes whatever could move the cursor,
 * end the line or be mistaken for something else, and bounds the length.
 */
export function sanitize(text: string, most = 200): string {
  const safe = replaceUnsafe(shownText(text), escapeShown);
  return safe.length > most ? safe.slice(0, most) + "..." : safe;
}

/**
 * Prints one line on standard error. Never throws, because an error could not
 * be reported anywhere else.
 */
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

/** Prints notes, as many as the user wants. */
export class Messages {
  readonly #quiet: boolean;
  readonly #verbose: boolean;
  readonly #noted = new Set<string>();

  /** @param wanted The options that say which notes are printed. */
  constructor(wanted: { quiet: boolean; verbose: boolean }) {
    this.#quiet = wanted.quiet;
    this.#verbose = wanted.verbose && !wanted.quiet;
  }

  /** Prints a note, unless `--quiet` was given. */
  note(text: string): void {
    if (!this.#quiet) complain(text);
  }

  /** Prints a note, unless it was printed before. */
  noteOnce(text: string): void {
    if (this.#noted.has(text)) return;
    if (this.#noted.size < NOTED_MAX) this.#noted.add(text);
    this.note(text);
  }

  /** Whether `detail` prints anything. */
  get detailed(): boolean {
    return this.#verbose;
  }

  /** Prints a note if `--verbose` was given and `--quiet` was not. */
  detail(text: string): void {
    if (this.#verbose) complain(text);
  }
}

/** Prints no notes. */
export const QUIET: Messages = new Messages({ quiet: true, verbose: false });
