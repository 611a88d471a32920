// SPDX-License-Identifier: MIT
/**
 * `deno task compile`: makes dist/ivring_reader.
 *
 * Deno downloads the bundler that it uses (esbuild, from npm) and the runtime
 * that it puts into the program; the packages come from JSR. If JSR or the
 * runtime cannot be reached, a test build is made: from the npm map and, if
 * necessary, a runtime out of an npm package. Its `--version` says so, and it is
 * not for release.
 *
 * @module
 */
import { READER_PERMISSIONS } from "./permissions.ts";
import { ROOT } from "./root.ts";
import { RUNTIME_FOR, testRuntime } from "./test_runtime.ts";

const OUTPUT = "dist/ivring_reader";
/** The sources and the packages, in one file of JavaScript. */
const BUNDLE = "dist/reader.js";
const CACHING_OUTPUT = "dist/caching_reader";
const TEST_IMPORT_MAP = "dist/imports.test_build.json";

/** Part of Deno's message if it has no runtime to put into a program. */
const NO_RUNTIME = /Setting up base binary|denort/;
/** Part of its message if JSR does not answer, or not to the end. */
const NO_PACKAGES =
  /JSR package|Import '.*' failed|error sending request|how to load path: deno:jsr/;

/** Part of its message if it cannot download its bundler. */
const NO_BUNDLER = /@esbuild/;

/** Reports that a part of the executable cannot be downloaded. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

/** The executable that was made. */
export interface Made {
  /** Its absolute path. */
  readonly path: string;
  /**
   * Whether it is not made of official packages and runtime: not for release.
   */
  readonly isTestBuild: boolean;
}

/** How it is compiled. */
export interface CompileOptions {
  /**
   * Whether the program keeps V8's compiled code between two starts. Deno puts
   * it into /tmp under a fixed name, where another user could place code that
   * the reader would load. So only a test asks for it, and gets a program with
   * another name, beside the one that is for use.
   */
  readonly codeCache: boolean;
}

/** How a step went, and what Deno said about it. */
interface Step {
  readonly success: boolean;
  readonly text: string;
}

async function deno(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Step> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "inherit",
    stderr: "piped",
  }).output();
  return { success, text: new TextDecoder().decode(stderr) };
}

/**
 * Makes one file of the sources and the packages, because a program of one file
 * starts faster than one of some hundred modules. It has no source map, which
 * would make the start slower than before: the lines of a stack trace are those
 * of dist/reader.js, which the same sources always make.
 */
function bundle(imports: readonly string[]): Promise<Step> {
  return deno(["bundle", "-q", ...imports, `--output=${BUNDLE}`, "main.ts"]);
}

function compile(
  { codeCache }: CompileOptions,
  env: Record<string, string> = {},
): Promise<Step> {
  return deno([
    "compile",
    ...(codeCache ? [] : ["--no-code-cache"]),
    "--no-config",
    "--no-lock",
    ...READER_PERMISSIONS,
    // Otherwise V8 collects garbage in a sleeping reader, which makes none.
    "--v8-flags=--no-memory-reducer",
    `--output=${outputOf({ codeCache })}`,
    BUNDLE,
  ], env);
}

function outputOf({ codeCache }: CompileOptions): string {
  return codeCache ? CACHING_OUTPUT : OUTPUT;
}

/**
 * Writes the npm map, as seen from dist/, with another file for cli/build.ts.
 */
async function writeTestImportMap(): Promise<void> {
  const { imports } = JSON.parse(
    await Deno.readTextFile(`${ROOT}/npm/imports.json`),
  ) as { imports: Record<string, string> };
  const moved = Object.entries(imports).map(([name, target]) => [
    name,
    target.startsWith("./") ? `../npm/${target.slice(2)}` : target,
  ]);
  const map = {
    imports: {
      ...Object.fromEntries(moved),
      "../cli/build.ts": "../packaging/test_build.ts",
    },
  };
  await Deno.writeTextFile(
    `${ROOT}/${TEST_IMPORT_MAP}`,
    JSON.stringify(map, null, 2),
  );
}

/**
 * Makes the executable.
 *
 * @throws {UnreachableError} if a part of it cannot be downloaded.
 * @throws {Error} if it does not compile; the messages are for people.
 */
export async function makeReader(
  options: CompileOptions = { codeCache: false },
): Promise<Made> {
  const path = `${ROOT}/${outputOf(options)}`;
  await Deno.mkdir(`${ROOT}/dist`, { recursive: true });
  const proper = await bundle([]);
  if (proper.success) {
    const made = await compile(options);
    if (made.success) return { path, isTestBuild: false };
    if (!NO_RUNTIME.test(made.text)) throw new Error(made.text);
  } else if (!NO_PACKAGES.test(proper.text) && !NO_BUNDLER.test(proper.text)) {
    throw new Error(proper.text);
  }
  await writeTestImportMap();
  const test = await bundle([
    ...[`--import-map=${TEST_IMPORT_MAP}`, "--lock=deno.lock", "--frozen"],
  ]);
  if (!test.success) {
    if (!NO_BUNDLER.test(test.text)) throw new Error(test.text);
    const why = test.text.split("\n", 1)[0];
    throw new UnreachableError(`Deno's bundler cannot be downloaded: ${why}`);
  }
  let made = await compile(options);
  if (!made.success && NO_RUNTIME.test(made.text)) {
    made = await compile(options, { DENORT_BIN: await fallbackRuntime() });
  }
  if (!made.success) throw new Error(made.text);
  return { path, isTestBuild: true };
}

async function fallbackRuntime(): Promise<string> {
  if (Deno.version.deno !== RUNTIME_FOR) {
    throw new UnreachableError(
      "Deno's runtime for compiled programs could not be downloaded. Give one " +
        "of this Deno version as DENORT_BIN=FILE, or make a test build with " +
        `Deno ${RUNTIME_FOR}.`,
    );
  }
  const runtime = `${ROOT}/dist/denort`;
  try {
    await testRuntime(runtime);
  } catch (error) {
    throw new UnreachableError((error as Error).message, { cause: error });
  }
  return runtime;
}

async function main(): Promise<number> {
  try {
    const { isTestBuild } = await makeReader();
    console.log(`made ${OUTPUT}${isTestBuild ? " (test build)" : ""}`);
    return 0;
  } catch (error) {
    console.error((error as Error).message);
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main());
