// SPDX-License-Identifier: MIT
/**
 * Runs the compiled reader, alone in an empty directory.
 *
 * @module
 */
import {
  type Made,
  makeReader,
  UnreachableError,
} from "../../packaging/compile.ts";
import { type Ended, endedOf } from "./reader_program.ts";

/** What there is to test: the executable, or the reason why there is none. */
export type Binary = Made | { readonly missing: string };

let made: Promise<Binary> | null = null;

/**
 * Compiles the reader, once in each process.
 *
 * @returns The executable. If what the compiler needs cannot be downloaded, the
 *   reason, unless IVRING_REQUIRE_BINARY=1.
 * @throws {Error} if the reader does not compile, or cannot be compiled
 *   although IVRING_REQUIRE_BINARY=1.
 */
export function compiledReader(): Promise<Binary> {
  return made ??= make();
}

async function make(): Promise<Binary> {
  try {
    return await makeReader();
  } catch (error) {
    const required = Deno.env.get("IVRING_REQUIRE_BINARY") === "1";
    if (required || !(error instanceof UnreachableError)) throw error;
    return { missing: error.message.split("\n", 1)[0] };
  }
}

/** A directory that holds the executable and nothing else. */
export class LoneBinary implements Disposable {
  readonly folder: string = Deno.makeTempDirSync();

  constructor({ path }: Made) {
    Deno.copyFileSync(path, `${this.folder}/ivring_reader`);
  }

  /**
   * Runs the executable to its end, with nothing of ours in its environment.
   */
  run(...args: string[]): Promise<Ended> {
    return this.runWith({}, ...args);
  }

  /**
   * Runs the executable to its end, with only these variables in its
   * environment.
   */
  async runWith(
    env: Readonly<Record<string, string>>,
    ...args: string[]
  ): Promise<Ended> {
    const out = await new Deno.Command(`${this.folder}/ivring_reader`, {
      args,
      cwd: this.folder,
      clearEnv: true,
      env: { HOME: "/nonexistent", IVRING_CONFIG: "", ...env },
      stdin: "null",
    }).output();
    return endedOf(out);
  }

  /** Returns the names in the directory, sorted. */
  files(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name).sort();
  }

  /** Removes the directory. */
  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}
