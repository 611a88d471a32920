// SPDX-License-Identifier: MIT
/**
 * What a kernel has said on its console, as it would be if nobody had taken the
 * console away from whoever was printing.
 *
 * @module
 */

/** What the kernel says before it prints a message again (since Linux 6.14). */
const REPLAYS = "** replaying previous printk message **";

/**
 * How many of the last lines before a replay are the message that is replayed,
 * up to where it was cut off.
 */
function cutOff(before: readonly string[], replay: readonly string[]): number {
  for (let lines = 1; lines <= before.length; lines++) {
    const cut = before.slice(before.length - lines);
    const whole = cut.slice(0, -1).every((line, i) => line === replay[i]);
    const last = replay[lines - 1] ?? "";
    if (whole && last.startsWith(cut[lines - 1])) return lines;
    if (lines >= replay.length) break;
  }
  return 0;
}

/**
 * Drops what was printed twice. In a panic a CPU takes the console from one that
 * is in the middle of a message; it begins a new line, says so, and prints the
 * message from its beginning. Only what is repeated right after such a notice
 * is dropped, and the notice.
 *
 * @param lines Of the console, none of them empty.
 */
export function withoutReplays(lines: readonly string[]): string[] {
  const kept: string[] = [];
  lines.forEach((line, i) => {
    if (line !== REPLAYS) {
      kept.push(line);
      return;
    }
    const cut = cutOff(kept, lines.slice(i + 1));
    kept.length -= cut;
  });
  return kept;
}
