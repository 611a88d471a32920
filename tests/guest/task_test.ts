// SPDX-License-Identifier: MIT
// Tests that each block of a ring names the tasks of its events.
import { assert } from "@std/assert";
import { ccTest, figures, run, runOk } from "../tools/cc.ts";
import { copyChanged, within } from "./changed.ts";
import { CHECKER, WRITER } from "./sources.ts";

const SOURCES = ["tests/guest/task.c", ...CHECKER];

/** Ways not to name a task, each of which the program must notice. */
const CONTROLS: readonly [name: string, find: string, replace: string][] = [
  [
    "a name in the block before",
    "task = claim_any(r, IVRING_ID_TASK, sizeof(*task), behind, NULL, &c);",
    "task = claim_any(r, IVRING_ID_TASK, sizeof(*task), 0, NULL, &c);\n" +
    "	c.block += c.start + 40 + behind > end_of(r, c.block);",
  ],
  [
    "the short way with no look at the name",
    "if (unlikely(!ivring_task_is_named(slot, ids, comm, r->block_end)))",
    "if (0)",
  ],
  [
    "the long way with no look at the name",
    "if (who && !ivring_task_is_named(who->slot, who->ids, who->comm,\n" +
    "						 end_of(r, c->block))) {",
    "if (0) {",
  ],
  [
    "names that are dropped and counted",
    "if (!ivring_ring_has_room(r, (u32)sizeof(*task) + behind))\n" +
    "		return false;",
    "",
  ],
];

ccTest("each block names the tasks of its events", { arch: "x86_64" }, (b) => {
  const program = b.compile("task", [...SOURCES, ...WRITER], ["-O2"]);
  const found = figures(runOk(program));
  console.log("named:", JSON.stringify(found));
  assert(found.runs > 500 && found.names > 10_000 && found.dropped > 100);
  assert(found.named_steps - found.plain_steps < 30, JSON.stringify(found));
  for (const [name, find, replace] of CONTROLS) {
    const folder = copyChanged(b, { file: "core/ring.c", find, replace });
    const sources = [...SOURCES, ...within(folder, WRITER)];
    const control = b.compile("control", sources, ["-O2", "-Wno-unused"]);
    assert(run(control, ["brief"]).code !== 0, `control: ${name}`);
  }
});
