// SPDX-License-Identifier: MIT
/**
 * PROTOCOL.md also covers invalid regions: a reader written from it alone
 * agrees with ours on what is refused, read and counted.
 */
import { assert } from "@std/assert";
import { makeBase } from "../fuzz/base.ts";
import { makeCase } from "../fuzz/mutate.ts";
import { apply } from "../fuzz/patch.ts";
import { Random } from "../fuzz/random.ts";
import { reseal } from "../support/regions.ts";
import { BothReaders } from "./agreement.ts";

const SEED = 31_000_000;
const CASES = 1500;

Deno.test(`whatever a guest writes, both see the same: ${CASES} cases`, () => {
  const base = makeBase(true);
  const { metaOffset, metaPartBytes } = base.info;
  const metaEnd = metaOffset + 2 * metaPartBytes;
  const seen: Record<string, number> = { attached: 0 };
  for (let i = 0; i < CASES; i++) {
    const random = new Random(SEED + i);
    const each = makeCase(base, random);
    // Data that was read before changes as often as data that is read for the
    // first time.
    const later = [...each.later, ...makeCase(base, random).patches];
    // The sample does not read the metadata, so it does not count its faults.
    const isData = [...each.patches, ...later].every(({ offset }) =>
      offset < metaOffset || offset >= metaEnd
    );
    if (!isData) continue;
    const region = base.bytes.slice(0);
    apply(each.patches, region);
    if (each.resealed) reseal(region.buffer);
    const object = region.buffer.slice(0, each.objectBytes);
    const readers = BothReaders.attach(object, `seed ${SEED + i}`);
    if (readers === null) continue;
    seen.attached++;
    readers.read("at first");
    apply(later, new Uint8Array(object));
    if (each.resealed) reseal(object);
    readers.read("later");
    readers.finish("at the end");
    for (const [name, value] of Object.entries(readers.counts)) {
      if (value > 0) seen[name] = (seen[name] ?? 0) + 1;
    }
  }
  assert(seen.attached > CASES / 8, JSON.stringify(seen));
  for (const name of ["corrupt", "lost", "dropped", "rewound", "truncated"]) {
    assert(seen[name] > 5, `${name} is hardly hit: ${JSON.stringify(seen)}`);
  }
});
