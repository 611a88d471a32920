// SPDX-License-Identifier: MIT
/**
 * The files that a run leaves: raw measurements, the summary, tables, plots.
 *
 * `summary.json` has one entry a part, each with machine and date of its own:
 * a part that is run alone replaces only its own.
 *
 * @module
 */
import { ensureDir } from "@std/fs/ensure-dir";
import type { MachineInfo } from "./machine.ts";
import { summaryText } from "./markdown.ts";
import type { PartResult } from "./part.ts";
import { plotSvg } from "./plot.ts";

/** One part's results, and where and when they were found. */
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
   * @param folder Made if it is missing.
   * @param quick Quick runs have files of their own, and no plots.
   */
  constructor(folder: string, quick: boolean) {
    this.#folder = folder;
    this.#stem = quick ? "quick" : "summary";
  }

  /** What was found so far; empty if nothing was. */
  read(): Summary {
    try {
      return JSON.parse(Deno.readTextFileSync(this.#at("json")));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return {};
      throw error;
    }
  }

  /**
   * Puts a part's results in the place of its former ones.
   *
   * @param order Names of all parts, in the order in which they are told.
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

  /** Writes tables and plots anew from the summary. */
  render(): void {
    const summary = this.read();
    const plots = this.#stem === "summary" ? "." : undefined;
    const text = "<!-- SPDX-License-Identifier: MIT -->\n# Benchmarks\n\n" +
      summaryText(summary, true, plots);
    Deno.writeTextFileSync(this.#at("md"), text);
    if (plots === undefined) return;
    for (const { tables } of Object.values(summary)) {
      for (const table of tables) {
        const path = `${this.#folder}/${table.id}.svg`;
        Deno.writeTextFileSync(path, plotSvg(table));
      }
    }
  }

  #at(kind: string): string {
    return `${this.#folder}/${this.#stem}.${kind}`;
  }
}

/** The raw file of one run: a line of JSON for each measurement. */
export class RawFile implements Disposable {
  readonly path: string;
  readonly #file: Deno.FsFile;

  /** @param folder Must be there. @param date Part of the file's name. */
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
