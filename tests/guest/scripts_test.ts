// SPDX-License-Identifier: MIT
// Tests that the shell scripts for guests run in every shell they may find there.
import { assertEquals } from "@std/assert";
import { ROOT } from "../../packaging/root.ts";
import { missingReason, skippedName } from "../tools/skipping.ts";
import { findTool } from "../vm/kernel.ts";
import { run, runAny } from "../vm/run.ts";

const SCRIPTS = [
  "ivring-trace",
  "samples/opens",
  "samples/boot/ivring.initramfs-hook",
  "samples/systemtap/stap",
].map((name) => `${ROOT}/guest/${name}`);

/** Defines a test, skipped if a program is missing, unless it must be there. */
function toolTest(name: string, tool: string, fn: () => Promise<void>): void {
  const missing = findTool(tool) === null;
  const required = Deno.env.get("IVRING_REQUIRE_SHELLCHECK") === "1";
  Deno.test({
    name: skippedName(name, missingReason(missing ? [tool] : [])),
    ignore: missing && !required,
    fn,
  });
}

toolTest("shellcheck has nothing to say", "shellcheck", async () => {
  assertEquals(await run(["shellcheck", "-x", ...SCRIPTS]), "");
});

toolTest("busybox can parse them", "busybox", async () => {
  for (const script of SCRIPTS) await run(["busybox", "sh", "-n", script]);
});

Deno.test("the command tells how it is used", async () => {
  const help = await runAny(["sh", SCRIPTS[0], "-h"]);
  assertEquals([help.code, help.stderr], [0, ""]);
  const text = new TextDecoder().decode(help.stdout);
  for (const word of ["start", "stop", "status", "publish", "list"]) {
    assertEquals(text.includes(`\n  ${word} `), true, word);
  }
  const wrong = await runAny(["sh", SCRIPTS[0], "nothing"]);
  assertEquals([wrong.code, wrong.stderr], [
    2,
    "ivring-trace: there is no command nothing (ivring-trace -h for help)\n",
  ]);
});
