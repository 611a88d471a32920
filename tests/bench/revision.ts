// SPDX-License-Identifier: MIT
/**
 * Which commit a repository is at, and whether its files are those of it.
 *
 * @module
 */

/** What a revision ends with if files differ from the commit. */
export const DIRTY = "-dirty";

interface Answer {
  readonly success: boolean;
  readonly text: string;
}

/** Asks git about a repository; without git there is no answer. */
function ask(root: string, ...args: string[]): Answer {
  try {
    const { success, stdout } = new Deno.Command("git", {
      args: ["-C", root, ...args],
      stdin: "null",
      stderr: "null",
    }).outputSync();
    return { success, text: new TextDecoder().decode(stdout).trimEnd() };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return { success: false, text: "" };
    }
    throw error;
  }
}

/**
 * Lists what differs from the commit that is checked out: files that were
 * changed, added or removed. Files that git does not know yet are among them,
 * because a program may use them; ignored files are not.
 *
 * @returns Null where there is no repository, or no git.
 */
export function uncommitted(root: string): string[] | null {
  const args = ["status", "--porcelain", "--no-renames", "-uall", "-z"];
  const { success, text } = ask(root, ...args);
  if (!success) return null;
  return text.split("\0").filter((line) => line !== "")
    .map((line) => line.slice("XY ".length));
}

/**
 * Returns the whole id of the commit that is checked out, with `DIRTY` behind it
 * if files differ from it; "unknown" where there is no repository, or no git.
 */
export function revisionOf(root: string): string {
  const { success, text } = ask(root, "rev-parse", "--verify", "HEAD");
  if (!success) return "unknown";
  return uncommitted(root)?.length === 0 ? text : text + DIRTY;
}

/** Tells whether a commit is the one that is checked out, or led to it. */
export function isInHistory(root: string, commit: string): boolean {
  return ask(root, "merge-base", "--is-ancestor", commit, "HEAD").success;
}
