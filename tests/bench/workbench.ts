// SPDX-License-Identifier: MIT
/**
 * Finds a C compiler for the benchmarks; without one there are no figures.
 *
 * @module
 */
import { run, Workbench } from "../tools/cc.ts";
import { NotHereError } from "./part.ts";

export { Workbench };

/**
 * Returns the first compiler that is installed.
 *
 * @throws {NotHereError} if none is.
 */
export function probeCompiler(): string {
  for (const compiler of ["gcc", "clang", "cc"]) {
    try {
      if (run(compiler, ["--version"]).code === 0) return compiler;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new NotHereError("no C compiler is installed (gcc)");
}
