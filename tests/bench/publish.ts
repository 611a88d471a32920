// SPDX-License-Identifier: MIT
/**
 * Publishes what the last runs have found: as tables in docs/performance.md, and
 * as the files in tests/bench/results that these are made of.
 *
 * What is published has to be what anybody finds who checks out the commit that
 * the page names. So nothing is published that was measured with changes that no
 * commit has, or while there are any, or while git is kept from finding them.
 *
 * @module
 */
import { withTables } from "./page.ts";
import { Published, Results, type Summary } from "./results.ts";
import {
  DIRTY,
  isInHistory,
  isWholeId,
  uncommitted,
  uncompared,
} from "./revision.ts";

/** The folder that runs leave everything in, seen from the root; git ignores it. */
export const RUNS_PATH = "tests/bench/runs";
/** The folder of what is published, seen from the root. */
export const RESULTS_PATH = "tests/bench/results";
/** The page, seen from the root. */
export const PAGE_PATH = "docs/performance.md";

/** How many files a message names. */
const NAMED_MAX = 5;

/** Returns why these results may not be published: one line for each reason. */
function faultsOf(root: string, summary: Summary): string[] {
  const changed = uncommitted(root);
  if (changed === null) {
    return [
      `${root}: it is not the root of a git repository, whose commit the page ` +
      "has to name",
    ];
  }
  const faults = Object.entries(summary).flatMap(([name, { machine }]) => {
    const fault = partFault(root, machine.revision, machine.quick);
    const again = `deno task bench -- --part ${name}`;
    return fault === ""
      ? []
      : [`${name}: ${fault}: measure it again, ${again}`];
  });
  if (faults.length === 0 && Object.keys(summary).length === 0) {
    faults.push("there are no results: measure them first, deno task bench");
  }
  const hidden = uncompared(root);
  if (hidden.length > 0) {
    faults.unshift(
      `${hidden.length} files are not compared with the commit ` +
        `(${named(hidden)}): undo that, git update-index ` +
        "--no-assume-unchanged or --no-skip-worktree",
    );
  }
  if (changed.length > 0) {
    faults.unshift(
      `${changed.length} files differ from the commit (${named(changed)}): ` +
        "commit them, or undo the changes",
    );
  }
  return faults;
}

/** Returns the names of files as a message has them: the first few. */
function named(files: readonly string[]): string {
  const more = files.length > NAMED_MAX ? ", ..." : "";
  return files.slice(0, NAMED_MAX).join(", ") + more;
}

/** Returns why the results of one part may not be published; "" if they may. */
function partFault(root: string, revision: string, quick: boolean): string {
  if (quick) return "a quick run is too short to be quoted";
  if (revision.endsWith(DIRTY)) {
    return `it was measured with changes that no commit has (${revision})`;
  }
  if (!isWholeId(revision)) {
    return `its commit is not known by its whole id (${revision})`;
  }
  return isInHistory(root, revision)
    ? ""
    : `its commit ${revision} did not lead to the one that is checked out`;
}

/**
 * Publishes the results of the last runs. A part that was not run here stays as
 * it was published last.
 *
 * @param root Of the repository.
 * @param order Names of all parts, in the order in which they are told.
 * @returns Why nothing was published, one line for each reason; else nothing.
 */
export function publish(root: string, order: readonly string[]): string[] {
  const published = new Published(`${root}/${RESULTS_PATH}`);
  const all = {
    ...published.read(),
    ...new Results(`${root}/${RUNS_PATH}`, false).read(),
  };
  const summary = Object.fromEntries(
    order.filter((name) => name in all).map((name) => [name, all[name]]),
  );
  const faults = faultsOf(root, summary);
  if (faults.length > 0) return faults;
  // The page is made of what is published, which has fewer digits.
  published.write(summary);
  const page = `${root}/${PAGE_PATH}`;
  const text = withTables(Deno.readTextFileSync(page), published.read());
  Deno.writeTextFileSync(page, text);
  return [];
}
