// SPDX-License-Identifier: MIT
// The wire is described three times; this test keeps the three the same.
import { assertEquals } from "@std/assert";
import * as layout from "../../ring/layout.ts";
import { ccTest, figures, ROOT, runOk, type Workbench } from "../tools/cc.ts";
import {
  differences,
  factsProgram,
  fromLayout,
  fromMarkdown,
  implicitPadding,
  parseFacts,
  parseHeader,
  type Wire,
} from "./mirror.ts";
import { CHECKER, WRITER } from "./sources.ts";

const HEADER = "guest/ivring_abi.h";

/** Returns the sizes and offsets that the compiler gives the header's structs. */
function compiledWire(bench: Workbench): Wire {
  const names = parseHeader(Deno.readTextFileSync(`${ROOT}/${HEADER}`));
  const source = `${bench.dir}/facts.c`;
  Deno.writeTextFileSync(source, factsProgram(names));
  return parseFacts(runOk(bench.compile("facts", [source])));
}

ccTest("ring/layout.ts mirrors ivring_abi.h", {}, (bench) => {
  const wire = compiledWire(bench);
  assertEquals(differences(wire, fromLayout(layout)), []);
  assertEquals(Object.keys(wire.structs).length > 5, true);
});

ccTest("PROTOCOL.md mirrors ivring_abi.h", {}, (bench) => {
  const text = Deno.readTextFileSync(`${ROOT}/guest/PROTOCOL.md`);
  assertEquals(differences(compiledWire(bench), fromMarkdown(text)), []);
});

/** Returns the document's figures for what `limits.c` prints. */
function limitsIn(text: string): Record<string, number> {
  const found: Record<string, number> = {};
  const offsets = [["live", "live line"], ["host", "host page\\(s\\)"]];
  for (const [name, row] of offsets) {
    const match = new RegExp(`\\| ${row} \\|.*\\| offset (\\d+) \\|`).exec(
      text,
    );
    found[`${name}_offset`] = Number(match?.[1]);
  }
  const [, table = ""] = text.split("| block_bytes | payload at most |");
  for (
    const [, bytes, payload, part] of table.split("\n\n")[0].matchAll(
      /^\| (\d+) \| (\d+) \| (\d+) \|$/gm,
    )
  ) {
    found[`payload_${bytes}`] = Number(payload);
    found[`part_${bytes}`] = Number(part);
  }
  return found;
}

ccTest("PROTOCOL.md's limits of records are the driver's", {}, (bench) => {
  const text = Deno.readTextFileSync(`${ROOT}/guest/PROTOCOL.md`);
  const sources = ["tests/guest/limits.c", ...CHECKER, ...WRITER];
  const limits = figures(runOk(bench.compile("limits", sources)));
  assertEquals(limitsIn(text), limits);
  assertEquals(Object.keys(limits).length, 12);
  const changed = limitsIn(text.replace("| 8192 | 4048 |", "| 8192 | 4056 |"));
  assertEquals(changed.payload_8192, 4056);
});

ccTest("no byte of a wire struct is without a name", {}, (bench) => {
  const wire = compiledWire(bench);
  assertEquals(implicitPadding(wire), []);
  wire.structs.record.members.id.sizeBytes = 1;
  assertEquals(implicitPadding(wire), ["record: hole before len"]);
});

ccTest("the parser finds every macro the preprocessor knows", {}, (bench) => {
  const names = parseHeader(Deno.readTextFileSync(`${ROOT}/${HEADER}`));
  const known = [
    ...bench.macros(HEADER).matchAll(
      /^#define IVRING_(\w+) \S/gm,
    ),
  ].map((m) => m[1]);
  assertEquals(names.constants.toSorted(), known.toSorted());
});

Deno.test("control: the comparison sees each kind of difference", () => {
  const wire = sample();
  assertEquals(differences(wire, sample()), []);

  const moved = sample();
  moved.structs.block.members.magic.offsetBytes = 4;
  assertEquals(differences(wire, moved), ["block magic is 4+4, not 0+4"]);

  const less = sample();
  delete less.structs.block.members.magic;
  assertEquals(differences(wire, less), ["block magic is missing"]);
  assertEquals(differences(less, wire), ["block magic is unknown"]);

  const lacking = sample();
  delete lacking.structs.block;
  assertEquals(differences(wire, lacking), ["struct block is missing"]);
  assertEquals(differences(lacking, wire), ["struct block is unknown"]);

  const other = sample();
  other.constants.MAGIC = 8n;
  assertEquals(differences(wire, other), ["constant MAGIC is 8, not 7"]);
  delete other.constants.MAGIC;
  assertEquals(differences(wire, other), ["constant MAGIC is missing"]);
  assertEquals(differences(other, wire), ["constant MAGIC is unknown"]);
});

Deno.test("control: a changed export of layout.ts is seen", () => {
  const real = fromLayout(layout);
  const { magic: _, ...block } = layout.BLOCK;
  assertEquals(differences(real, fromLayout({ ...layout, BLOCK: block })), [
    "block magic is missing",
  ]);
  const record = { ...layout.RECORD, timeOfDay: 2 };
  assertEquals(differences(real, fromLayout({ ...layout, RECORD: record })), [
    "record time_of_day is unknown",
  ]);
});

Deno.test("control: a changed row of a Markdown table is seen", () => {
  assertEquals(differences(sample(), fromMarkdown(MARKDOWN)), []);
  const changes: [string, string, string][] = [
    ["| 4 | 8 |", "| 4 | 4 |", "block number is 4+4, not 4+8"],
    ["| 0 | 4 | `magic` | x |\n", "", "block magic is missing"],
    ["(12 bytes)", "(16 bytes)", "struct block is 16, not 12"],
    ["0x7", "0x8", "constant MAGIC is 8, not 7"],
  ];
  for (const [from, to, told] of changes) {
    const changed = fromMarkdown(MARKDOWN.replace(from, to));
    assertEquals(differences(sample(), changed), [told]);
  }
});

function sample(): Wire {
  return {
    constants: { MAGIC: 7n },
    structs: {
      block: {
        sizeBytes: 12,
        members: {
          magic: { offsetBytes: 0, sizeBytes: 4 },
          number: { offsetBytes: 4, sizeBytes: 8 },
        },
      },
    },
  };
}

const MARKDOWN = `
| name | value | meaning |
|---|---|---|
| \`IVRING_MAGIC\` | 0x7 | x |

| term | meaning | else |
|---|---|---|
| \`ring\` | x | y |

### \`struct ivring_block\` (12 bytes)

| offset | bytes | field | meaning |
|---:|---:|---|---|
| 0 | 4 | \`magic\` | x |
| 4 | 8 | \`number\` | x |

### Else
`;
