// SPDX-License-Identifier: MIT
/**
 * "Did you mean": the word that somebody probably wanted to type.
 *
 * @module
 */

/** Returns how many letters may be wrong in a word of the given length. */
function mostWrong(length: number): number {
  return length < 3 ? 0 : Math.max(1, Math.floor(length / 3));
}

/**
 * Finds the word that was meant: one that differs in case only, one that begins
 * with what was typed, or one that is a few letters away.
 *
 * @returns Null if no word is similar.
 */
export function closest(
  word: string,
  candidates: Iterable<string>,
): string | null {
  const typed = word.toLowerCase();
  let best: string | null = null;
  let least = Infinity;
  for (const candidate of candidates) {
    const wanted = candidate.toLowerCase();
    const begins = typed.length > 1 && wanted.startsWith(typed);
    const away = begins && wanted !== typed
      ? 0.5
      : distance(typed, wanted, mostWrong(typed.length));
    if (away < least) [best, least] = [candidate, away];
  }
  return best;
}

/**
 * Ends a sentence about an unknown word.
 *
 * @returns Such as "; did you mean list?"; "" if no word is similar.
 */
export function didYouMean(
  word: string,
  candidates: Iterable<string>,
): string {
  const found = closest(word, candidates);
  return found === null ? "" : `; did you mean ${found}?`;
}

/**
 * Counts the letters that have to be inserted, deleted, replaced, or swapped
 * with their neighbours.
 *
 * @returns Infinity if there are more than `most`.
 */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return Infinity;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(
        last[j] + 1,
        row[j - 1] + 1,
        last[j - 1] + (same ? 0 : 1),
      );
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] &&
        a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length] <= most ? last[b.length] : Infinity;
}
