// SPDX-License-Identifier: MIT
/**
 * The programs that part 2 needs.
 *
 * @module
 */
import { compiledReader, LoneBinary } from "../support/binary.ts";
import { readerCommand } from "../support/reader_program.ts";
import { run } from "../tools/cc.ts";
import { ROOT } from "../tools/root.ts";
import { buildGuest, buildLauncher, buildReader } from "./read_build.ts";
import { probeCompiler, Workbench } from "./workbench.ts";

/** Does nothing, for ever. */
const EMPTY_PROGRAM = "setTimeout(() => {}, 1e9);\n";
/** Ends at once. */
const SHORT_PROGRAM = "export {};\n";

/** Paths of programs, and how ours is started. */
export interface Tools extends Disposable {
  readonly guest: string;
  readonly reader: string;
  readonly launcher: string;
  /** ivring_reader with these arguments. */
  readonly ours: (args: readonly string[]) => readonly string[];
  /** Deno programs that do nothing, made as ours is; null if ours was not. */
  readonly empty: { readonly idle: string; readonly short: string } | null;
  readonly remarks: readonly string[];
}

/**
 * Makes them all. An executable that IVRING_READER names is measured in the
 * place of one made now.
 *
 * @param folder For what is compiled.
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
  const empty = (name: string, source: string) =>
    compileProgram(folder, name, source, made.isTestBuild);
  return {
    ...inC,
    ours: (args) => [`${lone.folder}/ivring_reader`, ...args],
    empty: {
      idle: empty("idle", EMPTY_PROGRAM),
      short: empty("short", SHORT_PROGRAM),
    },
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

/** Compiles a program of one file, with the runtime that ours has. */
function compileProgram(
  folder: string,
  name: string,
  source: string,
  isTestBuild: boolean,
): string {
  const path = `${folder}/${name}`;
  Deno.writeTextFileSync(`${path}.ts`, source);
  const runtime = `${ROOT}/dist/denort`;
  const env = isTestBuild && exists(runtime)
    ? { DENORT_BIN: runtime }
    : undefined;
  const args = ["compile", "--no-config", "-o", path, `${path}.ts`];
  const made = run(Deno.execPath(), args, env);
  if (made.code !== 0) throw new Error(made.stderr);
  return path;
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
