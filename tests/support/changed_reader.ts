// SPDX-License-Identifier: MIT
/**
 * Makes a reader that lacks one of its guards.
 *
 * @module
 */
import {
  NPM_MAP,
  npmImports,
  READER_LOCK,
} from "../../packaging/permissions.ts";
import { ROOT } from "../../packaging/root.ts";
import { type Change, copySource } from "./changes.ts";
import { readerCommand } from "./reader_program.ts";
import { TempFolder } from "./temp_folder.ts";

function urlOf(path: string): string {
  const url = new URL("file:///");
  url.pathname = path;
  return url.href;
}

/**
 * The reader with something changed. Only the changed files are copied, and the
 * reader's beginning; a map of imports puts the copies in the places of their
 * originals. So Deno need not compile a hundred other files again, which it does
 * with each copy.
 */
export class ChangedReader implements Disposable {
  readonly #folder = new TempFolder();

  /**
   * @param changes By file, relative to the repository.
   * @throws {Error} if a change does not fit the source.
   */
  constructor(changes: Readonly<Record<string, readonly Change[]>>) {
    const copies = new Set([...Object.keys(changes), "main.ts", "deno.json"]);
    // The longest entry counts. What copies import is beside the originals, if
    // it is not a copy itself.
    const imports: Record<string, string> = {
      ...packages(),
      [urlOf(this.#folder.at(""))]: urlOf(`${ROOT}/`),
    };
    for (const file of copies) {
      const copy = this.#folder.at(file);
      Deno.mkdirSync(copy.replace(/[^/]*$/, ""), { recursive: true });
      copySource(file, copy, changes);
      imports[urlOf(copy)] = imports[urlOf(`${ROOT}/${file}`)] = urlOf(copy);
    }
    this.#folder.write("imports.json", JSON.stringify({ imports }));
  }

  /** Returns the command that starts the copy, program first. */
  command(args: readonly string[]): string[] {
    const imports = npmImports(READER_LOCK, this.#folder.at("imports.json"));
    return readerCommand(args, this.#folder.at("main.ts"), imports);
  }

  /** Removes the copy. */
  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

/** Returns the map of packages, as seen from anywhere. */
function packages(): Record<string, string> {
  const path = `${ROOT}/${NPM_MAP}`;
  const map: { imports: Record<string, string> } = JSON.parse(
    Deno.readTextFileSync(path),
  );
  return Object.fromEntries(
    Object.entries(map.imports).map(([name, target]) => [
      name,
      target.startsWith("./") ? new URL(target, urlOf(path)).href : target,
    ]),
  );
}
