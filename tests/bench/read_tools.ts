// SPDX-License-Identifier: MIT
/**
 * Makes the programs that part 2 needs.
 *
 * @module
 */
import { existsSync } from "@std/fs/exists";
import { compiledReader, LoneBinary } from "../support/binary.ts";
import { readerCommand } from "../support/reader_program.ts";
import { run } from "../tools/cc.ts";
import { ROOT } from "../../packaging/root.ts";
import { buildGuest, buildLauncher, buildReader } from "./read_build.ts";
import { probeCompiler, Workbench } from "./workbench.ts";

/**
 * A program that does nothing: for ever if it has an argument, otherwise it
 * ends.
 */
const EMPTY_PROGRAM =
  "if (Deno.args.length > 0) setTimeout(() => {}, 1e9);\nexport {};\n";

/** The paths of the programs, and how our reader is started. */
export interface Tools extends Disposable {
  readonly guest: string;
  readonly reader: string;
  readonly launcher: string;
  /** Returns the command of ivring_reader with these arguments. */
  readonly ours: (args: readonly string[]) => readonly string[];
  /**
   * A Deno program that does nothing, built like our reader; null if that was
   * not built. It ends at once unless it has an argument.
   */
  readonly empty: string | null;
  readonly remarks: readonly string[];
}

/**
 * Makes all programs. If IVRING_READER names an executable, that one is
 * measured, and none is made.
 *
 * @param folder The folder for what is compiled.
 */
export async function makeTools(folder: string): Promise<Tools> {
  const bench = new Workbench(probeCompiler());
  const inC = {
    guest: buildGuest(bench),
    reader: buildReader(bench),
    launcher: buildLauncher(bench),
  };
  const given = Deno.env.get("IVRING_READER");
  const made = given
    ? { path: given, isTestBuild: true }
    : await compiledReader();
  if ("missing" in made) {
    return {
      ...inC,
      ours: readerCommand,
      empty: null,
      remarks: [`ivring_reader runs from its sources: ${made.missing}.`],
      [Symbol.dispose]: () => bench[Symbol.dispose](),
    };
  }
  const lone = new LoneBinary(made);
  return {
    ...inC,
    ours: (args) => [`${lone.folder}/ivring_reader`, ...args],
    empty: compileProgram(folder, "empty", EMPTY_PROGRAM, made.isTestBuild),
    remarks: [
      "ivring_reader is compiled" +
      (made.isTestBuild ? ", a test build." : "."),
    ],
    [Symbol.dispose]: () => {
      lone[Symbol.dispose]();
      bench[Symbol.dispose]();
    },
  };
}

/** Compiles a program of one file with our reader's runtime. */
function compileProgram(
  folder: string,
  name: string,
  source: string,
  isTestBuild: boolean,
): string {
  const path = `${folder}/${name}`;
  Deno.writeTextFileSync(`${path}.ts`, source);
  const runtime = `${ROOT}/dist/denort`;
  const env = isTestBuild && existsSync(runtime, { isFile: true })
    ? { DENORT_BIN: runtime }
    : undefined;
  const args = ["compile", "--no-config", "-o", path, `${path}.ts`];
  const made = run(Deno.execPath(), args, env);
  if (made.code !== 0) throw new Error(made.stderr);
  return path;
}
