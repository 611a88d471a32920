// SPDX-License-Identifier: MIT
/** Tests that each barrier has a label, and each label its pair and its row. */
import { assert, assertEquals } from "@std/assert";
import { ROOT } from "../../packaging/root.ts";
import { apply } from "../support/changes.ts";
import { driverFiles } from "../support/driver_files.ts";
import { labelFaults, type Labelled } from "./barriers.ts";

/** Returns the files of a folder and its subfolders, by their paths. */
function filesIn(folder: string, end: string): string[] {
  return [...Deno.readDirSync(`${ROOT}/${folder}`)].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return filesIn(path, end);
    return entry.name.endsWith(end) ? [path] : [];
  });
}

/** Reads all texts that have labels. `port.h` only defines the barriers. */
function readAll(): Labelled {
  const read = (path: string): [string, string] => [
    path,
    Deno.readTextFileSync(`${ROOT}/${path}`),
  ];
  const driver = driverFiles().filter((name) =>
    /\.[ch]$/.test(name) && name !== "core/port.h"
  ).map((name) => `guest/${name}`);
  const others = ["tests/protocol/sample_ring.ts"];
  return {
    sources: new Map([...driver, ...filesIn("ring", ".ts")].map(read)),
    others: new Map([...others, ...filesIn("tests/model", ".pml")].map(read)),
    document: read("guest/PROTOCOL.md")[1],
  };
}

const real = readAll();

Deno.test("each barrier has a label, and each label has its pair and its row", () => {
  assertEquals(labelFaults(real), []);
  const all = [...real.sources.values()].join().match(/MO\(/g);
  assert(all !== null && all.length > 70, `${all?.length} labels`);
});

/** Changes of texts, and the fault that each makes. */
const CONTROLS: readonly (readonly [
  name: string,
  path: string,
  find: string,
  replace: string,
  fault: RegExp,
])[] = [
  [
    "a barrier in C without a label",
    "guest/core/live.c",
    "MO(ivring_live_panic:B) has",
    "It has",
    /live\.c:\d+: wmb\( has no label$/,
  ],
  [
    "a second barrier behind one label",
    "guest/core/consumer.c",
    "	w->dead = false;\n		w->beat",
    "	barrier(); /* MO(is_there:A) has no pair. */\n	smp_mb();\n		w->beat",
    /consumer\.c:\d+: smp_mb\( has no label$/,
  ],
  [
    "an access in TypeScript without a label",
    "ring/host_page.ts",
    "// MO(HostPage.store:A) has",
    "// It has",
    /host_page\.ts:\d+: Atomics\.store\( has no label$/,
  ],
  [
    "a call of the reader's barrier without a label",
    "ring/guest_name.ts",
    "MO(readGuestName:B) pairs",
    "It pairs",
    /guest_name\.ts:\d+: \.fence\(\) has no label$/,
  ],
  [
    "a pair that is not there",
    "guest/core/claim.h",
    "pairs with RingSource.stillHolds:A,",
    "pairs with RingSource.stillHolds:B,",
    /ensure_numbers:A: pairs with RingSource\.stillHolds:B, which is nowhere$/,
  ],
  [
    "a pair that names another",
    "ring/ring_source.ts",
    "pairs with ensure_numbers:A.",
    "pairs with enter:A.",
    /stillHolds:A: pairs with enter:A, which does not name it$/,
  ],
  [
    "a label that names no pair",
    "ring/guest_name.ts",
    "MO(readGuestName:B) pairs with",
    "MO(readGuestName:B) belongs to",
    /readGuestName:B: does not say what it pairs with$/,
  ],
  [
    "a label that stands twice",
    "guest/core/live.c",
    "MO(ivring_live_panic:B)",
    "MO(ivring_live_panic:A)",
    /ivring_live_panic:A: stands twice$/,
  ],
  [
    "a letter left out",
    "guest/core/live.c",
    "MO(ivring_live_panic:B)",
    "MO(ivring_live_panic:C)",
    /ivring_live_panic:C: there is no ivring_live_panic:B$/,
  ],
  [
    "a label of a function that is not there",
    "guest/ivring_panic.c",
    "MO(seize_trace_rings:A)",
    "MO(seize_rings:A)",
    /seize_rings:A: there is no seize_rings\(\)$/,
  ],
  [
    "a model that names a label of old",
    "tests/model/reader.pml",
    "no RingReader.drain:A */",
    "no RingReader.drain:B */",
    /reader\.pml: RingReader\.drain:B is nowhere$/,
  ],
  [
    "a label without a row in the document",
    "guest/PROTOCOL.md",
    "; `ivring_live_panic:B` drains the state",
    "",
    /PROTOCOL\.md: no row has ivring_live_panic:B$/,
  ],
];

for (const [name, path, find, replace, fault] of CONTROLS) {
  Deno.test(`control: ${name}`, () => {
    const change = ([at, text]: [string, string]): [string, string] => [
      at,
      at === path ? apply(text, { find, replace }) : text,
    ];
    const { document } = real;
    const faults = labelFaults({
      sources: new Map([...real.sources].map(change)),
      others: new Map([...real.others].map(change)),
      document: change(["guest/PROTOCOL.md", document])[1],
    });
    assert(faults.some((each) => fault.test(each)), faults.join("\n"));
  });
}
