// SPDX-License-Identifier: MIT
/**
 * Finds the format of a record among the kernel events that a guest described.
 *
 * @module
 */
import { RingCorruptError } from "../errors.ts";
import { ABI } from "../layout.ts";
import { type EventFormat, parseEventFormat } from "./event_format.ts";
import { fits } from "./event_values.ts";
import { type FormatProblem, problemOf } from "./format_problems.ts";
import type { MetadataPart, MetaText, PartNews } from "./metadata.ts";
import type { RecordView } from "../record_view.ts";
import { EpochSymbols, type SymbolSource } from "../symbols/epoch_symbols.ts";
import {
  isSymbolId,
  type PublishedSymbols,
  SYMBOL_BYTES_MAX,
} from "../symbols/published_symbols.ts";
import type { Symbols } from "./symbols.ts";
import { TaskNames } from "./task_names.ts";
import type { Totals } from "../totals.ts";

/** How many driver starts' formats are kept. */
const EPOCHS_MAX = 4;
/** Memory for the texts of all epochs, and what each takes besides. Real texts
 * that fill a part take 6 MiB; those of a whole kernel take 0.9 MiB. */
const KEPT_BYTES_MAX = 8 << 20;
const ENTRY_BYTES = 256;

/** How many formats are kept for whoever asks for their problems. */
const NEWS_MAX = 1024;

/** The only byte of a text that withdraws a format: a line end. */
const WITHDRAWN = 0x0a;

/** A format and the time from which on it is valid. */
export interface DatedFormat {
  /** The format, which a later one of the same id may replace. */
  readonly format: EventFormat;
  /** Low half of the time, clock ticks. */
  readonly timeLow: number;
  /** High half of it. */
  readonly timeHigh: number;
}

/** A text, which is parsed when it is first needed, and then forgotten. */
interface Entry {
  readonly timeLow: number;
  readonly timeHigh: number;
  readonly id: number;
  text: Uint8Array<ArrayBuffer> | null;
  format: EventFormat | null;
}

/** What is known of one driver start. */
interface Epoch {
  /** Its texts by event id, and then by rising time. */
  readonly byId: Map<number, Entry[]>;
  readonly entries: Entry[];
  readonly symbols: EpochSymbols;
  keptBytes: number;
}

/**
 * Keeps the formats of the guest's kernel events in the last few epochs. They
 * stay known after the guest has begun an epoch's part of the metadata area
 * anew. It takes at most 8 MiB of memory, and what was parsed of that: 16 MiB
 * of symbols at most.
 */
export class EventTable {
  /** The names of the tasks in which events happened. */
  readonly tasks: TaskNames = new TaskNames();
  readonly #totals: Totals;
  #parts: readonly MetadataPart[] = [];
  readonly #epochs = new Map<number, Epoch>();
  #keptBytes = 0;
  #symbolMemory = { leftBytes: SYMBOL_BYTES_MAX };
  /** The symbols of an epoch in which the guest has published nothing. */
  #unpublished = this.#newSymbols();
  #version = 0;
  /** Formats that were needed, and nobody has asked for their problems. */
  readonly #used: EventFormat[] = [];
  readonly #refused: FormatProblem[] = [];
  /** The value of `totals.rewound` at the last refresh. */
  #rewound = 0;
  /** Gives symbols that are preferred to the guest's; null for none. */
  symbolSource: SymbolSource | null = null;

  /** @param totals Counts `corrupt` and `opaque`; `rewound` is only read. */
  constructor(totals: Totals) {
    this.#totals = totals;
    this.#rewound = totals.rewound;
  }

  /** A number that grows whenever the known formats may have changed. */
  get version(): number {
    return this.#version;
  }

  /** Driver starts whose formats are known, in the order they were seen. */
  get epochs(): number[] {
    return [...this.#epochs.keys()];
  }

  /**
   * Takes what was not understood of the formats that were needed since the
   * last call; of very many only the first.
   */
  takeProblems(): FormatProblem[] {
    const problems = this.#used.splice(0).map(problemOf)
      .filter((problem) => problem !== null);
    return [...this.takeRefusals(), ...problems];
  }

  /** Takes the same of formats that were refused as a whole. */
  takeRefusals(): FormatProblem[] {
    return this.#refused.splice(0);
  }

  /** Forgets everything and goes on with a new session's parts. */
  begin(parts: readonly MetadataPart[]): void {
    this.#parts = parts;
    this.#epochs.clear();
    this.#keptBytes = 0;
    this.#symbolMemory = { leftBytes: SYMBOL_BYTES_MAX };
    this.#unpublished = this.#newSymbols();
    this.#version++;
  }

  /**
   * Takes what the guest has published since the last call. Call it after the
   * rings were drained and before their records are looked at, because a guest
   * publishes a format before the first record that needs it.
   */
  refresh(): void {
    // A guest that went back may have published other texts in the same place.
    const wentBack = this.#totals.rewound !== this.#rewound;
    this.#rewound = this.#totals.rewound;
    for (const part of this.#parts) {
      if (wentBack) part.forget();
      const news = part.news();
      if (news !== null) this.#take(news);
    }
  }

  /**
   * Returns the format of records with this id at this time.
   *
   * @returns Null if none was published, or if it was withdrawn or is invalid.
   */
  find(
    epoch: number,
    id: number,
    timeLow: number,
    timeHigh: number,
  ): EventFormat | null {
    const entries = this.#epochs.get(epoch)?.byId.get(id);
    if (entries === undefined) return null;
    let last = entries.length - 1;
    if (isLater(entries[last], timeLow, timeHigh)) {
      let first = 0; // entries before it hold, from `last` on none does
      while (first < last) {
        const middle = (first + last) >>> 1;
        if (isLater(entries[middle], timeLow, timeHigh)) last = middle;
        else first = middle + 1;
      }
      last = first - 1;
      if (last < 0) return null;
    }
    const entry = entries[last];
    return entry.text === null ? entry.format : this.#parse(entry);
  }

  /**
   * Returns the format that a record fits, see `fits`. If there is none, the
   * record is counted as opaque, so call this once for each record.
   *
   * @param record One of a kernel event: its id is at most `ABI.ID_KERNEL_MAX`.
   */
  describe(record: RecordView): EventFormat | null {
    const format = this.#learn(record);
    if (format === null) this.#totals.opaque++;
    return format;
  }

  /**
   * Takes the names of tasks from a record that nobody describes, because it is
   * not wanted.
   */
  pass(record: RecordView): void {
    if (record.id <= ABI.ID_KERNEL_MAX) this.#learn(record);
  }

  /** Returns the format that a record fits, or null; learns tasks' names. */
  #learn(record: RecordView): EventFormat | null {
    const { epoch, id, timeLow, timeHigh } = record;
    const format = this.find(epoch, id, timeLow, timeHigh);
    if (format === null || !fits(format, record)) return null;
    this.tasks.learn(format, record);
    return format;
  }

