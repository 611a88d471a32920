// SPDX-License-Identifier: MIT
/**
 * `deno task compile`: makes dist/ivring_reader.
 *
 * Deno downloads the runtime it puts into the program. Where that cannot be
 * reached, a test build is made from a runtime out of an npm package, which
 * says so in `--version`.
 *
 * @module
 */
import { NPM_IMPORTS, READER_PERMISSIONS } from "./permissions.ts";
import { ROOT } from "./root.ts";
import { RUNTIME_FOR, testRuntime } from "./test_runtime.ts";

const OUTPUT = "dist/ivring_reader";
const TEST_IMPORT_MAP = "dist/imports.test_build.json";

async function compile(
  imports: readonly string[],
  env: Record<string, string>,
): Promise<{ success: boolean; text: string }> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "compile",
      ...imports,
      ...READER_PERMISSIONS,
      `--output=${OUTPUT}`,
      "main.ts",
    ],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "inherit",
    stderr: "piped",
  }).output();
  return { success, text: new TextDecoder().decode(stderr) };
}

/** The npm map, seen from dist/, with another file in cli/build.ts's place. */
async function writeTestImportMap(): Promise<void> {
  const { imports } = JSON.parse(
    await Deno.readTextFile(`${ROOT}/imports.npm.json`),
  ) as { imports: Record<string, string> };
  const moved = Object.entries(imports).map(([name, target]) => [
    name,
    target.startsWith("./") ? `../${target.slice(2)}` : target,
  ]);
  const map = {
    imports: {
      ...Object.fromEntries(moved),
      "../cli/build.ts": "../tests/tools/test_build.ts",
    },
  };
  await Deno.writeTextFile(
    `${ROOT}/${TEST_IMPORT_MAP}`,
    JSON.stringify(map, null, 2),
  );
}

async function main(): Promise<number> {
  const proper = await compile(NPM_IMPORTS, {});
  if (proper.success) {
    console.log(`made ${OUTPUT}`);
    return 0;
  }
  const unreachable = /Setting up base binary|denort/.test(proper.text);
  if (!unreachable || Deno.version.deno !== RUNTIME_FOR) {
    console.error(proper.text);
    if (unreachable) {
      console.error(
        "Deno's runtime for compiled programs could not be downloaded. Give " +
          "one of this Deno version as DENORT_BIN=FILE, or make a test build " +
          `with Deno ${RUNTIME_FOR}.`,
      );
    }
    return 1;
  }
  console.log("Deno's own runtime cannot be downloaded: making a test build");
  await Deno.mkdir(`${ROOT}/dist`, { recursive: true });
  await writeTestImportMap();
  const runtime = `${ROOT}/dist/denort`;
  await testRuntime(runtime);
  const made = await compile(
    [`--import-map=${TEST_IMPORT_MAP}`, "--lock=deno.lock", "--frozen"],
    { DENORT_BIN: runtime },
  );
  console.log(made.success ? `made ${OUTPUT} (test build)` : made.text);
  return made.success ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main());
