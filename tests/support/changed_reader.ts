// SPDX-License-Identifier: MIT
/**
 * Makes a reader that lacks one of its guards.
 *
 * @module
 */
import { type Change, copySource, copySources } from "./changes.ts";
import { readerCommand } from "./reader_program.ts";

/** A copy of the reader's sources, with something changed. */
export class ChangedReader implements Disposable {
  readonly #folder = Deno.makeTempDirSync();

  /**
   * @param changes By file, relative to the repository.
   * @throws {Error} if a change does not fit the source.
   */
  constructor(changes: Readonly<Record<string, readonly Change[]>>) {
    for (const source of ["cli", "ffi", "ring"]) {
      copySources(source, `${this.#folder}/${source}`, changes);
    }
    for (const file of ["main.ts", "deno.json"]) {
      copySource(file, `${this.#folder}/${file}`, changes);
    }
  }

  /** Returns the command that starts the copy, program first. */
  command(args: readonly string[]): string[] {
    return readerCommand(args, `${this.#folder}/main.ts`);
  }

  /** Removes the copy. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}
