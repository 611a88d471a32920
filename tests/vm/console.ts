// SPDX-License-Identifier: MIT
/**
 * Restores what a kernel has printed on its console, as if no CPU had taken the
 * console away from another one that was printing.
 *
 * @module
 */

/**
 * What the kernel prints before it prints a message again (since Linux 6.14).
 */
const REPLAYS = "** replaying previous printk message **";

/**
 * Returns how many of the last lines before a replay belong to the replayed
 * message, which was cut off.
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
 * Removes what was printed twice. In a panic a CPU takes the console from
 * another one that is in the middle of a message. It begins a new line, prints
 * a notice, and then prints the message from its beginning. Only the notice is
 * removed, and what is repeated right after it.
 *
 * @param lines The console's lines, none of them empty.
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
