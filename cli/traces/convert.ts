// SPDX-License-Identifier: MIT
/**
 * Makes traces for other tools, which is what `convert` does.
 *
 * @module
 */
import { ERRNO } from "../../ffi/errno.ts";
import { SyscallError } from "../../ffi/errors.ts";
import type { Libc } from "../../ffi/libc.ts";
import { makeFolder, removeFolder } from "../../ffi/names.ts";
import { statPath } from "../../ffi/stat.ts";
import { temporaryPath } from "../../ffi/temporary.ts";
import type { Totals } from "../../ring/totals.ts";
import { CommandError } from "../errors.ts";
import { explained } from "../console/explain.ts";
import { type Messages, sanitize } from "../console/messages.ts";
import type { SessionSettings } from "../regions/session.ts";
import { HostSymbols } from "../symbols/host_symbols.ts";
import { openSymbolFile, type SymbolFile } from "../symbols/symbol_file.ts";
import { recordRegions } from "./record_regions.ts";
import { readRecordedSymbols } from "./recorded_symbols.ts";
import {
  findTraces,
  foldersWithTraces,
  type RecordedTrace,
} from "./find_traces.ts";
import { type Converted, writeTraceDat } from "./trace_dat_file.ts";
import { kallsymsText } from "./trace_dat_symbols.ts";
import { holdTarget } from "./trace_dat_target.ts";

/** Nobody else may read the recording. */
const FOLDER_MODE = 0o700;

/** What is made, and from what. */
export interface ConvertSettings {
  /** What is read: the folder of a trace that was recorded, or a region. */
  readonly from: { readonly trace: string } | {
    readonly region: SessionSettings;
  };
  /** What is made: a trace.dat file, or a folder with CTF. */
  readonly to: "trace.dat" | "ctf";
  /** Where it is made. */
  readonly path: string;
  /** The start of the driver to convert; undefined for the last one. */
  readonly epoch?: number;
  /** Paths of files that name functions of the guest's kernel. */
  readonly symbolPaths: readonly string[];
  readonly messages: Messages;
}

/**
 * Makes a trace for other tools.
 *
 * @throws {CommandError} if there is nothing to convert.
 */
export async function convert(
  libc: Libc,
  settings: ConvertSettings,
): Promise<void> {
  const { from, to, path, symbolPaths } = settings;
  if (to === "trace.dat") checkTarget(libc, path);
  const files = symbolPaths.map((each) => openSymbolFile(libc, each));
  if ("trace" in from) {
    const { trace } = from;
    toTraceDat(libc, settings, files, trace, () => noTrace(trace));
    return;
  }
  const record = (root: string) =>
    recordRegions(libc, { ...from.region, root });
  if (to === "ctf") {
    await record(path);
    return;
  }
  // The folder is beside the file, because that is where there must be room
  // anyway.
  const folder = makeFolderBeside(libc, path);
  try {
    const totals = await record(folder);
    const [name] = from.region.targets.names;
    toTraceDat(libc, settings, files, folder, () => noRecords(name, totals));
  } catch (error) {
    throw explained(named(error, folder, path), "-o");
  } finally {
    removeFolder(libc, folder);
  }
}

/**
 * Makes an error that says what to give instead of a folder without a trace of
 * its own.
 */
function noTrace(folder: string): CommandError {
  const names = foldersWithTraces(folder);
  return names.length === 0
    ? new CommandError("holds no trace", {
      subject: folder,
      todo: "give a directory that ivring_reader record made",
    })
    : new CommandError("holds the traces of several objects", {
      subject: folder,
      todo: `give one of them: ${
        names.map((name) => sanitize(`${folder}/${name}`)).join(", ")
      }`,
    });
}

/** Makes an error that says why there is nothing to convert. */
function noRecords(subject: string, { lost }: Readonly<Totals>): CommandError {
  if (lost === 0) return new CommandError("holds no records yet", { subject });
  return new CommandError(
    `none of its records was read: ${lost} were overwritten meanwhile`,
    { subject, todo: "try again, or give --trace what record makes of it" },
  );
}

/**
 * Makes an error name the file, because the user does not know the temporary
 * folder.
 */
function named(error: unknown, folder: string, path: string): unknown {
  const inFolder = error instanceof SyscallError &&
    error.subject.startsWith(folder);
  if (!inFolder) return error;
  return new SyscallError(error.syscall, error.errno, path);
}

/**
 * Refuses a target that is not a file, or is somebody else's, before anything
 * is read.
 *
 * @throws {CommandError} naming the target and what to do.
 */
function checkTarget(libc: Libc, path: string): void {
  try {
    const kind = statPath(libc, path)?.kind ?? "file";
    if (kind === "file") return holdTarget(libc, path)[Symbol.dispose]();
    // The link itself would be replaced, and /dev/stdout is a link that
    // everybody uses.
    if (kind === "symbolic link") {
      throw new SyscallError("open", ERRNO.ELOOP, path);
    }
    const todo = "give -o the name of a file";
    throw new CommandError(`is a ${kind}`, { subject: path, todo });
  } catch (error) {
    throw explained(error, "-o");
  }
}

/**
 * Makes a temporary folder beside a path.
 *
 * @throws {CommandError} naming the path and what to do.
 */
function makeFolderBeside(libc: Libc, path: string): string {
  const folder = temporaryPath(path);
  try {
    makeFolder(libc, folder, FOLDER_MODE);
    return folder;
  } catch (error) {
    throw explained(named(error, folder, path), "-o");
  }
}

function toTraceDat(
  libc: Libc,
  { path, epoch, messages }: ConvertSettings,
  files: readonly SymbolFile[],
  folder: string,
  ifEmpty: () => CommandError,
): void {
  const traces = findTraces(folder);
  if (traces.length === 0) throw ifEmpty();
  const chosen = choose(traces, epoch);
  const others = traces.filter((each) => each !== chosen)
    .map(({ info }) => info.epoch);
  if (epoch === undefined && others.length > 0) {
    messages.note(
      `${path} is of the last start of the guest's driver, epoch ` +
        `${chosen.info.epoch}; others are there: ` +
        others.join(", ") + "; --epoch N takes one of them",
    );
  }
  const published = readRecordedSymbols(libc, chosen.folders);
  const host = files.length === 0
    ? null
    : new HostSymbols(files, path, messages)
      .symbolsFor(published?.summary ?? null);
  const sources = [host, published].filter((each) => each !== null);
  const unshown = unshownText(
    writeTraceDat(chosen, path, kallsymsText(sources)),
  );
  if (unshown !== "") messages.note(unshown);
}

/** Returns the last trace, or the last one of the given epoch. */
function choose(
  traces: readonly RecordedTrace[],
  epoch: number | undefined,
): RecordedTrace {
  const wanted = epoch === undefined
    ? traces
    : traces.filter(({ info }) => info.epoch === epoch);
  if (wanted.length > 0) return wanted[wanted.length - 1];
  const there = new Set(traces.map(({ info }) => info.epoch));
  throw new CommandError(
    `option --epoch: no record is of epoch ${epoch}; there are records of ` +
      `epoch ${[...there].join(", ")}`,
  );
}

function unshownText(
  { opaque, tooLong, broken, contradictions }: Converted,
): string {
  return [
    opaque > 0 ? `${opaque} records left out that nothing describes` : "",
    tooLong > 0 ? `${tooLong} events left out that are longer than a page` : "",
    contradictions > 0
      ? `${contradictions} parts of long messages left out that contradict them`
      : "",
    broken > 0 ? `${broken} files end in something that is no packet` : "",
  ].filter((text) => text !== "").join(", ");
}
