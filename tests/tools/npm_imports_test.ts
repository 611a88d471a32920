// SPDX-License-Identifier: MIT
/** The npm map: it stands in for JSR's, and costs no permission of its own. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ensureDir } from "@std/fs/ensure-dir";
import { exists, existsSync } from "@std/fs/exists";
import { NPM_IMPORTS } from "../../packaging/permissions.ts";
import { ROOT } from "../../packaging/root.ts";
import { runCommand } from "../support/reader_program.ts";
import { TempFolder } from "../support/temp_folder.ts";

function importsOf(path: string): Record<string, string> {
  return JSON.parse(Deno.readTextFileSync(`${ROOT}/${path}`)).imports;
}

/** The names that sources import, such as "@std/fs/exists". */
const NAMES = Object.keys(importsOf("npm/imports.json"))
  .filter((name) => name.startsWith("@std/"));

Deno.test("npm map: it has names of each package that JSR's map has", () => {
  const packages = Object.keys(importsOf("deno.json"));
  const named = NAMES.map((name) => name.split("/", 2).join("/"));
  assertEquals([...new Set(named)].sort(), packages.sort());
});

/** Runs a module in a process that has these permissions and no others. */
async function runModule(
  text: string,
  permissions: readonly string[] = [],
): Promise<void> {
  using folder = new TempFolder();
  Deno.writeTextFileSync(folder.at("main.ts"), text);
  const { code, stdout, stderr } = await runCommand([
    ...[Deno.execPath(), "run", "--no-prompt", "--no-check", ...NPM_IMPORTS],
    ...["--config=deno.json", ...permissions, folder.at("main.ts")],
  ]);
  assertEquals([code, stdout, stderr], [0, "", ""]);
}

Deno.test("npm map: to import what it has needs no permission", async () => {
  assert(NAMES.length > 0);
  const lines = NAMES.map((name) => `import ${JSON.stringify(name)};\n`);
  await runModule(lines.join(""));
});

Deno.test("npm map: to make directories needs no variable of the environment", async () => {
  using folder = new TempFolder();
  const path = JSON.stringify(folder.at("new"));
  await runModule(
    'import { ensureDir } from "@std/fs/ensure-dir";\n' +
      'import { existsSync } from "@std/fs/exists";\n' +
      `await ensureDir(${path});\n` +
      `if (!existsSync(${path})) throw new Error("it is missing");\n`,
    [`--allow-read=${folder.path}`, `--allow-write=${folder.path}`],
  );
  assertEquals(folder.names(), ["new"]);
});

Deno.test("npm map: directories and files are made and found as with @std/fs", async () => {
  using folder = new TempFolder();
  const [made, file] = [folder.at("a/b"), folder.at("file")];
  await ensureDir(made);
  await ensureDir(made); // it may be there
  Deno.writeTextFileSync(file, "");
  await assertRejects(() => ensureDir(file));
  for (
    const [path, options, expected] of [
      [made, {}, true],
      [made, { isDirectory: true }, true],
      [made, { isFile: true }, false],
      [file, {}, true],
      [file, { isFile: true }, true],
      [file, { isDirectory: true }, false],
      [folder.at("none"), {}, false],
    ] as const
  ) {
    assertEquals(existsSync(path, options), expected, path);
    assertEquals(await exists(path, options), expected, path);
  }
});

interface Lock {
  readonly npm: Readonly<Record<string, unknown>>;
}

Deno.test("the tests' lock has the reader's packages with the same hashes, and more", () => {
  const [own, tests] = ["deno.lock", "tests/deno.lock"].map((path): Lock =>
    JSON.parse(Deno.readTextFileSync(`${ROOT}/${path}`))
  );
  assert(Object.keys(own.npm).length > 0);
  assertEquals({ ...tests.npm, ...own.npm }, tests.npm);
  assert(Object.keys(tests.npm).length > Object.keys(own.npm).length);
});
