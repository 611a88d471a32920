// SPDX-License-Identifier: MIT
/**
 * Prints the records of regions: what the commands read and dump do.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { Output } from "../../ffi/output.ts";
import { BatchPool } from "../../ring/batch_pool.ts";
import { Snapshot } from "../../ring/region_snapshot.ts";
import { Totals } from "../../ring/totals.ts";
import { Checkpoint } from "../files/checkpoint.ts";
import { CursorFile } from "../files/cursor_file.ts";
import { MetricsFile } from "../files/metrics_file.ts";
import { openFile, type OutputRules } from "../files/open_target.ts";
import { StartCursor } from "../files/start_cursor.ts";
import type {
  Formatter,
  OutputFormat,
  PrintStyle,
} from "../formats/formatter.ts";
import { shownText } from "../../ffi/c_text.ts";
import { consumerStart } from "../regions/attachment.ts";
import type { Consumer } from "../regions/consumer.ts";
import { checkThere, namesNow, stillNames } from "../regions/look_once.ts";
import type { FollowOutput } from "../regions/main_loop.ts";
import { GuestNotes } from "../regions/guest_notes.ts";
import { BEAT_MS } from "../regions/heartbeat_check.ts";
import {
  type Kind,
  Session,
  type SessionSettings,
  type Task,
} from "../regions/session.ts";
import { HangupSignal } from "../signals.ts";
import { HostSymbols } from "../symbols/host_symbols.ts";
import { openSymbolFile, type SymbolFile } from "../symbols/symbol_file.ts";
import {
  type RecordFilter,
  recordFilter,
  type Wanted,
  wantsGuest,
} from "./record_filter.ts";
import { RecordWriter } from "./record_writer.ts";
import { RegionPrinter } from "./region_printer.ts";
import { Tail } from "./tail.ts";
import { Unmatched } from "./unmatched.ts";

const STDOUT_FD = 1;
/** A larger region is not copied, since it is not overwritten as quickly. */
const SNAPSHOT_MAX = 1 << 30;
const STDOUT_NAME = "standard output";

/** What is printed, how, and where it goes. */
export interface PrintSettings extends SessionSettings {
  readonly format: OutputFormat;
  readonly style: PrintStyle;
  /** Whether people see changes of a guest's state among the records. */
  readonly marksSeen: boolean;
  /** Which records are wanted. */
  readonly wanted: Wanted;
  /**
   * How many of the last records of each object to begin with; undefined for
   * all.
   */
  readonly lines?: number;
  /** Paths of files that name functions of guests' kernels. */
  readonly symbolPaths: readonly string[];
  /** Whether the lines of an oops are joined into one record. */
  readonly joinOops: boolean;
  /** The file that records go to; undefined for standard output. */
  readonly output?: OutputRules;
  /** Path of the cursor file; undefined for none. */
  readonly cursorPath?: string;
  /** Whether to wait until the cursor has been copied here. */
  readonly incoming: boolean;
  /** Path of the metrics file; undefined for none. */
  readonly metricsPath?: string;
  /** Whether to end once a record is lost. */
  readonly exitOnLoss: boolean;
  /**
   * Whether to check first which guests' heartbeats stand still; for commands
   * that do not follow them.
   */
  readonly checksHearts: boolean;
}

/**
 * Prints what is wanted, until it ends.
 *
 * @throws What `follow` throws.
 */
export async function printRegions(
  libc: Libc,
  settings: PrintSettings,
): Promise<void> {
  const { once, checksHearts, metricsPath, targets, rules } = settings;
  // If there is no ring, this throws before any file is made. Metrics, however,
  // are written even then, to say so.
  if (once && !checksHearts && metricsPath === undefined) {
    namesNow(libc, targets);
  }
  const still = checksHearts ? await stillNames(libc, targets, rules) : [];
  using printing = new Printing(libc, settings, still);
  await printing.run();
}

/** One command's printing. */
class Printing implements Disposable {
  readonly #stack: DisposableStack;
  readonly #settings: PrintSettings;
  /** Names of the objects whose guests' heartbeats stand still. */
  readonly #still: readonly string[];
  readonly #symbolFiles: readonly SymbolFile[];
  readonly #cursor: StartCursor;
  readonly #metrics: MetricsFile | null;
  readonly #writer: RecordWriter;
  readonly #checkpoint: Checkpoint;
  readonly #filter: RecordFilter | null;
  readonly #unmatched: Unmatched;
  readonly #pool = new BatchPool();
  readonly #session: Session;
  /** Whether the objects that were there at the start are attached. */
  #started = false;

