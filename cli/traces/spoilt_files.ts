// SPDX-License-Identifier: MIT
/**
 * Files of a trace to which others have appended: tools refuse the whole trace
 * until that is cut off. Nobody but its owner can do so, because what others
 * have written may be of use to somebody.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { isSameFile, statPath } from "../../ffi/stat.ts";
import { complain } from "../console/messages.ts";
import type { TraceFile } from "./trace_file.ts";

/** Those of one recording. */
export class SpoiltFiles {
  readonly #libc: Libc;
  readonly #files: TraceFile[] = [];

  /** None yet. */
  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /** Adds a file that takes no more, and reports what to do about it. */
  add(file: TraceFile): void {
    this.#files.push(file);
    const { records, sound } = file;
    const behind = records - sound.records;
    complain(
      `${file.path}: ${remedy(file)}` +
        (behind > 0 ? `; ${behind} records behind that go with it` : ""),
    );
  }

  /** Explains what is to be done about those that are still so. */
  left(): string[] {
    return this.#files.filter((file) => {
      const there = statPath(this.#libc, file.path);
      return isSameFile(there, file.mark) && there!.bytes > file.sound.bytes;
    }).map((file) => `${file.path}: ${remedy(file)}`);
  }
}

function remedy({ path, sound }: TraceFile): string {
  return "others have written to it, and the trace cannot be read until that " +
    `is cut off: truncate -s ${sound.bytes} ${path}`;
}
