// SPDX-License-Identifier: MIT
// Every guard is needed: without it some test fails.
import { assert, assertEquals } from "@std/assert";
import { apply, copySource, copySources } from "../support/changes.ts";
import { NPM_IMPORTS } from "../../packaging/permissions.ts";
import { ROOT } from "../../packaging/root.ts";
import type { Guard } from "./guard.ts";
import { GUARDS } from "./guards.ts";

const FOLDERS = [
  ...["ring", "ffi", "cli", "npm"],
  ...["tests/ring", "tests/fuzz", "tests/support"],
];
const FILES = [
  "packaging/root.ts",
  "packaging/permissions.ts",
  "tests/cli/kernel_formats_test.ts",
  "tests/cli/message_runs_test.ts",
  "tests/cli/oops_joiner_test.ts",
  "tests/cli/stamps_test.ts",
  "tests/cli/symbol_files_test.ts",
  "tests/cli/terminal_test.ts",
  "tests/cli/trace_dat_text_test.ts",
];

/** The time limit of a copy's tests on any machine; none is known to hang. */
const LIMIT_MS = 900_000;

/** Copies what the tests need. */
function copyProject(root: string): void {
  for (const folder of ["packaging", "tests", "tests/cli"]) {
    Deno.mkdirSync(`${root}/${folder}`);
  }
  for (const folder of FOLDERS) copySources(folder, `${root}/${folder}`, {});
  for (const file of FILES) copySource(file, `${root}/${file}`, {});
  for (const file of ["deno.json", "npm/imports.json", "deno.lock"]) {
    Deno.copyFileSync(`${ROOT}/${file}`, `${root}/${file}`);
  }
  for (const folder of ["tests/fuzz/corpus", "tests/fixtures"]) {
    Deno.mkdirSync(`${root}/${folder}`, { recursive: true });
    for (const { name } of Deno.readDirSync(`${ROOT}/${folder}`)) {
      Deno.copyFileSync(
        `${ROOT}/${folder}/${name}`,
        `${root}/${folder}/${name}`,
      );
    }
  }
}

/**
 * The copy. There is one for all guards, because Deno keeps by a file's path what
 * it has made of its text: in a new copy it would do all of that again.
 */
let copy: string | null = null;

Deno.test.beforeAll(() => {
  copy = Deno.makeTempDirSync();
  copyProject(copy);
});

Deno.test.afterAll(() => {
  if (copy !== null) Deno.removeSync(copy, { recursive: true });
});

/** Runs tests in the copy; a test that hangs is ended and counts as failed. */
async function run(
  tests: readonly string[],
): Promise<{ code: number; output: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "test",
      "--no-check",
      "--no-prompt",
      "--fail-fast",
      "--allow-read",
      "--allow-env",
      "--allow-run",
      "--v8-flags=--max-old-space-size=1024",
      ...NPM_IMPORTS,
      ...tests.map((test) => `tests/${test}`),
    ],
    cwd: copy!,
    env: { NO_COLOR: "1" },
    stdin: "null",
    signal: AbortSignal.timeout(LIMIT_MS),
  }).output();
  const text = new TextDecoder();
  return { code, output: text.decode(stdout) + text.decode(stderr) };
}

/** Runs tests in the copy while it lacks a guard. */
async function runWithout(guard: Guard): ReturnType<typeof run> {
  const path = `${copy}/${guard.file}`;
  const whole = Deno.readTextFileSync(path);
  Deno.writeTextFileSync(path, apply(whole, guard));
  try {
    return await run([guard.tests]);
  } finally {
    Deno.writeTextFileSync(path, whole);
  }
}

Deno.test("the copy itself passes", async () => {
  const { code, output } = await run([
    ...new Set(GUARDS.map((guard) => guard.tests)),
  ]);
  assertEquals(code, 0, output);
});

for (const guard of GUARDS) {
  Deno.test(`without its guard against: ${guard.name}`, async () => {
    const { code, output } = await runWithout(guard);
    assert(code !== 0, `${guard.tests} does not notice:\n${output}`);
    // A test has to fail, not the loading of the copy.
    assert(/FAILED|Uncaught|terminated/.test(output), output);
  });
}
