// SPDX-License-Identifier: MIT
/**
 * A reader for tests of what looks at all objects of the host: `--all`, `list`.
 *
 * @module
 */
import { PRIVATE_VARIABLE } from "../tools/private_memory.ts";
import { ChangedReader } from "./changed_reader.ts";
import { type Ended, readerCommand, runCommand } from "./reader_program.ts";
import { OWN_NAMES } from "./shared_object.ts";

/** Tells whether only the tests have objects in `/dev/shm`. */
export function hasPrivateMemory(): boolean {
  return Deno.env.get(PRIVATE_VARIABLE) === "1";
}

/**
 * A reader that finds only this test file's objects. In a private `/dev/shm`
 * there are no others. Elsewhere it is a copy of the sources that leaves out
 * all other names, so that it neither reads nor touches what belongs to the
 * host.
 */
export class OwnReader implements Disposable {
  readonly #changed: ChangedReader | null;

  /** @param isPrivate Whether `/dev/shm` has no other objects; see above. */
  constructor(isPrivate = hasPrivateMemory()) {
    this.#changed = isPrivate ? null : new ChangedReader({
      "cli/regions/discovery.ts": [{
        find: "  return filesIn(libc, OBJECTS_FOLDER)\n",
        replace: "  return filesIn(libc, OBJECTS_FOLDER)\n" +
          `    .filter((name) => name.startsWith("${OWN_NAMES}"))\n`,
      }],
    });
  }

  /** Returns the command that starts the reader, program first. */
  command(args: readonly string[]): string[] {
    return this.#changed?.command(args) ?? readerCommand(args);
  }

  /** Runs the reader to its end. */
  run(...args: string[]): Promise<Ended> {
    return runCommand(this.command(args));
  }

  /** Removes the copy of the sources, if there is one. */
  [Symbol.dispose](): void {
    this.#changed?.[Symbol.dispose]();
  }
}
