// SPDX-License-Identifier: MIT
/**
 * Printing the records of regions: what `read` and `dump` do.
 *
 * @module
 */
import { Libc } from "../ffi/libc.ts";
import { Output } from "../ffi/output.ts";
import { BatchPool } from "../ring/batch_pool.ts";
import { CursorError } from "../ring/cursor.ts";
import { RegionReader } from "../ring/reader.ts";
import { Totals } from "../ring/totals.ts";
import { Checkpoint } from "./checkpoint.ts";
import { loadCursor, refusal } from "./cursor_file.ts";
import { UsageError } from "./errors.ts";
import { recordFilter } from "./filter.ts";
import { follow, type FollowOutput } from "./regions/follow.ts";
import { GuestNotes } from "./guest_notes.ts";
import { Messages } from "./messages.ts";
import { MetricsFile } from "./metrics.ts";
import { objectRules } from "./regions/objects.ts";
import type { OptionValues } from "./options.ts";
import { formatterMaker } from "./outputs/choose.ts";
import { openFile } from "./outputs/open.ts";
import { Printer } from "./printer.ts";
import { type LifeOptions, RegionLife } from "./regions/region_life.ts";
import { RegionPrint } from "./region_print.ts";
import { Regions } from "./regions/regions.ts";
import { HangupSignal, StopSignals } from "./signals.ts";
import { Tail, tailLines } from "./tail.ts";
import type { Targets } from "./regions/targets.ts";

const STDOUT_FD = 1;
const STDOUT_NAME = "standard output";

/**
 * Prints what the options ask for, until it ends.
 *
 * @param options Of the command; those it does not take have their defaults.
 * @param targets Which objects.
 * @throws {UsageError} naming the flag.
 * @throws As `follow`.
 */
export async function printRegions(
  options: OptionValues,
  targets: Targets,
): Promise<void> {
  const { single } = targets;
  checkCursorOptions(options, single);
  const { once, "cursor-file": cursorPath, file: path } = options;
  const messages = new Messages(options);
  const lines = tailLines(options.lines);
  const filter = recordFilter(options);
  using libc = new Libc();
  const rules = objectRules(libc, options);
  const makeFormatter = formatterMaker(libc, options);
  const cursor = new StartCursor(libc, cursorPath, messages);
  const metrics = MetricsFile.open(libc, options["metrics-file"]);
  using file = openFile(libc, options);
  using stdout = file ? null : new Output(libc, STDOUT_FD, STDOUT_NAME);
  using hangup = file && new HangupSignal();
  using signals = new StopSignals();
  const { stop } = signals;
  const printer = new Printer(file ?? stdout!, path || STDOUT_NAME);
  const pool = new BatchPool();
  /** Whether those that were there at the start are attached to. */
  let started = false;
  const checkpoint = new Checkpoint(libc, {
    file,
    filePath: path,
    cursorPath,
    reopenAsked: () => hangup?.taken() ?? false,
  });
  const make = (kind: Pick<LifeOptions, "name" | "oneOfMany" | "found">) => {
    const totals = new Totals();
    const formatter = makeFormatter(kind.name, !single);
    const notes = new GuestNotes(kind.name, messages);
    const sink = printer.sink(formatter, totals);
    const open = (buffer: ArrayBuffer) => {
      // What comes later is wanted from its beginning.
      const tail = lines === null || started
        ? null
        : new Tail(buffer, lines, filter, pool, totals);
      const reader = cursor.open(buffer, totals, pool, checkpoint);
      if (single) checkpoint.attached(reader);
      return new RegionPrint({
        ...{ reader, formatter, notes, sink, filter, tail },
        joinOops: options["join-oops"],
        handsOn: checkpoint.resumable,
      });
    };
    const life = { rules, once, messages, stop, totals, open, ...kind };
    return new RegionLife(libc, { ...life, image: options.image !== "" });
  };
  using regions = new Regions(libc, { ...targets, once, stop, messages, make });
  const output: FollowOutput = {
    get ended() {
      return printer.ended;
    },
    get full() {
      return printer.full;
    },
    flush: async (turned) => {
      started = true;
      await printer.flush(stop);
      const held = regions.lives.some(({ work }) => work?.held ?? false);
      if (printer.settled && !held) checkpoint.reached(turned);
      metrics?.update(regions);
    },
  };
  const exitOnLoss = options["exit-on-loss"];
  try {
    await follow(regions, output, { stop, messages, exitOnLoss });
  } finally {
    metrics?.end(regions);
  }
  regions.end();
  printer.end();
}

function checkCursorOptions(options: OptionValues, single: boolean): void {
  if (options["cursor-file"] === "") return;
  if (!single) {
    throw new UsageError("option --cursor-file is for one object: give one -s");
  }
  if (options.lines === "") return;
  throw new UsageError("option -n, --lines: not together with --cursor-file");
}

/** The cursor to begin with; used once at most. */
class StartCursor {
  readonly #path: string;
  readonly #messages: Messages;
  #saved: ReturnType<typeof loadCursor>;

  constructor(libc: Libc, path: string, messages: Messages) {
    this.#path = path;
    this.#messages = messages;
    this.#saved = path === "" ? null : loadCursor(libc, path);
  }

  /** Begins to read; brings the file back to where the cursor was saved. */
  open(
    buffer: ArrayBuffer,
    totals: Totals,
    pool: BatchPool,
    checkpoint: Checkpoint,
  ): RegionReader {
    const saved = this.#saved;
    const reader = this.#reader(buffer, totals, pool);
    this.#saved = null; // whatever comes next is not where it was made
    if (reader.resumed) checkpoint.restore(saved!);
    else if (saved !== null) {
      this.#messages.note(
        `${this.#path} is of another session: starting at the oldest record`,
      );
    }
    return reader;
  }

  #reader(buffer: ArrayBuffer, totals: Totals, pool: BatchPool): RegionReader {
    try {
      return new RegionReader(buffer, totals, this.#saved?.region, pool);
    } catch (error) {
      if (!(error instanceof CursorError)) throw error;
      throw refusal(this.#path, error);
    }
  }
}
