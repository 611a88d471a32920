// SPDX-License-Identifier: MIT
// Tests what is left of a kernel that panics under load.
import { assertStringIncludes } from "@std/assert";
import { END, panicOf, type Scenario } from "./panics.ts";
import { CPUS } from "./qemu.ts";
import { vmTest } from "./support.ts";

/** How often `echo c > /proc/sysrq-trigger` is run. */
const RUNS = Number(Deno.env.get("IVRING_PANIC_RUNS") ?? 2);

const SYSRQ: Scenario = {
  name: "sysrq",
  crash: "",
  trigger: "echo c > /proc/sysrq-trigger",
  says: /sysrq: Trigger a crash/,
  takeovers: [0, CPUS],
};

vmTest("panic under load", async (built, t) => {
  for (let i = 0; i < RUNS; i++) {
    for (const stays of [false, true]) {
      const name = `sysrq c, panic=${stays ? 0 : -1}, run ${i + 1}`;
      await t.step(name, async () => {
        const { console: lines, messages } = await panicOf(built, SYSRQ, stays);
        if (stays) assertStringIncludes(lines.at(-1) ?? "", END);
        console.log(
          `  ${lines.length} lines as on the console; ` +
            `${messages.length} records`,
        );
      });
    }
  }
});
