// SPDX-License-Identifier: MIT
/**
 * The files that a run leaves: raw measurements, the summary, tables, plots; and
 * those few of them that are published.
 *
 * `summary.json` has one entry a part, each with machine and date of its own:
 * a part that is run alone replaces only its own.
 *
 * @module
 */
import { ensureDir } from "@std/fs/ensure-dir";
import type { MachineInfo } from "./machine.ts";
import { summaryText } from "./markdown.ts";
import type { PartResult, Row, Table } from "./part.ts";
import { hasPlot, plotSvg } from "./plot.ts";

/** One part's results, and where and when they were measured. */
export interface PartSummary extends PartResult {
  readonly title: string;
  readonly machine: MachineInfo;
}

/** All parts that were ever run, by name. */
export type Summary = Readonly<Record<string, PartSummary>>;

/** The folder of results. */
export class Results {
  readonly #folder: string;
  readonly #stem: string;

  /**
   * @param folder The folder, which is made if it is missing.
   * @param quick Whether this is a quick run, which has files of its own and no
   *   plots.
   */
  constructor(folder: string, quick: boolean) {
    this.#folder = folder;
    this.#stem = quick ? "quick" : "summary";
  }

  /** Returns all results so far; empty if there are none. */
  read(): Summary {
    return summaryIn(this.#at("json"));
  }

  /**
   * Replaces a part's results.
   *
   * @param order The names of all parts, in the order in which they are shown.
   */
  async put(
    name: string,
    part: PartSummary,
    order: readonly string[],
  ): Promise<void> {
    await ensureDir(this.#folder);
    const all = { ...this.read(), [name]: part };
    const summary = Object.fromEntries(
      order.filter((each) => each in all).map((each) => [each, all[each]]),
    );
    const json = JSON.stringify(summary, null, 1);
    Deno.writeTextFileSync(this.#at("json"), json + "\n");
    this.render();
  }

  /** Writes tables and plots again from the summary. */
  render(): void {
    const summary = this.read();
    const plots = this.#stem === "summary" ? "." : undefined;
    const text = "<!-- SPDX-License-Identifier: MIT -->\n# Benchmarks\n\n" +
      summaryText(summary, true, plots);
    Deno.writeTextFileSync(this.#at("md"), text);
    if (plots === undefined) return;
    for (const { tables } of Object.values(summary)) plot(this.#folder, tables);
  }

  #at(kind: string): string {
    return `${this.#folder}/${this.#stem}.${kind}`;
  }
}

/** Reads a summary; it is empty if there is none. */
function summaryIn(path: string): Summary {
  try {
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/** Draws those tables that have a plot. */
function plot(folder: string, tables: readonly Table[]): void {
  for (const table of tables.filter(hasPlot)) {
    Deno.writeTextFileSync(`${folder}/${table.id}.svg`, plotSvg(table));
  }
}

/**
 * Digits of a figure that are published. The page shows three; with a few more,
 * rounding twice has the same outcome as rounding once.
 */
const DIGITS = 7;
/** Stands for a row until it is written; no text has a NUL in it. */
const ROW = "\0row ";

/**
 * The folder of what is published: the summary that the page is made of, and the
 * plots that it shows. It is part of the repository, and therefore small: it has
 * no tables of detail, and no more digits than are needed.
 */
export class Published {
  readonly #folder: string;

  /** @param folder Made if it is missing. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What was published last; empty if nothing was. */
  read(): Summary {
    return summaryIn(`${this.#folder}/summary.json`);
  }

  /** Replaces everything in the folder by what is published of a summary. */
  write(summary: Summary): void {
    Deno.mkdirSync(this.#folder, { recursive: true });
    for (const { name } of Deno.readDirSync(this.#folder)) {
      Deno.removeSync(`${this.#folder}/${name}`);
    }
    const parts = Object.entries(summary).map(([name, part]) => {
      const tables = part.tables.filter(({ detail }) => !detail);
      plot(this.#folder, tables);
      return [name, { ...part, tables }] as const;
    });
    const json = jsonOf(Object.fromEntries(parts));
    Deno.writeTextFileSync(`${this.#folder}/summary.json`, json + "\n");
  }
}

/** Returns a summary as JSON that has each row of a table on one line. */
function jsonOf(summary: Summary): string {
  const rows: string[] = [];
  const replaced = (key: string, value: unknown) =>
    key !== "rows" ? rounded(key, value) : (value as Row[]).map((row) => {
      rows.push(JSON.stringify(row, rounded));
      return `${ROW}${rows.length - 1}`;
    });
  return JSON.stringify(summary, replaced, 1).replaceAll(
    /"\\u0000row (\d+)"/g,
    (_, index) => rows[Number(index)],
  );
}

/** Takes digits away from a value that is written as JSON. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value)
    ? Number(value.toPrecision(DIGITS))
    : value;
}

/** The raw file of one run: a line of JSON for each measurement. */
export class RawFile implements Disposable {
  readonly path: string;
  readonly #file: Deno.FsFile;

  /**
   * @param folder The folder, which must exist.
   * @param date A part of the file's name.
   */
  constructor(folder: string, date: string) {
    this.path = `${folder}/${date.replaceAll(":", "")}.jsonl`;
    this.#file = Deno.openSync(this.path, { create: true, append: true });
  }

  /** Appends a line. */
  line(value: Readonly<Record<string, unknown>>): void {
    const bytes = new TextEncoder().encode(JSON.stringify(value) + "\n");
    for (let done = 0; done < bytes.length;) {
      done += this.#file.writeSync(bytes.subarray(done));
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
