// SPDX-License-Identifier: MIT
// Tasks accept their arguments with a "--" before them, and without it.
import { assertEquals, assertStringIncludes } from "@std/assert";
import { runCommand } from "../support/reader_program.ts";
import { NPM_IMPORTS } from "../../packaging/permissions.ts";
import { taskArgs } from "./task_args.ts";

Deno.test("the dashes before a task's arguments are no argument", () => {
  assertEquals(taskArgs(["--", "--fast", "--"]), ["--fast", "--"]);
  assertEquals(taskArgs(["--fast"]), ["--fast"]);
  assertEquals(taskArgs([]), []);
});

/**
 * Programs of tasks, arguments with which they end soon, and what they then
 * print.
 */
const TASKS: readonly [program: string, args: string[], says: string][] = [
  ["tests/fuzz/main.ts", ["--count", "3", "--seed", "77"], "\n3 cases"],
  ["tests/fuzz/main.ts", ["--cuont", "3"], "what is --cuont?"],
  ["tests/bench/main.ts", ["--part", "none"], "there is no part none"],
  ["examples/collect.ts", [], "collect"],
  ["tests/tools/run_tests.ts", ["tests/tools/lanes_test.ts"], "0 failed"],
];

for (const [program, args, says] of TASKS) {
  Deno.test(`${program} ${args.join(" ")}: with dashes as without`, async () => {
    const [plain, dashed] = await Promise.all(
      [args, ["--", ...args]].map((each) =>
        runCommand([
          ...[Deno.execPath(), "run", "--no-check", "--no-prompt", "-A"],
          ...[...NPM_IMPORTS, program, ...each],
        ])
      ),
    );
    assertEquals(dashed.code, plain.code);
    assertStringIncludes(plain.stdout + plain.stderr, says);
    assertStringIncludes(dashed.stdout + dashed.stderr, says);
  });
}
