// SPDX-License-Identifier: MIT
/**
 * `deno task check`: format, lint, types, imports, documentation of the
 * exports, and a licence line in every file. All checks are run, even if one
 * fails.
 *
 * @module
 */
import { existsSync } from "@std/fs/exists";
import { TEST_IMPORTS } from "../../packaging/permissions.ts";
import { ROOT } from "../../packaging/root.ts";
import { importFaults } from "./imports.ts";

/** Where the first two lines of a file have no room for a comment. */
const NO_COMMENTS =
  /^((.*\/)?LICENSE|(.*\/)?deno\.lock|.*\.json)$|(^|\/)LICENSES\//;
/** `guest/` goes into the kernel; its wire is for both sides. */
const LICENSES: readonly (readonly [RegExp, string])[] = [
  [/^guest\/(ivring_abi\.h|PROTOCOL\.md)$/, "GPL-2.0-only OR MIT"],
  [/^guest\//, "GPL-2.0-only"],
  [/^/, "MIT"],
];

const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

function run(command: string, args: readonly string[]): Deno.CommandOutput {
  return new Deno.Command(command, {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).outputSync();
}

/** Reports how a step went. */
function report(name: string, success: boolean, output: string): boolean {
  console.log(`${success ? "ok    " : "FAILED"} ${name}`);
  if (!success) console.log(output);
  return success;
}

/** Runs one step; its output is shown only if it fails. */
function step(name: string, args: readonly string[]): boolean {
  const { success, stdout, stderr } = run(Deno.execPath(), args);
  return report(name, success, textOf(stdout) + textOf(stderr));
}

/** Returns the repository's files, without ignored ones. */
function listFiles(): string[] {
  const args = ["ls-files", "-z", "-c", "-o", "--exclude-standard"];
  const { success, stdout, stderr } = run("git", args);
  if (!success) throw new Error(`git ls-files: ${textOf(stderr)}`);
  return textOf(stdout).split("\0").filter((path) =>
    path !== "" && existsSync(`${ROOT}/${path}`, { isFile: true })
  );
}

/** Every file says under which licence it is, in its first two lines. */
function checkLicenses(files: readonly string[]): boolean {
  const wrong: string[] = [];
  for (const path of files) {
    if (NO_COMMENTS.test(path)) continue;
    const head = Deno.readTextFileSync(`${ROOT}/${path}`).split("\n", 2);
    const stated = /SPDX-License-Identifier: (.*?)(?: \*\/| -->)?$/m
      .exec(head.join("\n"))?.[1];
    const [, expected] = LICENSES.find(([pattern]) => pattern.test(path))!;
    if (stated !== expected) wrong.push(`  ${path}: ${stated ?? "none"}`);
  }
  return report("licence lines", wrong.length === 0, wrong.join("\n"));
}

/**
 * Checks that every export of the shipped sources has a docstring and explicit
 * types. Members (which do not begin in the first column) need none if their
 * name says everything.
 */
function checkDocumentation(sources: readonly string[]): boolean {
  const shipped = sources.filter((path) =>
    /^(main\.ts$|cli\/|ffi\/|ring\/)/.test(path)
  );
  const args = ["doc", "--lint", "--import-map=npm/imports.json", "--no-lock"];
  const { success, stderr } = run(Deno.execPath(), [...args, ...shipped]);
  const found = textOf(stderr).matchAll(
    /^error\[(.+?)\]: (.*)\n *--> (.*):(\d+):(\d+)$/gm,
  );
  const all = [...found];
  const wrong = all.filter(([, code, , , , column]) =>
    code !== "missing-jsdoc" || column === "1"
  ).map(([, , text, path, line]) => `  ${path}:${line}: ${text}`);
  // It failed in a way that is not understood here, so everything is shown.
  if (!success && all.length === 0) wrong.push(textOf(stderr));
  return report("documentation", wrong.length === 0, wrong.join("\n"));
}

/** Checks that the imports of the reader keep to the plan of the rooms. */
function checkImports(sources: readonly string[]): boolean {
  const shipped = sources.filter((path) =>
    /^(main\.ts$|cli\/|ffi\/|ring\/)/.test(path)
  );
  const texts = shipped.map((path) =>
    [path, Deno.readTextFileSync(`${ROOT}/${path}`)] as const
  );
  const faults = importFaults(new Map(texts));
  return report("imports", faults.length === 0, faults.join("\n"));
}

function main(): number {
  const files = listFiles();
  const sources = files.filter((path) => path.endsWith(".ts"));
  const done = [
    step("format", ["fmt", "--check"]),
    step("lint", ["lint"]),
    step("types", ["check", ...TEST_IMPORTS, ...sources]),
    checkImports(sources),
    checkDocumentation(sources),
    checkLicenses(files),
  ];
  return done.every(Boolean) ? 0 : 1;
}

if (import.meta.main) Deno.exit(main());
