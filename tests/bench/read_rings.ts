// SPDX-License-Identifier: MIT
/**
 * Makes rings to read from, and the commands that read them.
 *
 * @module
 */
import { run, runOk } from "../tools/cc.ts";
import type { Tools } from "./read_tools.ts";
import { Scratch } from "./write_runs.ts";

/** How a reader prints: the formats that have goals. */
export type Format = "text" | "time" | "json" | "record";

/** A ring in shared memory, full of records of one size. */
export class FullRing implements Disposable {
  readonly #object = new Scratch();
  /** The ring's size, without header, metadata and kernel log. */
  readonly ringBytes: number;

  /** @param sizeBytes Payload of each record; 0 for an empty ring. */
  constructor(tools: Tools, regionBytes: number, readonly sizeBytes: number) {
    const args = [this.path, String(regionBytes), String(sizeBytes)];
    const told = runOk(tools.guest, args);
    this.ringBytes = Number(/^ring_bytes (\d+)$/m.exec(told)?.[1]);
  }

  /** The name for `-s`. */
  get name(): string {
    return this.#object.name;
  }

  get path(): string {
    return this.#object.path;
  }

  /** Counts the ring's records with the reader in C. */
  records(tools: Tools): number {
    // The output may be more than a string can hold.
    const quiet = ["-c", 'exec "$0" "$@" >/dev/null', tools.reader];
    const { stderr } = run("sh", [...quiet, this.path, "once", "text"]);
    return Number(/^records (\d+)/m.exec(stderr)?.[1]);
  }

  [Symbol.dispose](): void {
    this.#object[Symbol.dispose]();
  }
}

/**
 * Returns the arguments of the reader under test.
 *
 * @param folder The folder for a trace.
 */
export function oursArgs(
  name: string,
  format: Format,
  folder: string,
): readonly string[] {
  const common = ["-q", "-s", name, "--once"];
  switch (format) {
    case "record":
      return ["record", ...common, "-o", folder];
    case "json":
      return [...common, "--format", "json"];
    case "time":
      return [...common, "--raw", "--time", "utc"];
    case "text":
      return [...common, "--raw"];
  }
}

/**
 * Returns the constant texts of a line of JSON around time, sequence, clock and
 * message. The reader in C is given them.
 *
 * @param line A line that ivring_reader has printed.
 * @param from The object that the line is of.
 * @param to The object that the texts are for.
 * @throws {Error} if the line does not have that shape.
 */
export function jsonTexts(line: string, from: string, to: string): string[] {
  const shape =
    /^(\{"timestamp":").{29}(Z".*"seq":)\d+(.*"clock":")\d+(".*"message":").*?("\})$/;
  const found = shape.exec(line);
  if (found === null) throw new Error(`not as expected: ${line}`);
  const texts = found.slice(1).map((text) => text.replace(from, to));
  texts[4] += "\n";
  return texts;
}