  /** Returns the symbols of the guest's kernel in an epoch; null if unknown. */
  symbols(epoch: number): Symbols | null {
    const known = this.#epochs.get(epoch)?.symbols ?? this.#unpublished;
    return known.symbols(this.symbolSource);
  }

  /** Returns what the guest published of its symbols in an epoch. */
  publishedSymbols(epoch: number): PublishedSymbols | null {
    return this.#epochs.get(epoch)?.symbols.published ?? null;
  }

  /** Returns an epoch's valid formats, in the order of publication. */
  formats(epoch: number): DatedFormat[] {
    const formats: DatedFormat[] = [];
    for (const entry of this.#epochs.get(epoch)?.entries ?? []) {
      const format = entry.text === null ? entry.format : this.#parse(entry);
      const { timeLow, timeHigh } = entry;
      if (format !== null) formats.push({ format, timeLow, timeHigh });
    }
    return formats;
  }

  #parse(entry: Entry): EventFormat | null {
    const text = entry.text!;
    entry.text = null;
    if (text.length === 1 && text[0] === WITHDRAWN) return null;
    try {
      const format = parseEventFormat(text);
      if (format.id !== entry.id) {
        throw new RingCorruptError("ID", format.id, entry.id);
      }
      entry.format = format;
      if (this.#used.length < NEWS_MAX) this.#used.push(format);
    } catch (error) {
      if (!(error instanceof RingCorruptError)) throw error;
      this.#totals.corrupt++;
      if (this.#refused.length < NEWS_MAX) {
        const { message } = error;
        this.#refused.push({ event: `event ${entry.id}`, problems: [message] });
      }
    }
    return entry.format;
  }

  #take({ epoch, anew, texts, corrupt }: PartNews): void {
    this.#totals.corrupt += corrupt;
    this.#version++;
    if (anew) this.#drop(epoch);
    if (texts.length === 0) return;
    let known = this.#epochs.get(epoch);
    if (known === undefined) {
      if (this.#epochs.size === EPOCHS_MAX) this.#dropOldest();
      const symbols = this.#newSymbols();
      known = { byId: new Map(), entries: [], symbols, keptBytes: 0 };
      this.#epochs.set(epoch, known);
    }
    for (const text of texts) {
      while (
        this.#keptBytes + keptBytesOf(text) > KEPT_BYTES_MAX &&
        this.#epochs.size > 1
      ) this.#dropOldest(epoch);
      if (!this.#add(known, text)) this.#totals.corrupt++;
    }
  }

  /**
   * Adds a text.
   *
   * @returns False if there is no room, or if it is earlier than the last text
   * of its id.
   */
  #add(known: Epoch, meta: MetaText): boolean {
    const { id, timeLow, timeHigh, text } = meta;
    const keptBytes = keptBytesOf(meta);
    if (this.#keptBytes + keptBytes > KEPT_BYTES_MAX) return false;
    if (isSymbolId(id)) {
      known.symbols.take({ id, text });
      known.keptBytes += keptBytes;
      this.#keptBytes += keptBytes;
      return true;
    }
    const entry: Entry = { id, timeLow, timeHigh, text, format: null };
    const same = known.byId.get(id);
    if (same === undefined) known.byId.set(id, [entry]);
    else if (isLater(same[same.length - 1], timeLow, timeHigh)) return false;
    else same.push(entry);
    known.entries.push(entry);
    known.keptBytes += keptBytes;
    this.#keptBytes += keptBytes;
    return true;
  }

  #dropOldest(but?: number): void {
    for (const epoch of this.#epochs.keys()) {
      if (epoch !== but) return this.#drop(epoch);
    }
  }

  #drop(epoch: number): void {
    const known = this.#epochs.get(epoch);
    this.#keptBytes -= known?.keptBytes ?? 0;
    known?.symbols.published.forget();
    this.#epochs.delete(epoch);
  }

  #newSymbols(): EpochSymbols {
    return new EpochSymbols(this.#symbolMemory, () => this.#totals.corrupt++);
  }
}

function keptBytesOf({ text }: MetaText): number {
  return text.length + ENTRY_BYTES;
}

/** Tells whether an entry is not valid yet at this time. */
function isLater(entry: Entry, timeLow: number, timeHigh: number): boolean {
  return entry.timeHigh > timeHigh ||
    (entry.timeHigh === timeHigh && entry.timeLow > timeLow);
}
