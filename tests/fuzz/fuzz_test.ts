// SPDX-License-Identifier: MIT
import { assert } from "@std/assert";
import { fuzz, replay } from "./fuzz.ts";

const CORPUS = new URL("corpus/", import.meta.url);
const CASES = 1500;

for (const { name } of Deno.readDirSync(CORPUS)) {
  Deno.test(`found once: ${name.replace(".json", "").replaceAll("_", " ")}`, () => {
    replay(JSON.parse(Deno.readTextFileSync(new URL(name, CORPUS))));
  });
}

Deno.test(`whatever a guest writes: ${CASES} cases`, () => {
  const { tally } = fuzz(7_000_000, CASES);
  const attached = tally.get("attached") ?? 0;
  assert(attached > CASES / 2, `only ${attached} cases reach the parsers`);
  for (const name of ["corrupt", "lost", "late", "rewound", "truncated"]) {
    assert((tally.get(`totals.${name}`) ?? 0) > 10, `${name} is hardly hit`);
  }
  const kinds = ["event", "event without format", "klog", "odd klog"];
  for (const name of [...kinds, "names of functions"]) {
    assert((tally.get(name) ?? 0) > 10, `${name} is hardly hit`);
  }
});
