// SPDX-License-Identifier: MIT
/**
 * The default command: print the records of a region, and follow it.
 *
 * @module
 */
import { Libc } from "../ffi/libc.ts";
import { Output } from "../ffi/output.ts";
import { CursorError } from "../ring/cursor.ts";
import { RegionReader } from "../ring/reader.ts";
import { Totals } from "../ring/totals.ts";
import { Checkpoint } from "./checkpoint.ts";
import type { Command } from "./commands.ts";
import { loadCursor, refusal, type SavedCursor } from "./cursor_file.ts";
import { Follower } from "./follow.ts";
import { GuestNotes } from "./guest_notes.ts";
import { Messages } from "./messages.ts";
import { OBJECT_OPTIONS, objectRules } from "./objects.ts";
import type { OptionValues } from "./options.ts";
import { FORMATS } from "./outputs/mod.ts";
import { isSafe, openFile } from "./outputs/open.ts";
import { Printer } from "./printer.ts";
import { eachRegion } from "./regions.ts";
import { HangupSignal, StopSignals } from "./signals.ts";
import type { WaitOptions } from "./wait.ts";

const STDOUT_FD = 1;
const STDOUT_NAME = "standard output";

/** `ivring_reader -s NAME`. */
export const READ: Command = {
  name: "read",
  summary: "Print records as they come",
  options: [
    "shm",
    ...OBJECT_OPTIONS,
    "format",
    "raw",
    "safe",
    "file",
    "rotate-mib",
    "keep-files",
    "cursor-file",
    "exit-on-loss",
    "once",
    "quiet",
    "verbose",
  ],
  run: read,
};

async function read(options: OptionValues): Promise<void> {
  const { shm: name, once, "cursor-file": cursorPath, file: path } = options;
  const messages = new Messages(options);
  const safe = isSafe(options);
  using libc = new Libc();
  const rules = objectRules(libc, options);
  let saved = cursorPath === "" ? null : loadCursor(libc, cursorPath);
  using file = openFile(libc, options);
  using stdout = file ? null : new Output(libc, STDOUT_FD, STDOUT_NAME);
  using hangup = file && new HangupSignal();
  using signals = new StopSignals();
  const target = file ?? stdout!;
  const { stop } = signals;
  const totals = new Totals();
  const wait: WaitOptions<RegionReader> = {
    name,
    rules,
    once,
    messages,
    stop,
    pointless: () => target.ended,
    open: (buffer) => openReader(buffer, totals, saved, cursorPath),
  };
  const format = FORMATS.find((each) => each.name === options.format)!;
  const formatter = format.create(name, safe);
  const printer = new Printer(target, path || STDOUT_NAME, formatter, totals);
  const notes = new GuestNotes(name, messages);
  const checkpoint = new Checkpoint(libc, {
    file,
    filePath: path,
    cursorPath,
    reopenAsked: () => hangup?.taken() ?? false,
  });
  const exitOnLoss = options["exit-on-loss"];
  await eachRegion(libc, wait, totals, (reader, object) => {
    if (reader.resumed) checkpoint.restore(saved!);
    else if (saved !== null) {
      messages.note(
        `${cursorPath} is of another session: starting at the oldest record`,
      );
    }
    saved = null; // whatever comes next is not where it was made
    checkpoint.attached(reader);
    const follower = new Follower(reader, printer, notes, checkpoint);
    return follower.run({ once, stop, object, exitOnLoss });
  });
  printer.end();
}

function openReader(
  buffer: ArrayBuffer,
  totals: Totals,
  saved: SavedCursor | null,
  cursorPath: string,
): RegionReader {
  try {
    return new RegionReader(buffer, totals, saved?.region);
  } catch (error) {
    if (!(error instanceof CursorError)) throw error;
    throw refusal(cursorPath, error);
  }
}
