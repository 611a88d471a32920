// SPDX-License-Identifier: MIT
/**
 * Files of a trace to which others have appended. Tools refuse the whole trace
 * until what was appended is cut off. Only the owner may do that, because
 * somebody may need what others have written.
 *
 * @module
 */
import type { Libc } from "../../ffi/libc.ts";
import { isSameFile, statPath } from "../../ffi/stat.ts";
import { complain } from "../console/messages.ts";
import type { TraceFile } from "./stream_file.ts";

/** The spoilt files of one recording. */
export class SpoiltFiles {
  readonly #libc: Libc;
  readonly #files: TraceFile[] = [];

  /** Begins with none. */
  constructor(libc: Libc) {
    this.#libc = libc;
  }

  /**
   * Adds a file that takes no more packets, and reports what to do about it.
   */
  add(file: TraceFile): void {
    this.#files.push(file);
    const { records, sound } = file;
    const behind = records - sound.records;
    complain(
      `${file.path}: ${remedy(file)}` +
        (behind > 0 ? `; ${behind} records behind that go with it` : ""),
    );
  }

  /** Returns what to do about the files that are still spoilt. */
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
