// SPDX-License-Identifier: MIT
/**
 * Parses what a guest says about the symbols that it published. PROTOCOL.md
 * describes it under "Symbols".
 *
 * @module
 */
import { RingCorruptError } from "../errors.ts";
import { ABI } from "../layout.ts";

/** What became of a guest's symbols; the words are those of the summary. */
export const SYMBOL_STATES = [
  "complete",
  "partial",
  "no room",
  "hidden",
] as const;

/** One of `SYMBOL_STATES`. */
export type SymbolState = typeof SYMBOL_STATES[number];

/** The address that a symbol has in the guest. */
export interface Anchor {
  readonly name: string;
  readonly address: bigint;
}

/** What a guest says about its symbols. */
export interface SymbolSummary {
  readonly state: SymbolState;
  /** How many slices belong together, from the first one on. */
  readonly slices: number;
  /** How many symbols the guest has, whether they found room or not. */
  readonly symbols: number;
  /** The room that all symbols need in the metadata area, in bytes. */
  readonly neededBytes: number;
  /** Addresses by which symbols of another source can be moved; few. */
  readonly anchors: readonly Anchor[];
}

/** How many slices there can be: each has an id of its own. */
const SLICES_MAX = ABI.META_ID_LAST - ABI.META_ID_SYMBOLS;
const TEXT_BYTES_MAX = 4096;
const ANCHORS_MAX = 32;
const LINE = /^([a-z]{1,16}): ([ -~]{1,600})$/;
const ANCHOR = /^([0-9a-f]{1,16}) ([!-~]{1,64})$/;
const NUMBER = /^\d{1,9}$/;

const ascii = new TextDecoder("latin1");

function refuse(line: string, limit: string): never {
  throw new RingCorruptError(
    "symbols",
    line.slice(0, 64).replace(/[^ -~]/g, "?"),
    limit,
  );
}

/**
 * Parses a summary. Lines with an unknown word are left out, because later
 * guests may say more.
 *
 * @throws {RingCorruptError} naming the line.
 */
export function parseSummary(text: Uint8Array): SymbolSummary {
  if (text.length > TEXT_BYTES_MAX || text[text.length - 1] !== 0x0a) {
    refuse(`of ${text.length} bytes`, "up to 4096 bytes of lines");
  }
  const values = new Map<string, string>();
  const anchors: Anchor[] = [];
  for (const line of ascii.decode(text).slice(0, -1).split("\n")) {
    const [, word, value] = LINE.exec(line) ?? refuse(line, "a word and value");
    if (word !== "anchor") {
      values.set(word, value);
      continue;
    }
    const [, digits, name] = ANCHOR.exec(value) ?? refuse(line, "an anchor");
    if (anchors.length === ANCHORS_MAX) refuse(line, "fewer anchors");
    anchors.push({ name, address: BigInt(`0x${digits}`) });
  }
  const number = (word: string) => {
    const value = values.get(word) ?? "";
    return NUMBER.test(value) ? Number(value) : refuse(word, "a number");
  };
  const slices = number("slices");
  if (slices > SLICES_MAX) refuse(`${slices} slices`, `${SLICES_MAX} at most`);
  const state = SYMBOL_STATES.find((each) => each === values.get("state")) ??
    refuse(values.get("state") ?? "no state", SYMBOL_STATES.join(", "));
  return {
    state,
    slices,
    symbols: number("symbols"),
    neededBytes: number("needed"),
    anchors,
  };
}
