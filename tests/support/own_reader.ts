// SPDX-License-Identifier: MIT
/**
 * A reader for tests of what looks at every object there is: `--all`, `list`.
 *
 * @module
 */
import { PRIVATE_VARIABLE } from "../tools/private_memory.ts";
import { ChangedReader } from "./changed_reader.ts";
import { type Ended, readerCommand, runCommand } from "./reader_program.ts";
import { OWN_NAMES } from "./shared_object.ts";

/** Whether nobody but the tests has objects in `/dev/shm`. */
export function hasPrivateMemory(): boolean {
  return Deno.env.get(PRIVATE_VARIABLE) === "1";
}

/**
 * The reader, for which there are only this test file's objects. In a private
 * `/dev/shm` there are no others. Elsewhere it is a copy of the sources that
 * leaves out all other names: what is the host's is neither read nor touched.
 */
export class OwnReader implements Disposable {
  readonly #changed: ChangedReader | null;

  /** @param isPrivate Whether there are no others; see above. */
  constructor(isPrivate = hasPrivateMemory()) {
    this.#changed = isPrivate ? null : new ChangedReader({
      "cli/regions/discovery.ts": [{
        find: "  return filesIn(libc, OBJECTS_FOLDER)\n",
        replace: "  return filesIn(libc, OBJECTS_FOLDER)\n" +
          `    .filter((name) => name.startsWith("${OWN_NAMES}"))\n`,
      }],
    });
  }

  /** The command that starts it, program first. */
  command(args: readonly string[]): string[] {
    return this.#changed?.command(args) ?? readerCommand(args);
  }

  /** Runs it to its end. */
  run(...args: string[]): Promise<Ended> {
    return runCommand(this.command(args));
  }

  /** Removes the copy. */
  [Symbol.dispose](): void {
    this.#changed?.[Symbol.dispose]();
  }
}
