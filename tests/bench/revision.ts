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
 * Tells whether a folder is the root of a repository's files. A folder inside of
 * another repository is not: git would answer for that one, whose commit says
 * nothing about the files here, and which may ignore them all.
 */
function isRoot(root: string): boolean {
  const { success, text } = ask(root, "rev-parse", "--show-toplevel");
  return success && text === Deno.realPathSync(root);
}

/**
 * Lists what differs from the commit that is checked out: files that were
 * changed, added or removed. Files that git does not know yet are among them,
 * because a program may use them; ignored files are not.
 *
 * @returns Null where no repository has its root, or without git.
 */
export function uncommitted(root: string): string[] | null {
  if (!isRoot(root)) return null;
  const args = ["status", "--porcelain", "--no-renames", "-uall", "-z"];
  const { success, text } = ask(root, ...args);
  if (!success) return null;
  return text.split("\0").filter((line) => line !== "")
    .map((line) => line.slice("XY ".length));
}

/**
 * Lists the files that git does not compare with the commit, because their
 * entries in the index say "assume unchanged" or "skip worktree". `uncommitted`
 * cannot find a change in them.
 */
export function uncompared(root: string): string[] {
  // The tag before each path is lower case for the one, and S for the other.
  return ask(root, "ls-files", "-v", "-z").text.split("\0")
    .filter((line) => /^[a-zS] /.test(line))
    .map((line) => line.slice("S ".length));
}

/**
 * Returns the whole id of the commit that is checked out, with `DIRTY` behind it
 * if files differ from it, or may do so; "unknown" where no repository has its
 * root, or without git.
 */
export function revisionOf(root: string): string {
  const { success, text } = ask(root, "rev-parse", "--verify", "HEAD");
  const changed = uncommitted(root);
  if (!success || changed === null) return "unknown";
  const clean = changed.length === 0 && uncompared(root).length === 0;
  return clean ? text : text + DIRTY;
}

/** Tells whether a revision is a whole id, which names one commit for ever. */
export function isWholeId(revision: string): boolean {
  return /^[0-9a-f]{40}$/.test(revision);
}

/** Tells whether a commit is the one that is checked out, or led to it. */
export function isInHistory(root: string, commit: string): boolean {
  return ask(root, "merge-base", "--is-ancestor", commit, "HEAD").success;
}
