// SPDX-License-Identifier: MIT
/**
 * Rings to read from, and the commands that read them.
 *
 * @module
 */
import { run, runOk } from "../tools/cc.ts";
import type { Tools } from "./read_tools.ts";
import { Scratch } from "./write_runs.ts";

/** How a reader prints: issue 7's formats. */
export type Format = "text" | "time" | "json" | "record";

/** A ring in shared memory, full of records of one size. */
export class FullRing implements Disposable {
  readonly #object = new Scratch();
  /** Of the ring, without header, metadata and kernel log. */
  readonly ringBytes: number;

  /** @param sizeBytes Payload of each record; 0 for an empty ring. */
  constructor(tools: Tools, regionBytes: number, readonly sizeBytes: number) {
    const args = [this.path, String(regionBytes), String(sizeBytes)];
    const told = runOk(tools.guest, args);
    this.ringBytes = Number(/^ring_bytes (\d+)$/m.exec(told)?.[1]);
  }

  /** As `-s` takes it. */
  get name(): string {
    return this.#object.name;
  }

  get path(): string {
    return this.#object.path;
  }

  /** Records in it, as the reader in C counts them. */
  records(tools: Tools): number {
    // What it prints may be more than a string can hold.
    const quiet = ["-c", 'exec "$0" "$@" >/dev/null', tools.reader];
    const { stderr } = run("sh", [...quiet, this.path, "once", "text"]);
    return Number(/^records (\d+)/m.exec(stderr)?.[1]);
  }

  [Symbol.dispose](): void {
    this.#object[Symbol.dispose]();
  }
}

/** What the reader under test is called with. @param folder For a trace. */
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
 * The constant texts of a line of JSON, which the reader in C is told: around
 * time, sequence, clock and message.
 *
 * @param line One that ivring_reader has printed. @param from Object it is of.
 * @param to Object that the texts are for.
 * @throws {Error} if the line is not of that shape.
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
