// SPDX-License-Identifier: MIT
// Every guard is needed: without it some test fails.
import { assert, assertEquals } from "@std/assert";
import { copySource, copySources } from "../support/changes.ts";
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
function copyProject(root: string, guard: Guard | null): void {
  const changes = guard === null ? {} : { [guard.file]: [guard] };
  for (const folder of ["packaging", "tests", "tests/cli"]) {
    Deno.mkdirSync(`${root}/${folder}`);
  }
  for (const folder of FOLDERS) {
    copySources(folder, `${root}/${folder}`, changes);
  }
  for (const file of FILES) copySource(file, `${root}/${file}`, changes);
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

/** Runs tests in a copy; a test that hangs is ended and counts as failed. */
async function run(
  guard: Guard | null,
  tests: readonly string[],
): Promise<{ code: number; output: string }> {
  const root = await Deno.makeTempDir();
  try {
    copyProject(root, guard);
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
      cwd: root,
      env: { NO_COLOR: "1" },
      stdin: "null",
      signal: AbortSignal.timeout(LIMIT_MS),
    }).output();
    const text = new TextDecoder();
    return { code, output: text.decode(stdout) + text.decode(stderr) };
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("the copy itself passes", async () => {
  const { code, output } = await run(null, [
    ...new Set(GUARDS.map((guard) => guard.tests)),
  ]);
  assertEquals(code, 0, output);
});

for (const guard of GUARDS) {
  Deno.test(`without its guard against: ${guard.name}`, async () => {
    const { code, output } = await run(guard, [guard.tests]);
    assert(code !== 0, `${guard.tests} does not notice:\n${output}`);
    // A test has to fail, not the loading of the copy.
    assert(/FAILED|Uncaught|terminated/.test(output), output);
  });
}
