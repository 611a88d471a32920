// SPDX-License-Identifier: MIT
/**
 * Checks that no two outputs share a path, and that none is what is read.
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
import { ringNames, whyRing } from "../files/not_a_ring.ts";
import { isInRecording, isInTrace } from "../traces/trace_names.ts";
import { outputRules } from "./output_rules.ts";
import { refused } from "./refused.ts";

const WRITTEN = ["file", "cursor-file", "metrics-file", "output"] as const;
const READ = ["image", "trace"] as const;
const SERVED = ["server"] as const;

/** An option that names paths. */
type PathOption = (typeof WRITTEN | typeof READ | typeof SERVED)[number];

/** A path, and what it is for. */
interface Use {
  readonly option: OptionName;
  readonly path: string;
  /** Says of what else would use the path that it is this one's. */
  readonly owned: string;
}

/**
 * Checks that no option names a file that another one writes: a cursor that
 * takes the place of the log would destroy it. Nor does one name a guest's ring,
 * a saved copy of one, or a part of a trace, whether that is read or not.
 *
 * @throws {UsageError} naming both.
 * @throws {CommandError} naming the ring, or what is in a trace.
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

/** Refuses a path that is another option's. */
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

/** The names that the log gets as it is rotated: it replaces what has them. */
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
 * Objects that are read: those named, whether they are there or not, and those
 * there that a pattern or --all reads, or would once a guest has formatted them.
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
 * its streams. Nothing that `-o` makes is anywhere in a recording.
 */
function checkTraces(libc: Libc, { option, path }: Use): void {
  const isIn = option === "output" ? isInRecording : isInTrace;
  if (!isIn(libc, path)) return;
  throw notHere(option, path, "is in a trace that record made");
}

/** Refuses rings, whichever guest's, also those that nobody reads. */
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
