// SPDX-License-Identifier: MIT
/**
 * Which options go together. The parser refuses a command line whose options do
 * not; options of the configuration file that do not fit are left out.
 *
 * @module
 */
import { flagOf, type OptionName, OPTIONS } from "../arguments/options.ts";
import { refused } from "../arguments/refused.ts";
import type { Given } from "./parse_arguments.ts";
import { isPattern } from "../regions/patterns.ts";

/** What an option goes with, by names of options and of `CONDITIONS`. */
interface Fit {
  /** It has an effect only with at least one of these. */
  readonly needs?: readonly string[];
  /** It cannot be combined with any of these. */
  readonly not?: readonly string[];
  /** If the configuration file gives it, it is left out beside these. */
  readonly yields?: readonly string[];
}

/** Options that say what is read: one is enough. */
const SOURCES = ["shm", "all", "image", "trace"] as const;

function otherSources(name: typeof SOURCES[number]): readonly string[] {
  return SOURCES.filter((each) => each !== name);
}

/** What each option goes with. If two clash, messages begin with the first. */
const FITS: Readonly<Record<string, Fit>> = {
  server: { not: ["all", "once", "a pattern"] },
  trace: { not: [...otherSources("trace"), "a CTF trace as the target"] },
  image: { not: otherSources("image") },
  all: { not: [...otherSources("all"), "server"] },
  shm: { not: otherSources("shm") },
  epoch: { not: ["a CTF trace as the target"] },
  symbols: { not: ["a CTF trace as the target"] },
  raw: { not: ["safe"] },
  safe: { not: ["raw"] },
  lines: { not: ["lossless", "cursor-file"] },
  lossless: { not: ["lines", "count"] },
  count: { not: ["lossless"] },
  create: { needs: ["size"], not: ["all", "a pattern"] },
  mode: { needs: ["create", "server"] },
  // The record command, which always has -o, takes these for its chunks.
  "rotate-mib": { needs: ["file", "output"] },
  "keep-files": { needs: ["rotate-mib", "rotate-seconds"] },
  "cursor-file": { not: ["lines", "all", "a pattern", "several objects"] },
  incoming: { needs: ["cursor-file"], not: ["once"] },
  // On one command line -q wins, wherever it stands.
  quiet: { yields: ["verbose"] },
};

/** Other things that an option may need, or may not be combined with. */
const CONDITIONS: Readonly<
  Record<string, (given: Readonly<Given>) => boolean>
> = {
  "a pattern": (given) => objectsOf(given).some(isPattern),
  "several objects": (given) => new Set(objectsOf(given)).size > 1,
  "a CTF trace as the target": ({ to }) => String(to).toLowerCase() === "ctf",
  // Standard output cannot be rotated.
  file: ({ file }) => isGiven(file) && file !== "-",
};

function objectsOf({ shm }: Readonly<Given>): string[] {
  return (shm ?? []) as string[];
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false;
}

function holds(name: string, given: Readonly<Given>): boolean {
  return CONDITIONS[name]?.(given) ?? isGiven(given[name]);
}

/**
 * Checks that the given options go together, and that each of them has an
 * effect.
 *
 * @param taken The options that the command takes.
 * @throws {UsageError} naming both options.
 */
export function checkFits(
  given: Readonly<Given>,
  taken: readonly string[],
): void {
  for (const name of Object.keys(FITS) as OptionName[]) {
    if (!isGiven(given[name])) continue;
    const why = clash(FITS[name].not, given) || lackOf(name, given, taken);
    if (why !== "") throw refused(name, ` ${why}`);
  }
}

/** Returns why an option does not fit; "" if none of the others is given. */
function clash(
  others: readonly string[] | undefined,
  given: Readonly<Given>,
): string {
  const other = others?.find((each) => holds(each, given));
  return other === undefined ? "" : `does not go together with ${shown(other)}`;
}

/**
 * Returns why an option of the configuration file is left out.
 *
 * @returns Such as "does not go together with --all"; "" if it is not left out.
 */
export function yieldsTo(name: string, given: Readonly<Given>): string {
  return clash(FITS[name]?.yields, given) || clash(FITS[name]?.not, given);
}

/**
 * Returns what an option lacks in order to have an effect.
 *
 * @param taken The options that the command takes.
 * @returns Such as "needs --create or --server"; "" if it lacks nothing.
 */
export function lackOf(
  name: string,
  given: Readonly<Given>,
  taken: readonly string[],
): string {
  const needs = (FITS[name]?.needs ?? []).filter((each) =>
    taken.includes(each)
  );
  if (needs.length === 0 || needs.some((each) => holds(each, given))) return "";
  return `needs ${needs.map(shown).join(" or ")}`;
}

function shown(name: string): string {
  if (!Object.hasOwn(OPTIONS, name)) return name;
  return flagOf(name, OPTIONS[name as OptionName]);
}
