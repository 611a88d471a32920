// SPDX-License-Identifier: MIT
/**
 * Writes metrics as a Prometheus textfile, for node_exporter to collect.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { CommandError } from "../errors.ts";
import { explain, explained } from "../console/explain.ts";
import { LockedFile, type LockedFileRules, TakenError } from "./locked_file.ts";
import { complain } from "../console/messages.ts";
import { type Measured, metricsText } from "./metrics.ts";

/** How often the file is written. */
const WRITE_MS = 5000;
/**
 * Readable by node_exporter, which is another user, whatever this process's
 * umask is.
 */
const MODE = 0o644;
/** The beginning of every file that this module writes. */
const BEGINS = "# HELP ivring_";

const RULES: LockedFileRules = {
  flag: "--metrics-file",
  owns: "writes its metrics there already",
  begins: BEGINS,
  mode: MODE,
  durable: false, // a busy disk must not delay reading
  refuses: (head) =>
    head === "" || head === BEGINS
      ? ""
      : "holds something else than metrics of ivring_reader",
};

/** The file, replaced as a whole every few seconds. */
export class MetricsFile implements Disposable {
  readonly #file: LockedFile;
  #writtenMs = -Infinity;
  #trouble = "";

  private constructor(libc: Libc, path: string) {
    this.#file = new LockedFile(libc, path, RULES);
  }

  /**
   * Locks the file, and checks that it can be written. It leaves no empty file,
   * which would be taken for a reader that reads nothing.
   *
   * @throws {CommandError} if the file cannot be written, another process
   * writes to it, or what it holds was not written by this program.
   */
  static open(libc: Libc, path: string): MetricsFile {
    const metrics = new MetricsFile(libc, path);
    try {
      metrics.#file.claim();
      metrics.#file.check();
    } catch (error) {
      metrics[Symbol.dispose]();
      throw explained(error, RULES.flag);
    }
    return metrics;
  }

  /**
   * Writes the file if it is time to. Trouble is reported once, and the reader
   * goes on.
   *
   * @throws {TakenError} if another reader has put its own file in its place.
   * The two would overwrite each other's metrics.
   */
  update({ lives }: { lives: Iterable<Measured> }): void {
    if (performance.now() - this.#writtenMs < WRITE_MS) return;
    const error = this.#write([...lives]);
    if (error instanceof TakenError) throw error;
    if (error !== null) complain(this.#trouble);
  }

  /** Writes the file now, and reports trouble. */
  end({ lives }: { lives: Iterable<Measured> }): void {
    if (this.#write([...lives]) !== null) complain(this.#trouble);
  }

  /**
   * Reports lasting trouble; to be called last.
   *
   * @throws {CommandError} if the last write failed.
   */
  settle(): void {
    if (this.#trouble === "") return;
    throw new CommandError(
      "the metrics could not be written: what is there, if anything, is older",
      { subject: this.#file.path },
    );
  }

  /** Unlocks the file. Idempotent. */
  [Symbol.dispose](): void {
    this.#file.close();
  }

  /**
   * Writes the file.
   *
   * @returns What went wrong; null if nothing did, or the same as the last
   * time.
   */
  #write(objects: readonly Measured[]): unknown {
    this.#writtenMs = performance.now();
    try {
      this.#file.save(new TextEncoder().encode(metricsText(objects)));
      this.#trouble = "";
      return null;
    } catch (error) {
      const reason = explain(error);
      const isNew = reason !== this.#trouble;
      this.#trouble = reason;
      return isNew ? error : null;
    }
  }
}
