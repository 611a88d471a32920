// SPDX-License-Identifier: MIT
// Tests the writer of the metadata area, under sanitizers.
import { assert } from "@std/assert";
import { ccTest, figures, run, runOk, type Workbench } from "../tools/cc.ts";
import { copyChanged } from "./changed.ts";
import { CHECKER, SANITIZED, WRITER } from "./sources.ts";

const SANITIZE = { sanitize: "address,undefined" };
const SOURCE = "guest/core/meta.c";

function compile(bench: Workbench, source: string): string {
  const sources = ["tests/guest/meta.c", "tests/guest/fixture.c"];
  const all = [...sources, source, ...CHECKER, ...WRITER];
  return bench.compile("meta", all, SANITIZED);
}

ccTest("what the metadata area takes is found again", SANITIZE, (bench) => {
  const found = figures(runOk(compile(bench, SOURCE)));
  assert(
    found.published > 1000 && found.refused > 1000 && found.withdrawn > 50 &&
      found.same > 50,
    JSON.stringify(found),
  );
});

/** Changes that the test must find. */
const CONTROLS: readonly [name: string, find: string, replace: string][] = [
  [
    "no limit",
    "if (!has_room(area, new->id, new->bytes))",
    "if (!has_room(area, new->id, new->bytes) && !area->used)",
  ],
  [
    "no room for withdrawals",
    "entry_bytes(bytes) + kept <=",
    "entry_bytes(bytes) + 0 * kept <=",
  ],
  [
    "no room for formats",
    "kept += area->part_bytes / FORMATS_SHARE",
    "kept += 0 * FORMATS_SHARE",
  ],
  ["nothing withdrawn", "if (old)\n\t\t\tappend", "if (false)\n\t\t\tappend"],
  [
    "times that fall",
    "max_t(u64, area->last_ts, timestamp)",
    "timestamp",
  ],
  [
    "padding not cleared",
    "memset(to + ENTRY_BYTES + bytes, 0,",
    "memset(to + ENTRY_BYTES + bytes, 1,",
  ],
  [
    "texts forgotten at a resume",
    "for (text = area->texts; text; text = text->next)",
    "for (text = NULL; text; text = text->next)",
  ],
  ["zero bytes", "&& !memchr(text->text, 0, text->bytes)", ""],
  ["no end", "text->text[text->bytes - 1] == '\\n' &&", ""],
  ["ids out of range", "id > IVRING_ID_KERNEL_MAX", "false"],
  ["ids behind the last", "&& id <= IVRING_META_ID_LAST", ""],
];

for (const [name, find, replace] of CONTROLS) {
  ccTest(`control: ${name}`, SANITIZE, (bench) => {
    const folder = copyChanged(bench, { file: "core/meta.c", find, replace });
    const changed = `${folder}/core/meta.c`;
    assert(run(compile(bench, changed)).code !== 0, "went unnoticed");
  });
}
