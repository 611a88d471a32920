// SPDX-License-Identifier: MIT
/**
 * Names a guest's functions by files of the host, moved to where the guest's
 * kernel lies.
 *
 * @module
 */
import type { SymbolPlace, Symbols } from "../../ring/events/symbols.ts";
import type { SymbolSource } from "../../ring/symbols/epoch_symbols.ts";
import type { SymbolSummary } from "../../ring/symbols/symbol_summary.ts";
import {
  halvesOf,
  type SymbolRow,
  type SymbolTable,
} from "../../ring/symbols/symbol_table.ts";
import { type Messages, sanitize } from "../console/messages.ts";
import { fitOf } from "./anchors.ts";
import type { SymbolFile } from "./symbol_file.ts";

/** A table whose kernel lies elsewhere. */
export class MovedSymbols implements Symbols {
  readonly #table: SymbolTable;
  readonly #shift: bigint;

  /** @param shift How far behind the table's addresses the guest's are. */
  constructor(table: SymbolTable, shift: bigint) {
    this.#table = table;
    this.#shift = shift;
  }

  /** Implements {@linkcode Symbols.find}. */
  find(address: bigint): SymbolPlace | null {
    const { high, low } = halvesOf(address - this.#shift);
    const place = this.#table.find(high, low);
    // Modules are not moved with the kernel.
    const isElsewhere = this.#shift !== 0n && place?.module !== null;
    return isElsewhere ? null : place;
  }

  /** Returns all symbols and gaps, by address. */
  *rows(): Generator<SymbolRow> {
    for (const row of this.#table.rows()) {
      if (this.#shift !== 0n && row.module !== null) continue;
      yield { ...row, address: BigInt.asUintN(64, row.address + this.#shift) };
    }
  }
}

/** The symbols of one object's guest. */
export class HostSymbols implements SymbolSource {
  readonly #files: readonly SymbolFile[];
  readonly #object: string;
  readonly #messages: Messages;

  /**
   * @param files The first one that fits the guest's kernel is used.
   * @param object The object's name, for messages.
   */
  constructor(
    files: readonly SymbolFile[],
    object: string,
    messages: Messages,
  ) {
    this.#files = files;
    this.#object = object;
    this.#messages = messages;
  }

  /** Implements {@linkcode SymbolSource.symbolsFor}. */
  symbolsFor(summary: SymbolSummary | null): MovedSymbols | null {
    const anchors = summary?.anchors ?? [];
    const clashes: string[] = [];
    let unknown: SymbolFile | null = null;
    for (const file of this.#files) {
      const { path, table } = file;
      const fit = fitOf(file.anchors, anchors);
      if (fit === null) unknown ??= file;
      else if ("shift" in fit) {
        this.#messages.detail(
          `${this.#object}: functions are named by ${path}, moved by ` +
            `${fit.shift} bytes`,
        );
        return new MovedSymbols(table, fit.shift);
      } else clashes.push(`${sanitize(path)} (${fit.clash})`);
    }
    if (unknown !== null) return this.#unmoved(unknown, anchors.length > 0);
    this.#messages.noteOnce(
      `${this.#object}: not of this guest's kernel, and not used: ` +
        clashes.join(", "),
    );
    return null;
  }

  #unmoved({ path, table }: SymbolFile, isFile: boolean): MovedSymbols {
    this.#messages.noteOnce(
      isFile
        ? `${this.#object}: ${path} has no _stext: its addresses are taken ` +
          "as they are"
        : `${this.#object}: the guest has not said where its kernel lies: ` +
          `the addresses in ${path} are taken as they are, which is wrong ` +
          "if the guest has KASLR; run ivring-trace publish in the guest",
    );
    return new MovedSymbols(table, 0n);
  }
}
