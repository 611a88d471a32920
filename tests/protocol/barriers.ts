// SPDX-License-Identifier: MIT
/**
 * Checks the labels of barriers: each barrier of the driver and of the reader has
 * one, in a comment, such as `MO(publish:B) pairs with RingReader.loadCommit:A`.
 * In any other text a label stands without `MO()`.
 *
 * @module
 */

/** Sources, and other texts that name labels, by their paths. */
export interface Labelled {
  readonly sources: ReadonlyMap<string, string>;
  readonly others: ReadonlyMap<string, string>;
  /** The document, whose section "Memory ordering" has a row for each label. */
  readonly document: string;
}

const LABEL = String.raw`(?:[A-Za-z_]\w*\.)?[A-Za-z_]\w*:[A-Z](?!\w)`;
const LABELS = new RegExp(String.raw`(?<![\w.])${LABEL}`, "g");
const LABEL_AT_SITE = new RegExp(String.raw`MO\((${LABEL})\)`, "g");
const NAMES_PAIRS = new RegExp(
  String
    .raw`^ (?:has no pair|pairs with ((?:(?:, | and )?(?:itself|${LABEL}))+))`,
);

/** Matches the calls that order memory in C and in TypeScript. */
const CALLS =
  /\b(?:barrier|[rw]?mb|(?:virt|dma)_\w+|smp_(?:[rw]?mb|mb__\w+|store_\w+|load_\w+)|ivring_cmpxchg|atomic_\w+_(?:acquire|release))\(|\bAtomics\.\w+\(|\.fence\(\)/g;
/** Matches a string, whose text is neither code nor comment, or a comment. */
const TOKENS =
  /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|(\/\*[^]*?\*\/|(?:^[ \t]*\/\/.*\n)+|\/\/.*)/gm;

interface Comment {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A label in the comment of its barrier. */
interface Site {
  readonly path: string;
  readonly label: string;
  /** The labels that it pairs with: none, or null if the comment does not say. */
  readonly pairs: readonly string[] | null;
}

/** Separates comments from code, in which blanks replace them and strings. */
function take(source: string): { code: string; comments: Comment[] } {
  const comments: Comment[] = [];
  const code = source.replaceAll(TOKENS, (all, _string, comment, start) => {
    if (comment !== undefined) {
      const lines = all.replaceAll(/^\s*(?:\/\/|\/?\*+)|\*\/$/gm, " ");
      const text = lines.replaceAll(/\s+/g, " ");
      comments.push({ start, end: start + all.length, text });
    }
    return all.replaceAll(/[^\n]/g, " ");
  });
  return { code, comments };
}

/** Returns the barriers whose own or preceding comment has no label. */
function unlabelled(path: string, source: string): string[] {
  const { code, comments } = take(source);
  let used: Comment | null = null;
  return [...code.matchAll(CALLS)].flatMap(({ 0: call, index }) => {
    const lineEnd = code.indexOf("\n", index);
    const own = comments.find(({ start }) => start > index && start < lineEnd);
    const comment = own ?? comments.findLast(({ end }) => end <= index);
    // One comment does not serve two barriers.
    const isLabelled = comment !== used && comment?.text.includes("MO(");
    used = comment ?? null;
    if (isLabelled) return [];
    const line = code.slice(0, index).split("\n").length;
    return [`${path}:${line}: ${call} has no label`];
  });
}

function sitesOf(path: string, source: string): Site[] {
  return take(source).comments.flatMap(({ text }) =>
    [...text.matchAll(LABEL_AT_SITE)].map(({ 0: all, 1: label, index }) => {
      const said = NAMES_PAIRS.exec(text.slice(index + all.length));
      const named = said?.[1] ?? "";
      const pairs = [...named.matchAll(LABELS)].map(([pair]) => pair);
      if (named.includes("itself")) pairs.push(label);
      return { path, label, pairs: said && pairs };
    })
  );
}

/** Returns what is wrong with one label. */
function faultsOf(
  { path, label, pairs }: Site,
  all: readonly Site[],
  { sources }: Labelled,
): string[] {
  const faults: string[] = [];
  if (all.filter((site) => site.label === label).length > 1) {
    faults.push("stands twice");
  }
  if (pairs === null) faults.push("does not say what it pairs with");
  for (const pair of pairs ?? []) {
    const other = all.find((site) => site.label === pair);
    if (other === undefined) {
      faults.push(`pairs with ${pair}, which is nowhere`);
    } else if (!other.pairs?.includes(label)) {
      faults.push(`pairs with ${pair}, which does not name it`);
    }
  }
  const [place, letter] = label.split(":");
  const before = String.fromCharCode(letter.charCodeAt(0) - 1);
  if (letter !== "A" && !all.some((s) => s.label === `${place}:${before}`)) {
    faults.push(`there is no ${place}:${before}`);
  }
  const { code } = take(sources.get(path)!);
  const [name, owner] = place.split(".").reverse();
  if (
    !new RegExp(String.raw`\b${name}\(`).test(code) ||
    (owner !== undefined && !code.includes(`class ${owner} `))
  ) faults.push(`there is no ${place}()`);
  return faults.map((fault) => `${path}: ${label}: ${fault}`);
}

/** Returns what is wrong with the labels, a line for each fault. */
export function labelFaults(labelled: Labelled): string[] {
  const { sources, others, document } = labelled;
  const all = [...sources].flatMap(([path, text]) => sitesOf(path, text));
  const faults = [...sources].flatMap(([path, text]) => unlabelled(path, text));
  faults.push(...all.flatMap((site) => faultsOf(site, all, labelled)));
  const known = new Set(all.map(({ label }) => label));
  const comments = [...sources].map(([path, text]): [string, string] => [
    path,
    take(text).comments.map((comment) => comment.text).join("\n"),
  ]);
  for (
    const [path, text] of [...comments, ...others, ["PROTOCOL.md", document]]
  ) {
    for (const [label] of text.matchAll(LABELS)) {
      if (!known.has(label)) faults.push(`${path}: ${label} is nowhere`);
    }
  }
  const [, section = ""] = document.split("\n## Memory ordering\n");
  const rows = section.split("\n## ")[0].match(/^\|.*$/gm) ?? [];
  for (const label of known) {
    if (!rows.some((row) => row.includes(`\`${label}\``))) {
      faults.push(`PROTOCOL.md: no row has ${label}`);
    }
  }
  return faults;
}
