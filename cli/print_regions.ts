// SPDX-License-Identifier: MIT
/**
 * Printing the records of regions: what `read` and `dump` do.
 *
 * @module
 */
import { Libc } from "../ffi/libc.ts";
import { Output } from "../ffi/output.ts";
import { BatchPool } from "../ring/batch_pool.ts";
import { Totals } from "../ring/totals.ts";
import { Checkpoint } from "./checkpoint.ts";
import { StartCursor } from "./start_cursor.ts";
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
import { consumerStart } from "./regions/attachment.ts";
import type { Consumer } from "./regions/consumer.ts";
import { openServers, servedTargets } from "./regions/served_targets.ts";
import type { Targets } from "./regions/targets.ts";
import { FdWaiter, TimerWaiter } from "./regions/waiter.ts";

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
  const { once, lossless, "cursor-file": cursorPath, file: path } = options;
  const served = servedTargets(options);
  const messages = new Messages(options);
  const lines = tailLines(options.lines);
  const filter = recordFilter(options);
  using libc = new Libc();
  const rules = objectRules(libc, options);
  const makeFormatter = formatterMaker(libc, options);
  const cursor = new StartCursor(libc, options, messages);
  const metrics = MetricsFile.open(libc, options["metrics-file"]);
  using file = openFile(libc, options);
  using stdout = file ? null : new Output(libc, STDOUT_FD, STDOUT_NAME);
  using hangup = file && new HangupSignal();
  using signals = new StopSignals();
  const { stop } = signals;
  using servers = openServers(libc, options, served, { rules, messages });
  using doorbells = servers && new FdWaiter(libc, servers, stop);
  const waiter = doorbells ?? new TimerWaiter(stop);
  const printer = new Printer(file ?? stdout!, path || STDOUT_NAME);
  const pool = new BatchPool();
  /** Whether those that were there at the start are attached to. */
  let started = false;
  const checkpoint = new Checkpoint(libc, {
    file,
    filePath: path,
    cursorPath,
    lossless,
    reopenAsked: () => hangup?.taken() ?? false,
  });
  const make = (kind: Pick<LifeOptions, "name" | "oneOfMany" | "found">) => {
    const totals = new Totals();
    const formatter = makeFormatter(kind.name, !single);
    const notes = new GuestNotes(kind.name, messages);
    const sink = printer.sink(formatter, totals);
    const runs = printer.runs(formatter, totals);
    const open = (buffer: ArrayBuffer, consumer: Consumer | null) => {
      // What comes later is wanted from its beginning.
      const tail = lines === null || started
        ? null
        : new Tail(buffer, lines, filter, pool, totals);
      const start = consumerStart(buffer, consumer);
      const into = { totals, pool, checkpoint };
      const reader = cursor.open(buffer, start, into);
      if (single) checkpoint.attached(reader);
      return new RegionPrint({
        ...{ reader, formatter, notes, sink, runs, filter, tail },
        full: () => printer.full,
        joinOops: options["join-oops"],
        consumer,
        consumed: () =>
          checkpoint.resumable ? checkpoint.consumed : reader.consumed(),
        handsOn: checkpoint.resumable || lossless,
      });
    };
    const awaits = () => cursor.awaits();
    const life = { rules, once, messages, stop, totals, open, awaits };
    return new RegionLife(libc, {
      ...{ ...life, ...kind, lossless, ...servers?.of(kind.name) },
      image: options.image !== "",
    });
  };
  using regions = new Regions(libc, {
    ...{ ...targets, once, lossless, stop, messages, make },
  });
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
      if (printer.settled) regions.written();
      metrics?.update(regions);
    },
  };
  const exitOnLoss = options["exit-on-loss"];
  try {
    await follow(regions, output, { waiter, messages, exitOnLoss });
  } finally {
    metrics?.end(regions);
  }
  regions.end();
  printer.end();
}

function checkCursorOptions(options: OptionValues, single: boolean): void {
  const { incoming, lossless, lines, once } = options;
  if (lossless && lines !== "") {
    throw new UsageError("option -n, --lines: not together with --lossless");
  }
  if (incoming && once) {
    throw new UsageError("option --incoming: not together with --once");
  }
  if (options["cursor-file"] === "") {
    if (!incoming) return;
    throw new UsageError("option --incoming needs --cursor-file FILE");
  }
  if (!single) {
    throw new UsageError("option --cursor-file is for one object: give one -s");
  }
  if (lines === "") return;
  throw new UsageError("option -n, --lines: not together with --cursor-file");
}