  /** Opens everything that is written to, and then what is read. */
  constructor(libc: Libc, settings: PrintSettings, still: readonly string[]) {
    using stack = new DisposableStack();
    this.#settings = settings;
    this.#still = still;
    const { targets, rules, messages, wanted, once, lossless } = settings;
    const { output, cursorPath, metricsPath, incoming, format } = settings;
    const [object = ""] = targets.names;
    const { symbolPaths } = settings;
    this.#symbolFiles = symbolPaths.map((path) => openSymbolFile(libc, path));
    // A command that does not wait and has nothing to read leaves no empty
    // files.
    if (once && targets.single) {
      checkThere(libc, object, { rules, image: targets.isCopy });
    }
    const cursorFile = cursorPath === undefined
      ? null
      : stack.use(CursorFile.open(libc, cursorPath, object));
    this.#cursor = new StartCursor(cursorFile, incoming, messages);
    this.#metrics = metricsPath === undefined
      ? null
      : stack.use(MetricsFile.open(libc, metricsPath));
    const file = output === undefined
      ? null
      : stack.use(openFile(libc, output));
    if (!incoming) cursorFile?.begin(); // only once everything else was opened
    const stdout = file === null
      ? stack.use(new Output(libc, STDOUT_FD, STDOUT_NAME))
      : null;
    const hangup = file && stack.use(new HangupSignal());
    // A command that prints what is there and ends does not wait for room.
    const waits = !once && (stdout === null || stdout.isFile);
    const path = output?.path ?? STDOUT_NAME;
    this.#writer = new RecordWriter(file ?? stdout!, path, waits);
    this.#checkpoint = new Checkpoint(libc, {
      file,
      filePath: path,
      cursorFile,
      lossless,
      reopenAsked: () => hangup?.taken() ?? false,
      distinct: format.distinct,
    });
    this.#filter = recordFilter(wanted);
    this.#unmatched = new Unmatched(wanted, messages);
    const begin = (kind: Kind) => this.#begin(kind);
    this.#session = stack.use(new Session(libc, settings, begin));
    this.#stack = stack.move();
  }

  /** Prints to the end. */
  async run(): Promise<void> {
    const { regions } = this.#session;
    const { exitOnLoss } = this.#settings;
    try {
      await this.#session.follow(this.#output(), exitOnLoss);
    } finally {
      this.#metrics?.end(regions);
    }
    regions.end();
    this.#writer.end();
    if (this.#writer.settled) this.#checkpoint.end();
    this.#metrics?.settle();
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }

  #output(): FollowOutput {
    const writer = this.#writer;
    return {
      get ended() {
        return writer.ended;
      },
      get full() {
        return writer.full;
      },
      flush: (turned) => this.#flush(turned),
    };
  }

  async #flush(turned: boolean): Promise<void> {
    this.#started = true;
    const { regions, stop } = this.#session;
    await this.#writer.flush(stop);
    const held = regions.lives.some(({ work }) => work?.held ?? false);
    if (this.#writer.settled && !held) this.#checkpoint.reached(turned);
    if (this.#writer.settled) regions.written();
    this.#metrics?.update(regions);
    this.#unmatched.report(regions.lives.map(({ work }) => work));
  }

  /** Begins with an object, which need not exist yet. */
  #begin({ name }: Kind): Task {
    const { format, style, targets, messages } = this.#settings;
    const totals = new Totals();
    const object = shownText(name);
    const label = !targets.single;
    const formatter = format.create({ ...style, object, label });
    const notes = new GuestNotes(name, messages);
    const parts: Parts = { name, totals, formatter, notes };
    return {
      totals,
      open: (buffer, consumer) => this.#open(parts, buffer, consumer),
      awaits: () => this.#cursor.awaits(),
      late: this.#started,
      stillMs: this.#still.includes(name) ? BEAT_MS : 0,
    };
  }

  /** Begins with the region of an object, once it is formatted. */
  #open(
    { name, totals, formatter, notes }: Parts,
    live: ArrayBuffer,
    consumer: Consumer | null,
  ): RegionPrinter {
    const { once, lines, targets, joinOops, lossless } = this.#settings;
    const { wanted, marksSeen } = this.#settings;
    const filter = this.#filter;
    const pool = this.#pool;
    const checkpoint = this.#checkpoint;
    const writer = this.#writer;
    // An object that comes later is wanted from its beginning.
    const last = this.#started ? undefined : lines;
    const isCopied = last !== undefined && once &&
      live.byteLength <= SNAPSHOT_MAX;
    const snapshot = isCopied ? Snapshot.of(live) : null;
    const buffer = snapshot?.buffer ?? live;
    const found = last === undefined ? null : new Tail(buffer, {
      lines: last,
      filter,
      formatter,
      pool,
      totals,
      snapshot,
      joinOops,
      once,
    });
    const start = found?.starts ?? consumerStart(buffer, consumer);
    const into = { name, totals, pool, checkpoint };
    const reader = this.#cursor.open(buffer, start, into);
    if (this.#symbolFiles.length > 0) {
      const { messages } = this.#settings;
      const files = this.#symbolFiles;
      reader.events.symbolSource = new HostSymbols(files, name, messages);
    }
    // A session that began after the search is wanted from its beginning.
    const isSame = found?.sessionId === reader.info.sessionId;
    const tail = isSame ? found : null;
    if (once && tail !== null) reader.endAt(tail.marks);
    if (targets.single) checkpoint.attached(reader);
    const guests = wantsGuest(wanted) ? writer.guests(formatter, totals) : null;
    return new RegionPrinter({
      reader,
      formatter,
      notes,
      sink: writer.sink(formatter, totals),
      runs: writer.runs(formatter, totals),
      filter,
      tail,
      guests,
      unmatched: this.#unmatched,
      guestsSeen: marksSeen,
      full: () => writer.full,
      most: once && tail !== null ? last : undefined,
      joinOops,
      consumer,
      consumed: () =>
        checkpoint.resumable ? checkpoint.consumed : reader.consumed(),
      handsOn: checkpoint.resumable || lossless,
    });
  }
}

/**
 * What belongs to one object's name, whichever region takes the object's place.
 */
interface Parts {
  /** The object's name. */
  readonly name: string;
  readonly totals: Totals;
  readonly formatter: Formatter;
  readonly notes: GuestNotes;
}
