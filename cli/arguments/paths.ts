// SPDX-License-Identifier: MIT
/**
 * Checks that no two outputs share a path, and that none is an input.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { OBJECTS_FOLDER, shmName } from "../../ffi/shm_object.ts";
import { CommandError, type UsageError } from "../errors.ts";
import {
  flagOf,
  type OptionName,
  OPTIONS,
  type OptionValues,
} from "./options.ts";
import { isPattern, matcher } from "../regions/patterns.ts";
import { archivePath } from "../files/archives.ts";
import { isInside, meant } from "../files/identity.ts";
import { ringNames, whyRing } from "../files/is_a_ring.ts";
import { isInRecording, isInTrace } from "../traces/trace_names.ts";
import { outputRules } from "./output_rules.ts";
import { refused } from "./refused.ts";

const WRITTEN = ["file", "cursor-file", "metrics-file", "output"] as const;
const READ = ["image", "trace", "symbols"] as const;
const SERVED = ["server"] as const;

/** An option that names paths. */
type PathOption = (typeof WRITTEN | typeof READ | typeof SERVED)[number];

/** A path, and what it is for. */
interface Use {
  readonly option: OptionName;
  readonly path: string;
  /** What a message calls the path if another option names it, too. */
  readonly owned: string;
}

/**
 * Checks that no option names a file that another one writes: if the cursor
 * replaced the log, for example, the log would be lost. Nor may an output be a
 * guest's ring, a saved copy of one, or a part of a trace, whether or not that
 * is read.
 *
 * @throws {UsageError} naming both options.
 * @throws {CommandError} naming the path that is a ring, or in a trace.
 */
export function checkPaths(libc: Libc, options: OptionValues): void {
  const read = usesOf(options, READ);
  const given = usesOf(options, WRITTEN);
  const writes = [...archivesOf(options), ...given];
  const uses = [...read, ...writes, ...usesOf(options, SERVED)];
  checkShared(libc, uses, objectsOf(libc, options));
  for (const use of writes) checkInside(libc, use, options.trace);
  for (const use of given) checkTraces(libc, use);
  checkRings(libc, writes);
}

/** Refuses a path that another option names, too. */
function checkShared(
  libc: Libc,
  uses: readonly Use[],
  taken: Map<string, Pick<Use, "option" | "owned">>,
): void {
  for (const use of uses) {
    const key = meant(libc, use.path);
    const other = taken.get(key);
    if (other?.option === "server" && use.option === "server") {
      throw refusedPath(use, "a socket that is given twice");
    }
    if (other !== undefined && other.option !== use.option) {
      throw refusedPath(use, other.owned);
    }
    taken.set(key, use);
  }
}

function refusedPath({ option, path }: Use, why: string): UsageError {
  return refused(option, `: "${path}" is ${why}`);
}

function usesOf(
  options: OptionValues,
  names: readonly PathOption[],
): Use[] {
  return names.flatMap((option) => {
    const owned = `what ${flagOf(option, OPTIONS[option])} names, too`;
    const paths = [options[option]].flat().filter((path) => path !== undefined);
    return paths.map((path) => ({ option, path, owned }));
  });
}

/**
 * Returns the names that the log gets when it is rotated, which replaces any
 * files of these names.
 */
function archivesOf(options: OptionValues): Use[] {
  const output = outputRules(options);
  if (output?.rotation.limitBytes === undefined) return [];
  const { path: log, rotation } = output;
  const option = "file";
  const owned = `what ${flagOf(option, OPTIONS[option])} becomes by rotation`;
  return Array.from({ length: rotation.files - 1 }, (_, i) => {
    return { option, path: archivePath(log, i + 1), owned };
  });
}

/**
 * Finds the objects that are read: those named, whether they exist or not, and
 * existing ones that a pattern or --all reads, or would read once a guest has
 * formatted them.
 */
function objectsOf(
  libc: Libc,
  { shm, all }: OptionValues,
): Map<string, Pick<Use, "option" | "owned">> {
  const found = new Map<string, Pick<Use, "option" | "owned">>();
  const add = (option: "shm" | "all", object: string, verb: string) => {
    const owned = `what ${flagOf(option, OPTIONS[option])} ${verb}, too`;
    found.set(meant(libc, OBJECTS_FOLDER + object), { option, owned });
  };
  const patterns = shm.filter(isPattern).map(matcher);
  for (const name of ringNames(libc, patterns)) add("shm", name, "reads");
  for (const name of all ? ringNames(libc, [() => true]) : []) {
    add("all", name, "reads");
  }
  for (const name of shm) {
    if (!isPattern(name)) add("shm", shmName(name), "names");
  }
  return found;
}

/** Refuses a path in the trace that is read. */
function checkInside(libc: Libc, use: Use, trace?: string): void {
  if (trace === undefined || !isInside(libc, use.path, trace)) return;
  throw refusedPath(
    use,
    `inside of what ${flagOf("trace", OPTIONS.trace)} names`,
  );
}

/**
 * Refuses a path in a trace, because tools would take a file there for one of
 * its streams. For `-o`, the whole folder of a recording is refused.
 */
function checkTraces(libc: Libc, { option, path }: Use): void {
  const isIn = option === "output" ? isInRecording : isInTrace;
  if (!isIn(libc, path)) return;
  throw notHere(option, path, "is in a trace that record made");
}

/** Refuses a path that is a ring of any guest, whether or not it is read. */
function checkRings(libc: Libc, writes: readonly Use[]): void {
  for (const { option, path } of writes) {
    const why = whyRing(libc, path);
    if (why === "") continue;
    throw notHere(option, path, why);
  }
}

function notHere(option: OptionName, path: string, why: string): CommandError {
  const flag = flagOf(option, OPTIONS[option]).replace(/,.*/, "");
  return new CommandError(why, {
    subject: path,
    todo: `give ${flag} another path`,
  });
}
