// SPDX-License-Identifier: MIT
/**
 * Splits C into words, as far as is needed to find its parts again.
 *
 * @module
 */

/** A word of C and where it stands. */
export interface CWord {
  readonly kind: "text" | "name" | "other";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const WORD =
  /"(?:\\[^]|[^"\\])*"|'(?:\\[^]|[^'\\])+'|[A-Za-z_]\w*|\.?\d[\w.]*|->|<<|>>|[^\s]/g;

/** Returns the words of a piece of C. */
export function wordsOf(text: string): CWord[] {
  return [...text.matchAll(WORD)].map((match) => {
    const [word] = match;
    const kind = word[0] === '"'
      ? "text"
      : /^[A-Za-z_]/.test(word)
      ? "name"
      : "other";
    return {
      kind,
      text: word,
      start: match.index,
      end: match.index + word.length,
    };
  });
}

/** Splits at the commas that are in no brackets. */
export function splitAtCommas(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (const word of wordsOf(text)) {
    if (/^[([{]$/.test(word.text)) depth++;
    else if (/^[)\]}]$/.test(word.text)) depth--;
    else if (word.text === "," && depth === 0) {
      parts.push(text.slice(start, word.start).trim());
      start = word.end;
    }
  }
  parts.push(text.slice(start).trim());
  return parts;
}

/**
 * Returns the index of the bracket that closes the one at `open`; that of the
 * last word if none does.
 */
export function closing(words: readonly CWord[], open: number): number {
  let depth = 0;
  for (let i = open; i < words.length; i++) {
    if (/^[([{]$/.test(words[i].text)) depth++;
    else if (/^[)\]}]$/.test(words[i].text) && --depth === 0) return i;
  }
  return words.length - 1;
}

/** Returns the names that stand for themselves, which are no members. */
export function freeNames(text: string): Set<string> {
  const words = wordsOf(text);
  return new Set(
    words.filter(({ kind }, i) =>
      kind === "name" && !/^(->|\.)$/.test(words[i - 1]?.text ?? "")
    ).map((word) => word.text),
  );
}

/** A function's call: its arguments as they stand, trimmed. */
export interface CCall {
  readonly name: string;
  readonly args: readonly string[];
}

/** Returns all calls, outer ones before those in their arguments. */
export function callsIn(text: string): CCall[] {
  const words = wordsOf(text);
  return words.flatMap((word, i): CCall[] => {
    if (word.kind !== "name" || words[i + 1]?.text !== "(") return [];
    const end = closing(words, i + 1);
    const args = splitAtCommas(text.slice(words[i + 1].end, words[end].start));
    return [{ name: word.text, args }];
  });
}

/**
 * Leaves out the entries of tables, such as `{ NAME, "text" }`, whose value
 * names one of these names.
 */
export function withoutEntries(
  text: string,
  names: ReadonlySet<string>,
): string {
  const words = wordsOf(text);
  let result = "";
  let kept = 0;
  for (let i = 1; i < words.length; i++) {
    if (words[i].text !== "{" || words[i - 1].text !== ",") continue;
    const end = closing(words, i);
    const inner = text.slice(words[i].end, words[end].start);
    const [value, ...rest] = splitAtCommas(inner);
    if (rest.length !== 1) continue;
    if (freeNames(value).isDisjointFrom(names)) continue;
    result += text.slice(kept, words[i - 1].start);
    kept = words[end].end;
  }
  return result + text.slice(kept);
}
